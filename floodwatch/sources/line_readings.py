"""Points of line protocol into raw readings: tags name the series, fields are its values."""

from collections.abc import Callable, Iterator

from floodwatch.model.batch import Rejection
from floodwatch.model.errors import Refused
from floodwatch.model.reading import RawReading
from floodwatch.model.variable import VARIABLES, Nature
from floodwatch.sources.line_protocol import BadLine, Point, Value, points
from floodwatch.sources.missing_words import NO_WORDS, says_none
from floodwatch.sources.push_bodies import LONGEST_NAME, MOST, BadBody, Parsed, period_of

PRECISIONS = {
    "": 1, "n": 1, "ns": 1, "u": 1_000, "us": 1_000, "µ": 1_000, "µs": 1_000, "ms": 1_000_000,
    "s": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000,
}  # fmt: skip
_MS = 1_000_000  # nanoseconds
# Seconds, ms or µs taken for a finer precision all fall into the first days of 1970.
MISTAKEN = 30 * 86_400_000


def nanoseconds(precision: str) -> int:
    """The length of a unit of time; BadBody when it is unknown."""
    if (found := PRECISIONS.get(precision)) is None:
        known = "ns, us, ms, s, m or h"
        raise BadBody(f"invalid precision {precision[:20]!r} (use {known})")
    return found


def from_lines(
    body: bytes,
    *,
    precision: str,
    now: Callable[[], int],
    most: int = MOST,
    words: frozenset[str] = NO_WORDS,
) -> Parsed:
    """The readings of a body; their place is the line, counted from 0.

    A line without a time is of `now` (ms), which is asked for once, if at all.
    """
    unit = nanoseconds(precision)
    received: int | None = None
    readings: list[RawReading] = []
    places: list[int] = []
    refused: list[Rejection] = []
    for point in points(body):
        if len(readings) + len(refused) >= most:
            raise BadBody(f"more than {most} readings; send them in several requests", status=413)
        if isinstance(point, BadLine):
            refused.append(Rejection(point.line - 1, point.reason))
            continue
        if point.time is None:
            received = now() if received is None else received
            time = received // max(1, unit // _MS) * max(1, unit // _MS)
        else:
            time = point.time * unit // _MS
        for found in readings_of(point, time, words):
            if isinstance(found, RawReading):
                readings.append(found)
                places.append(point.line - 1)
            else:
                refused.append(Rejection(point.line - 1, found))
    return Parsed(tuple(readings), tuple(places), tuple(refused))


def readings_of(
    point: Point, time: int, words: frozenset[str] = NO_WORDS
) -> Iterator[RawReading | str]:
    """One reading a field, or why the field (or the whole line) is none.

    A field is named as its variable; `value` stands for the tag `variable` or the measurement.
    """
    tags = point.tags
    try:
        station = _tag(tags, "station")
        if station is None:
            raise Refused(f"no tag station: {point.name[:40]} cannot be placed")
        if point.time is not None and 0 <= time < MISTAKEN:
            raise Refused("the time is of January 1970: is the precision of the request right?")
        gauge, unit = _tag(tags, "gauge"), _tag(tags, "unit")
        period = period_of(_tag(tags, "period"))
        only = _tag(tags, "variable") or point.name
    except Refused as error:
        yield str(error)
        return
    for name, given in point.fields:
        variable = only if name == "value" else name
        try:
            value = _value(variable, given, words)
            if len(variable) > LONGEST_NAME:
                raise Refused(f"{variable[:40]!r}… is no variable")
        except Refused as error:
            yield str(error)
            continue
        length = period if has_period(variable) else None
        yield RawReading(station, variable, time, value, gauge, unit, length)


def has_period(variable: str) -> bool:
    """Whether the period said of a whole message is this variable's too: only amounts have one."""
    known = VARIABLES.get(variable)
    return known is None or known.nature is Nature.INCREMENT


def _tag(tags: dict[str, str], name: str) -> str | None:
    found = tags.get(name, "").strip()
    if len(found) > LONGEST_NAME:
        raise Refused(f"tag {name} must be a text of 1 to {LONGEST_NAME} characters")
    return found or None


def _value(variable: str, given: Value, words: frozenset[str]) -> float | None:
    if isinstance(given, str):
        if says_none(given, words):
            return None
        raise Refused(f"{variable} is the text {given[:40]!r}: numbers stand without quotes")
    if isinstance(given, bool):
        known = VARIABLES.get(variable)
        if known is None or known.unit != "count":
            raise Refused(f"{variable} is true or false, not a number")
    return float(given)
