"""Dates of thresholds: days begin at 08:00 local, as the hydrological day and the seasons do."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SWITCH = time(8)


def start_ms(given: date | datetime | None, zone: ZoneInfo) -> int | None:
    """ms UTC from which something is valid: 08:00 of a day, or the very moment if one is given."""
    if given is None:
        return None
    if not isinstance(given, datetime):
        given = datetime.combine(given, SWITCH)
    if given.tzinfo is None:
        given = given.replace(tzinfo=zone)
    return round(given.timestamp() * 1000)


def end_ms(given: date | datetime | None, zone: ZoneInfo) -> int | None:
    """ms UTC until which something is valid: 08:00 after its last day, or the very moment."""
    if given is not None and not isinstance(given, datetime):
        return start_ms(given + timedelta(days=1), zone)
    return start_ms(given, zone)


def local_day(moment: int, zone: ZoneInfo) -> date:
    """The local day that has begun at 08:00 before the moment (ms UTC)."""
    return (datetime.fromtimestamp(moment / 1000, zone) - timedelta(hours=8)).date()
