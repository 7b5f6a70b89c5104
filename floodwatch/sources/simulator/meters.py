"""Water meters of the eight large users, by the hour: a leak, a roll-over, a stuck dial."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from floodwatch.model.clock import DAY, HOUR
from floodwatch.sources.simulator.weather import LOCAL, local_days

Floats = NDArray[np.float64]

SEED = 6199
MONTH_SHARES = (7, 6, 7, 8, 8, 9, 11, 11, 10, 8, 8, 7)  # % of the year plan, January first
WEEKEND, SCATTER = 0.8, 0.05
DRY_MM = 1.0

_FLAT = (1.0,) * 24
_MORNING, _EVENING = (0.9, 1.5, 1.7, 1.4, 1.2, 1.2, 1.4), (1.5, 1.7, 1.5, 1.2, 0.9, 0.6, 0.5)
_TOWN = (*(0.4,) * 5, *_MORNING, *(1.2,) * 5, *_EVENING)
_WORKS = (*(0.0,) * 6, *(1.0,) * 16, *(0.0,) * 2)  # nothing between 22:00 and 06:00


@dataclass(frozen=True)
class User:
    """A large user: its meters share the plan evenly; `profile` weighs the hours of its day."""

    name: str
    meters: tuple[str, ...]
    plan_m3: float
    profile: tuple[float, ...] = _TOWN
    holidays: tuple[int, ...] = ()  # months without use
    dry_days_only: bool = False
    over: tuple[date, float] | None = None  # from that day on, times that much

    @property
    def shares(self) -> tuple[float, ...]:
        """Share of the year plan by month, January first; sum 1."""
        used = [0 if m in self.holidays else s for m, s in enumerate(MONTH_SHARES, 1)]
        return tuple(share / sum(used) for share in used)


def _codes(first: int, last: int) -> tuple[str, ...]:
    return tuple(str(61990000 + number) for number in range(first, last + 1))


USERS = (
    User("示范城东水厂", _codes(61, 65), 420_000),
    User("示范啤酒厂", _codes(66, 69), 238_000, _WORKS),
    User("示范纸品厂", _codes(70, 72), 186_200, _FLAT),
    User("示范热电", _codes(73, 75), 172_000, _FLAT, over=(date(2026, 7, 1), 1.18)),
    User("示范医院", _codes(76, 77), 118_000),
    User("示范学院", _codes(78, 79), 96_000, holidays=(7, 8)),
    User("示范冷链", _codes(80, 81), 74_000, _FLAT),
    User("示范园林", _codes(82, 83), 56_000, _WORKS, dry_days_only=True),
)

LEAKING, LEAK_FROM, LEAK_M3_H = "61990069", date(2026, 6, 1), 0.4
ROLLING, ROLLS_ON, DIAL_M3 = "61990072", date(2026, 6, 10), 100_000.0
STUCK, STUCK_DAYS = "61990080", (date(2026, 6, 12), date(2026, 6, 15))


def daily_m3(user: User, first: date, last: date, *, rain: Mapping[date, float]) -> Floats:
    """What the user takes on each day from `first` to `last`, m³; each month is its plan's share.

    `first` and `last` should be ends of months: a month cut short would still get its whole share.
    """
    rng = np.random.default_rng((SEED, int(user.meters[0])))
    days = [first + timedelta(days=k) for k in range((last - first).days + 1)]
    weight = np.array([WEEKEND if day.weekday() >= 5 else 1.0 for day in days])
    weight *= 1 + rng.uniform(-SCATTER, SCATTER, len(days))
    if user.dry_days_only:
        weight[[rain.get(day, 0.0) >= DRY_MM for day in days]] = 0
    months = np.array([day.year * 12 + day.month for day in days])
    for month in np.unique(months):
        inside = months == month
        share = user.shares[(month - 1) % 12]
        weight[inside] *= user.plan_m3 * share / weight[inside].sum()
    if user.over:
        weight[[day >= user.over[0] for day in days]] *= user.over[1]
    return weight


def counters(times: NDArray[np.int64], rain: Mapping[date, float]) -> dict[str, Floats]:
    """The dial of each meter at `times` (whole hours, rising by one hour), m³."""
    days = list(local_days(times))
    first = days[0].replace(day=1)
    last = (days[-1].replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    row = np.array([(day - first).days for day in days])
    hour = ((times + LOCAL - HOUR) % DAY) // HOUR
    dials = {}
    for user in USERS:
        profile = np.array(user.profile) / sum(user.profile)
        hourly = daily_m3(user, first, last, rain=rain)[row] * profile[hour] / len(user.meters)
        for code in user.meters:
            dials[code] = _dial(code, hourly, days)
    return dials


def _dial(code: str, hourly: Floats, days: list[date]) -> Floats:
    used = hourly.copy()
    if code == LEAKING:
        used[[day >= LEAK_FROM for day in days]] += LEAK_M3_H
    if code == STUCK:
        used[[STUCK_DAYS[0] <= day <= STUCK_DAYS[1] for day in days]] = 0
    total = np.cumsum(used)
    if code == ROLLING:
        noon = days.index(ROLLS_ON) + 12
        return np.asarray(np.round((DIAL_M3 - total[noon] + total) % DIAL_M3, 1) % DIAL_M3)
    return np.asarray(np.round(int(code) % 100 * 517.3 + total, 1))
