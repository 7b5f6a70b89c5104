"""Seasons of the year, in which a threshold is in force; they switch at 08:00 local."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Season:
    """From the first day's 08:00 to 08:00 after the last day; may wrap over New Year.

    Days are (month, day).
    """

    first: tuple[int, int]
    last: tuple[int, int]

    def contains(self, time: int, tz: ZoneInfo) -> bool:
        """Whether the season is in force at `time` (ms UTC)."""
        local = datetime.fromtimestamp(time / 1000, tz) - timedelta(hours=8)
        day = (local.month, local.day)
        if self.first <= self.last:
            return self.first <= day <= self.last
        return day >= self.first or day <= self.last

    def __str__(self) -> str:
        return "/".join(f"{month:02d}-{day:02d}" for month, day in (self.first, self.last))
