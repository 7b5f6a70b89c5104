"""Water use against the plan (取水计划): the month's share and the year, by users, on weekdays.

80 % of a month's share is reached by everybody near its end: it counts only where the pace leads
past the plan. Past 100 % always counts. Counters are differenced day by day, so that one that rolls
over is read right.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from floodwatch.hydrology.counter import increments
from floodwatch.model.alert import Holds, RuleKey
from floodwatch.model.district import District
from floodwatch.model.finding import Finding
from floodwatch.model.reading import SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.model.station import Station, StationKind
from floodwatch.model.threshold import Threshold
from floodwatch.rules.context import Context, DailyNeed, Day, Need
from floodwatch.rules.eight import day_at, last_eight, next_look
from floodwatch.rules.settings import choose, number
from floodwatch.rules.steps import steps

TYPE = "permit"
PARAMETERS = {
    "plan_percent": "per cent of the plan for IV, III, rising; default [80, 100]",
    "ahead_percent": "how far the pace may lead past the plan, %; default 5",
    "month_shares": "share of the year's plan by month, January first; default all alike",
}
PLAN_PERCENT = (80.0, 100.0)
AHEAD = 5.0
DAYS = 370
PAST = 1.0  # %: a month counts from 08:00 to 08:00, which shifts a third of a day
SATURDAY = 5


class Used(NamedTuple):
    """What was used in a span of the plan, and how far the span is."""

    m3: float
    plan: float
    elapsed: float  # share of the span that is over

    @property
    def percent(self) -> float:
        """Of the plan."""
        return round(100 * self.m3 / self.plan, 1)

    @property
    def projected(self) -> float:
        """Per cent of the plan at the end, at the pace so far."""
        return round(self.percent / self.elapsed, 1) if self.elapsed else 0.0


class PermitRule:
    """All meters of one user together."""

    __slots__ = ("_ahead", "_limits", "_plan", "_shares", "_tz", "_user", "days", "holds", "key")

    needs: tuple[Need, ...] = ()

    def __init__(
        self,
        user: str,
        meters: Sequence[SeriesKey],
        plan: float,
        *,
        shares: Sequence[float],
        limits: Sequence[float],
        ahead: float,
        holds: Holds,
        tz: ZoneInfo,
    ) -> None:
        self.key = RuleKey(meters[0].station, "1", "meter_volume", TYPE, "up")
        self.holds = holds
        self.days: tuple[DailyNeed, ...] = tuple(DailyNeed(meter, DAYS) for meter in meters)
        self._user = user
        self._plan = plan
        self._shares = [share / sum(shares) for share in shares]
        self._limits = tuple(limits)
        self._ahead = ahead
        self._tz = tz

    def judge(self, context: Context) -> Finding:
        """The plan by the last 08:00 of a weekday."""
        now, tz = context.now, self._tz
        at, again = last_eight(now, tz), next_look(now, tz)
        today = day_at(at, tz)
        if today.weekday() >= SATURDAY:
            return Finding(None, None, known=False, may_clear=False, recheck_at=again)
        used = self._used(context.daily)
        if used is None:
            return Finding(None, None, known=False, may_clear=False, recheck_at=again)
        counted = today - timedelta(days=1)  # the last day of which all is known
        month, year = self._month(used, counted), self._year(used, counted)
        found = [self._severity(month), self._severity(year)]
        worst = max((severity for severity in found if severity), default=None)
        shown = year if worst and found[1] == worst else month
        return Finding(
            severity=worst,
            holding=worst,
            band="" if worst is None else ("plan_year" if shown is year else "plan_month"),
            label="用水计划",
            value=round(shown.m3),
            time=at,
            recheck_at=again,
            facts=self._facts(shown, counted, year=shown is year),
        )

    def _used(self, daily: Mapping[SeriesKey, Sequence[Day]]) -> dict[date, float] | None:
        """m³ by the date on which a hydrological day begins, of all meters that were heard."""
        used: dict[date, float] = {}
        known = False
        for need in self.days:
            rows = [row for row in daily.get(need.key, ()) if row.last is not None]
            if len(rows) < 2:
                continue  # a meter that never spoke must not blind the user's others
            known = True
            added = increments(np.array([row.last for row in rows], float))
            for row, m3 in zip(rows[1:], added.tolist(), strict=True):
                begun = date.fromisoformat(str(row.day)) - timedelta(days=1)
                used[begun] = used.get(begun, 0.0) + m3
        return used if known else None

    def _month(self, used: Mapping[date, float], day: date) -> Used:
        taken = sum(m3 for d, m3 in used.items() if (d.year, d.month) == (day.year, day.month))
        length = monthrange(day.year, day.month)[1]
        return Used(taken, self._plan * self._shares[day.month - 1], day.day / length)

    def _year(self, used: Mapping[date, float], day: date) -> Used:
        taken = sum(m3 for d, m3 in used.items() if d.year == day.year)
        length = monthrange(day.year, day.month)[1]
        elapsed = (
            sum(self._shares[: day.month - 1]) + self._shares[day.month - 1] * day.day / length
        )
        return Used(taken, self._plan, elapsed)

    def _severity(self, used: Used) -> Severity | None:
        """IV towards the plan at too fast a pace, III past it."""
        if used.plan <= 0:
            return Severity.III if used.m3 > 0 else None
        if used.percent > self._limits[-1] + PAST:
            return Severity.III
        fast = used.projected > 100 + self._ahead
        return Severity.IV if fast and used.percent >= self._limits[0] else None

    def _facts(self, used: Used, day: date, *, year: bool) -> dict[str, float | int | str]:
        percent = used.percent if used.plan > 0 else 0.0
        span_zh = f"{day.year}年" if year else f"{day.month}月"
        span_en = str(day.year) if year else f"{day:%B}"
        ends = "年底" if year else "月底"
        return {
            "percent": percent,
            "projected": used.projected if used.plan > 0 else 0.0,
            "plan": round(used.plan),
            "zh": f"{self._user}{span_zh}已用计划的{percent:.0f}%，"
            f"按此进度{ends}达{used.projected if used.plan > 0 else 0:.0f}%",
            "en": f"{self._user}: {percent:.0f} % of the plan of {span_en} used, "
            f"at this pace {used.projected if used.plan > 0 else 0:.0f} % at its end",
            "act_zh": "请核实用水，督促节水",
            "act_en": "Check the use and remind the user",
        }

    def describe(self, language: str) -> str:
        """The rule in words for the station page."""
        first, last = self._limits[0], self._limits[-1]
        if language == "zh":
            return (
                f"{self._user}年计划{self._plan:g}m³：工作日8时按月计划和进度，"
                f"达{first:g}%且超进度(Ⅳ级)、超{last:g}%(Ⅲ级)"
            )
        return (
            f"{self._user}, {self._plan:g} m³ a year: on weekdays {first:g} % of the month at too "
            f"fast a pace (IV), past {last:g} % (III)"
        )


def build(
    district: District, station: Station, thresholds: Sequence[Threshold]
) -> Iterable[PermitRule]:
    """One rule for each user, at its first meter."""
    del thresholds
    if station.kind is not StationKind.METER or not station.user:
        return
    meters = [
        place
        for place in district.stations.values()
        if place.kind is StationKind.METER and place.user == station.user and place.enabled
    ]
    plan = next((place.plan for place in meters if place.plan), None)
    if plan is None or meters[0].code != station.code:
        return
    key = RuleKey(station.code, "1", "meter_volume", TYPE, "up")
    chosen = choose(district.rules, station, key, default=Holds(0, 0))
    if chosen.enabled:
        yield PermitRule(
            station.user,
            [SeriesKey(place.code, "1", "meter_volume") for place in meters],
            plan,
            shares=chosen.parameters.get("month_shares", (1,) * 12),
            limits=steps(chosen.parameters, "plan_percent", PLAN_PERCENT),
            ahead=number(chosen.parameters, "ahead_percent", AHEAD),
            holds=chosen.holds,
            tz=district.zone_of(station.code),
        )
