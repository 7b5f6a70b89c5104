"""Times and durations as people and files write them."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from floodwatch.model.clock import MINUTE
from floodwatch.model.errors import Refused

FIRST_YEAR, LAST_YEAR = 1800, 2999
_SPANS = (("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000), ("ms", 1))


def iso(moment: int) -> str:
    """ISO 8601 in UTC, such as 2026-07-01T00:05:00Z; milliseconds only where there are any."""
    seconds, rest = divmod(moment, 1_000)
    whole = datetime.fromtimestamp(seconds, ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{rest:03d}Z" if rest else f"{whole}Z"


def iso_local(moment: int, zone: ZoneInfo) -> str:
    """ISO 8601 in a zone, such as 2026-07-01T08:05:00+08:00; seconds are rounded down."""
    return datetime.fromtimestamp(moment // 1_000, zone).isoformat(timespec="seconds")


def parse(given: str, zone: ZoneInfo) -> int:
    """ms UTC of an ISO 8601 date or time; without an offset it is local to `zone`.

    Of a local time that exists twice the first is meant. Raises Refused for one that never was.
    """
    try:
        moment = datetime.fromisoformat(given.strip())
    except ValueError:
        raise Refused(
            f"{given!r} is not a time; write it as 2026-07-01, 2026-07-01T08:00 or "
            "2026-07-01T00:00:00Z"
        ) from None
    _in_range(moment, given)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
        back = datetime.fromtimestamp(moment.timestamp(), zone)
        if back.replace(tzinfo=None) != moment.replace(tzinfo=None):
            raise Refused(
                f"{given} does not exist in {zone.key}: the clocks went forward over it; "
                "write it with an offset"
            )
    return round(moment.timestamp() * 1_000)


def on_day(day: date, after: int, zone: ZoneInfo) -> int:
    """The local time of day that is `after` ms past midnight (whole minutes count), ms UTC."""
    minutes = after // MINUTE
    clock = time(minutes // 60 % 24, minutes % 60, tzinfo=zone)
    return int(datetime.combine(day, clock).timestamp() * 1000)


def parse_day(given: str) -> date:
    """A day written as 2026-06-18. Raises Refused for what is none."""
    try:
        day = date.fromisoformat(given)
    except ValueError:
        raise Refused(f"{given!r} is not a date; write it as 2026-06-18") from None
    _in_range(day, given)
    return day


def _in_range(day: date, given: str) -> None:
    """Readings are of some year between these; beyond them calendars and clocks fail."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Refused(
            f"{given!r} is not a time kept here; years go from {FIRST_YEAR} to {LAST_YEAR}"
        )


def duration(milliseconds: int) -> str:
    """A duration as configuration files write it, such as 5min or 1h; empty for 0."""
    if not milliseconds:
        return ""
    name, size = next(pair for pair in _SPANS if milliseconds % pair[1] == 0)
    return f"{milliseconds // size}{name}"
