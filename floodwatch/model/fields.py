"""The kinds of values that settings are made of, each with its own words for a mistake."""

import difflib
import re
from collections.abc import Iterable
from typing import Annotated, ClassVar, NoReturn
from zoneinfo import available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from floodwatch.model.clock import DAY, HOUR, MINUTE, SECOND


class Table(BaseModel):
    """A TOML table: no key beyond those declared, no silent conversion of types."""

    # Keys without which the rest of a table can still be checked when one of them is wrong.
    spare: ClassVar[frozenset[str]] = frozenset()

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def refuse(what: str, remedy: str = "") -> NoReturn:
    """Refuse a value within a validator."""
    context = {"what": what.replace("{", "(").replace("}", ")"), "remedy": remedy}
    raise PydanticCustomError("refused", "{what}", context)


def nearest(word: str, known: Iterable[str]) -> str:
    """A remedy that names the nearest known word, or all of them when none is near."""
    choices = list(known)
    near = difflib.get_close_matches(word, choices, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    if not choices:
        return ""
    if len(choices) > 40:
        return f"{len(choices)} are known"
    return f"use one of: {', '.join(choices)}"


_SPANS = {"ms": 1, "s": SECOND, "min": MINUTE, "h": HOUR, "d": DAY}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|min|h|d)")


def duration_ms(given: object) -> int:
    """Milliseconds of a duration written as "5min", "1h", "0s" or "2d"."""
    match = _DURATION.fullmatch(given.strip()) if isinstance(given, str) else None
    if match is None:
        refuse(f"{given!r} is not a duration", 'write a number and s, min, h or d, such as "20min"')
    return round(float(match[1]) * _SPANS[match[2]])


_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@(?:[A-Za-z0-9-]+\.)*[A-Za-z0-9-]+")


def _mail(given: object) -> str:
    if not isinstance(given, str) or not _MAIL.fullmatch(given) or len(given) > 254:
        refuse(f"{given!r} is not an e-mail address", 'write it as "name@example.org"')
    return given


def _zone(given: object) -> str:
    if not isinstance(given, str) or given not in available_timezones():
        near = difflib.get_close_matches(str(given), available_timezones(), n=1)
        hint = f"did you mean {near[0]!r}?" if near else 'use a name such as "Asia/Shanghai"'
        refuse(f"unknown time zone {given!r}", hint)
    return given


def word(longest: int) -> BeforeValidator:
    def check(given: object) -> str:
        fitting = isinstance(given, str) and 0 < len(given) <= longest and given == given.strip()
        if not fitting or any(c == "/" or ord(c) < 32 for c in str(given)):
            refuse(
                f"{given!r} cannot be used as a name here",
                f'write 1 to {longest} characters in quotes, without "/" and without spaces around',
            )
        return str(given)

    return BeforeValidator(check)


Duration = Annotated[int, BeforeValidator(duration_ms)]
Mail = Annotated[str, BeforeValidator(_mail)]
Word = Annotated[str, word(200)]
Zone = Annotated[str, BeforeValidator(_zone)]
