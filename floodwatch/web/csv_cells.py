"""Cells of a CSV file that no spreadsheet will run."""

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


def safe(text: str) -> str:
    """A text cell: one that a spreadsheet would take for a formula gets an apostrophe before it.

    Only for texts: numbers must stay numbers, negative ones too.
    """
    return f"'{text}" if text.startswith(DANGEROUS) else text
