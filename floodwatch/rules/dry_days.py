"""Days without effective rain in the district, once a day: the mean of its rain gauges counts."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from floodwatch.hydrology.drought import EFFECTIVE_MM, dry_days
from floodwatch.hydrology.hydrological_day import day_of
from floodwatch.model.alert import DISTRICT, Holds, RuleKey
from floodwatch.model.district import District
from floodwatch.model.finding import Finding
from floodwatch.model.reading import SeriesKey
from floodwatch.model.station import Station, StationKind
from floodwatch.model.threshold import Threshold
from floodwatch.rules.context import Context, DailyNeed, Day, Need
from floodwatch.rules.eight import last_eight, next_look
from floodwatch.rules.settings import asked, choose, number
from floodwatch.rules.steps import grade, rising, steps

TYPE = "dry_days"
PARAMETERS = {
    "dry_steps": "days without effective rain for IV, III, II; default [30, 45, 60]",
    "effective_mm": "rain of a day that counts, mm; default 5",
}
DAYS = (30.0, 45.0, 60.0)
BACK = 200  # days looked at
KNOWN = 0.5  # least share of a day that must be known for its sum to say that it was dry


class DryDaysRule:
    """Counts back from the last 08:00 to the last day with effective rain."""

    __slots__ = ("_effective", "_limits", "_tz", "days", "holds", "key")

    needs: tuple[Need, ...] = ()

    def __init__(
        self,
        gauges: Iterable[SeriesKey],
        limits: Sequence[float],
        *,
        effective: float,
        holds: Holds,
        tz: ZoneInfo,
    ) -> None:
        self.key = RuleKey(DISTRICT, "1", "rainfall", TYPE, "none")
        self.holds = holds
        self.days: tuple[DailyNeed, ...] = tuple(DailyNeed(gauge, BACK) for gauge in gauges)
        self._limits = tuple(limits)
        self._effective = effective
        self._tz = tz

    def judge(self, context: Context) -> Finding:
        """How long it has been dry by the last 08:00."""
        at = last_eight(context.now, self._tz)
        sums = self._sums(context.daily, day_of(at, self._tz))
        again = next_look(context.now, self._tz)
        if not any(fallen is not None for fallen in sums[-3:]):
            return Finding(None, None, known=False, may_clear=False, recheck_at=again)
        dry = dry_days(sums, effective=self._effective)
        reached = rising(dry, self._limits, clear=1.0)
        limit = self._limits[reached.shown] if reached.shown >= 0 else None
        return Finding(
            severity=reached.severity,
            holding=reached.holding,
            band=f"dry_{limit:g}" if limit is not None else "",
            label="无有效降雨日数",
            time=at,
            recheck_at=again,
            facts=self._facts(dry),
        )

    def _sums(self, daily: Mapping[SeriesKey, Sequence[Day]], last: date) -> list[float | None]:
        """The mean rain of each day, oldest first; None where no gauge knows it."""
        days = [last - timedelta(days=n) for n in range(BACK - 1, -1, -1)]
        numbers = [day.year * 10_000 + day.month * 100 + day.day for day in days]
        known: dict[int, list[float]] = {}
        for need in self.days:
            for row in daily.get(need.key, ()):
                fallen = row.sum or 0.0
                if row.coverage >= KNOWN or fallen >= self._effective:
                    known.setdefault(row.day, []).append(fallen)
        return [sum(known[n]) / len(known[n]) if n in known else None for n in numbers]

    def _facts(self, dry: int) -> dict[str, float | int | str]:
        scale = f"{self._effective:g}"
        return {
            "days": dry,
            "effective_mm": self._effective,
            "zh": f"全区已{dry}天无有效降雨（日雨量不足{scale}毫米）",
            "en": f"{dry} days without effective rain (less than {scale} mm a day)",
            "act_zh": "请清查蓄水和水源，安排节水",
            "act_en": "Take stock of storage and sources, save water",
        }

    def describe(self, language: str) -> str:
        """The rule in words."""
        zh = language == "zh"
        parts = []
        for place, limit in enumerate(self._limits):
            degree = grade(place)
            assert degree is not None  # noqa: S101 - a place of the list
            parts.append(f"{limit:g}天({degree.numeral}级)" if zh else f"{limit:g} ({degree.name})")
        joined = ("、" if zh else ", ").join(parts)
        scale = f"{self._effective:g}"
        if zh:
            return f"连续无有效降雨（日雨量<{scale}mm）{joined}"
        return f"days without effective rain (below {scale} mm a day): {joined}"


def build(
    district: District, station: Station, thresholds: Sequence[Threshold]
) -> Iterable[DryDaysRule]:
    """One rule, where it is asked for and there are rain gauges that report increments."""
    del thresholds
    key = RuleKey(DISTRICT, "1", "rainfall", TYPE, "none")
    if not asked(district.rules, station, key):
        return
    chosen = choose(district.rules, station, key, default=Holds(0, 0))
    gauges = [
        next((g.key for g in place.gauges if g.variable == "rainfall"), None)
        for place in district.stations.values()
        if place.kind is StationKind.RAIN and place.enabled
    ]
    found = [gauge for gauge in gauges if gauge is not None]
    if chosen.enabled and found:
        yield DryDaysRule(
            found,
            steps(chosen.parameters, "dry_steps", DAYS),
            effective=number(chosen.parameters, "effective_mm", EFFECTIVE_MM),
            holds=chosen.holds,
            tz=district.tz,
        )
