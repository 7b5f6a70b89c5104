"""Moments of the storm as the tests write them: "D0 23:00", "D1 04:25"; D1 is 18 June 2026."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

TZ = ZoneInfo("Asia/Shanghai")
D0 = datetime(2026, 6, 17, tzinfo=TZ)


def at(text: str) -> int:
    """ms UTC of a moment such as "D1 04:25"."""
    day, clock = text.split()
    hour, minute = clock.split(":")
    moment = D0 + timedelta(days=int(day[1:]), hours=int(hour), minutes=int(minute))
    return int(moment.timestamp() * 1000)


def local(year: int, month: int, day: int, hour: int = 0) -> int:
    """ms UTC of a local hour."""
    return int(datetime(year, month, day, hour, tzinfo=TZ).timestamp() * 1000)
