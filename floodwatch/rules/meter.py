"""A meter that never rests at night (a leak) or does not move at all, by day, where asked for."""

from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

import numpy as np

from floodwatch.hydrology.counter import increments
from floodwatch.hydrology.series import Series
from floodwatch.model.alert import Holds, RuleKey
from floodwatch.model.clock import DAY, HOUR
from floodwatch.model.district import District
from floodwatch.model.finding import Finding
from floodwatch.model.quality import Flag
from floodwatch.model.reading import SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.model.station import Station, StationKind
from floodwatch.model.threshold import Threshold
from floodwatch.rules.context import Context, Need
from floodwatch.rules.eight import day_at, last_eight, next_look
from floodwatch.rules.permit import SATURDAY
from floodwatch.rules.settings import asked, choose, number

TYPE = "meter"
PARAMETERS = {
    "leak_m3h": "flow that is never undercut between 01:00 and 05:00, m³ an hour; default 0.2",
    "leak_nights": "nights in a row for that; default 3",
    "zero_days": "days without any flow; 0 (default): not looked at",
}
LEAK_M3H, NIGHTS = 0.2, 3.0
FROM_MORNING, TO_MORNING = 7 * HOUR, 3 * HOUR  # the night, back from 08:00


class MeterRule:
    """One meter, looked at on weekdays after 08:00."""

    __slots__ = ("_leak", "_nights", "_tz", "_zero", "holds", "key", "needs")

    def __init__(
        self, series: SeriesKey, *, leak: float, nights: int, zero: int, holds: Holds, tz: ZoneInfo
    ) -> None:
        self.key = RuleKey(series.station, series.gauge, series.variable, TYPE, "none")
        self.holds = holds
        back = (max(nights, zero) + 1) * DAY
        self.needs: tuple[Need, ...] = (Need(series, back, wakes=False),)
        self._leak, self._nights, self._zero, self._tz = leak, nights, zero, tz

    def judge(self, context: Context) -> Finding:
        """Whether it leaks or stands still, by the nights before the last 08:00."""
        now, tz = context.now, self._tz
        at, again = last_eight(now, tz), next_look(now, tz)
        series = context.windows.get(self.needs[0].key)
        unknown = Finding(None, None, known=False, may_clear=False, recheck_at=again)
        if series is None or day_at(at, tz).weekday() >= SATURDAY:
            return unknown
        series = series.take(~np.isin(series.quality % 10, (Flag.FAIL, Flag.MISSING)))
        nights = [self._least(series, at - n * DAY) for n in range(self._nights)]
        still = self._zero > 0 and self._stands(series, at)
        if any(least is None for least in nights) and not still:
            return unknown
        least = min((flow for flow in nights if flow is not None), default=0.0)
        leaks = not still and least >= self._leak
        severity = Severity.IV if leaks or still else None
        return Finding(
            severity=severity,
            holding=severity,
            band="leak" if leaks else "zero_flow" if still else "",
            label="夜间漏水" if leaks else "零流量" if still else "",
            time=at,
            recheck_at=again,
            facts=self._facts(least, leaks=leaks) if severity else {},
        )

    def _least(self, series: Series, morning: int) -> float | None:
        """The least flow of a night, m³ an hour; None when the night is not known."""
        night = series.between(morning - FROM_MORNING - 1, morning - TO_MORNING)
        if night.size < 3:
            return None
        hours = np.diff(night.times) / HOUR
        return float(np.min(increments(night.values) / hours))

    def _stands(self, series: Series, at: int) -> bool:
        span = series.between(at - self._zero * DAY - HOUR, at)
        known = span.size > 1 and int(span.times[-1] - span.times[0]) >= self._zero * DAY - 2 * HOUR
        return bool(known and np.ptp(span.values) == 0)

    def _facts(self, least: float, *, leaks: bool) -> dict[str, float | int | str]:
        if leaks:
            return {
                "least": round(least, 2),
                "zh": f"连续{self._nights}夜最小流量{least:.1f}立方米/时，疑似漏水",
                "en": f"never below {least:.1f} m³/h in {self._nights} nights: perhaps a leak",
                "act_zh": "请用户夜间关阀检查",
                "act_en": "Have the user close the valve at night and look",
            }
        return {
            "zh": f"连续{self._zero}天零流量",
            "en": f"no flow for {self._zero} days",
            "act_zh": "请核实停用或表计故障",
            "act_en": "Not in use, or a broken meter?",
        }

    def describe(self, language: str) -> str:
        """The rule in words for the station page."""
        if language == "zh":
            return f"连续{self._nights}夜(1至5时)流量不低于{self._leak:g}m³/h即疑似漏水(Ⅳ级)"
        return f"a leak (IV): never below {self._leak:g} m³/h in {self._nights} nights, 01:00-05:00"


def build(
    district: District, station: Station, thresholds: Sequence[Threshold]
) -> Iterable[MeterRule]:
    """One rule for a meter, where it is asked for: some users work by night."""
    del thresholds
    series = SeriesKey(station.code, "1", "meter_volume")
    key = RuleKey(station.code, "1", "meter_volume", TYPE, "none")
    if station.kind is not StationKind.METER or not asked(district.rules, station, key):
        return
    chosen = choose(district.rules, station, key, default=Holds(0, 0))
    if chosen.enabled:
        yield MeterRule(
            series,
            leak=number(chosen.parameters, "leak_m3h", LEAK_M3H),
            nights=max(1, round(number(chosen.parameters, "leak_nights", NIGHTS))),
            zero=round(number(chosen.parameters, "zero_days", 0)),
            holds=chosen.holds,
            tz=district.zone_of(station.code),
        )
