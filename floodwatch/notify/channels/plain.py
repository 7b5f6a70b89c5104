"""Texts made harmless: no line breaks or control characters where a protocol gives them meaning."""

import unicodedata

# Bidirectional marks reorder what a reader sees; the others are controls and line separators.
_BAD = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs"})


def one_line(text: str) -> str:
    """The text as one line, without control characters."""
    return " ".join("".join(_harmless(c) for c in text).split())


def lines(text: str) -> str:
    """The text with its line breaks, without other control characters."""
    return "\n".join(one_line(line) for line in text.replace("\r", "\n").split("\n"))


def _harmless(letter: str) -> str:
    category = unicodedata.category(letter)
    if category == "Cf":
        return ""
    return " " if category in _BAD else letter
