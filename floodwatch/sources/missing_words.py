"""The words by which devices say that they have no value."""

import math
import re
from collections.abc import Sequence

from floodwatch.model.district import District

_WORDS = re.compile(
    r"\s*(?:FALLO|M|-+|/+|NA|N/A|NaN|NULL|None|[Ff]{2,}|[Aa]{2,}|missing|缺测|缺|)\s*",
    re.IGNORECASE,
)


NO_WORDS: frozenset[str] = frozenset()


def says_none(text: str, words: frozenset[str] = NO_WORDS) -> bool:
    """Whether a text stands for "no value", as an empty one does; `words` are further ones."""
    if words and text.strip().casefold() in words:
        return True
    return len(text) <= 64 and _WORDS.fullmatch(text) is not None


def words_of(district: District) -> frozenset[str]:
    """The further texts of `[sources] missing`; those that are numbers are known as such too."""
    return frozenset(str(one).strip().casefold() for one in _given(district))


def numbers_of(district: District) -> tuple[float, ...]:
    """The further numbers of `[sources] missing`, also where they are written as texts."""
    return tuple(found for one in _given(district) if (found := _number(one)) is not None)


def _given(district: District) -> Sequence[str | int | float]:
    given = district.sources.get("missing", ())
    return given if isinstance(given, list | tuple) else ()


def _number(given: str | int | float) -> float | None:
    try:
        found = float(given)
    except ValueError:
        return None
    return found if math.isfinite(found) else None
