"""Lengths of short messages: how many parts a text takes, and what the first one carries."""

SINGLE, PART = 70, 67  # UCS-2 characters of a message by itself, and of each of several


def units(text: str) -> int:
    """UCS-2 units: what lies outside the basic plane takes two."""
    return len(text.encode("utf-16-le")) // 2


def parts(text: str, signature: str = "") -> int:
    """How many messages the text is sent as; the provider's 【signature】 counts."""
    length = units(text) + (units(signature) + 2 if signature else 0)
    return 1 if length <= SINGLE else -(-length // PART)


def first(text: str, signature: str = "") -> str:
    """What stands on the screen of a locked telephone: the first 70 characters."""
    return clipped(text, SINGLE - (units(signature) + 2 if signature else 0))


def clipped(text: str, room: int) -> str:
    """The text as far as so many UCS-2 units hold it."""
    kept = ""
    for letter in text:
        room -= units(letter)
        if room < 0:
            break
        kept += letter
    return kept
