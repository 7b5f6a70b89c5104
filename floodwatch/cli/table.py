"""Plain text in columns; Chinese characters take two places."""

import unicodedata
from collections.abc import Sequence


def columns(rows: Sequence[Sequence[str]]) -> str:
    """The rows with every column as wide as its widest cell."""
    if not rows:
        return ""
    widths = [max(map(_width, cells)) for cells in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    )


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
