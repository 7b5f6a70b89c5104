"""The words by which devices say that they have no value."""

import re

_WORDS = re.compile(
    r"\s*(?:FALLO|M|-+|/+|NA|N/A|NaN|NULL|None|[Ff]{2,}|[Aa]{2,}|missing|缺测|缺|)\s*",
    re.IGNORECASE,
)


def says_none(text: str) -> bool:
    """Whether a text stands for "no value"; an empty one does."""
    return len(text) <= 64 and _WORDS.fullmatch(text) is not None
