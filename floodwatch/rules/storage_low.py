"""Storage against the same date of past years, once a day, in per cent less."""

from collections.abc import Iterable, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from floodwatch.hydrology.drought import departure
from floodwatch.hydrology.storage import StorageCurve
from floodwatch.model.alert import Holds, RuleKey
from floodwatch.model.clock import DAY
from floodwatch.model.district import District
from floodwatch.model.finding import Finding
from floodwatch.model.reading import SeriesKey
from floodwatch.model.station import Station, StationKind
from floodwatch.model.threshold import Threshold
from floodwatch.rules.context import Context, DailyNeed, Day, Need
from floodwatch.rules.eight import day_at, last_eight, mornings, next_look
from floodwatch.rules.settings import asked, choose, number
from floodwatch.rules.steps import rising, steps

TYPE = "storage_low"
PARAMETERS = {
    "percent": "per cent below the same date of past years for IV, III, II; default [20, 40, 60]",
    "years": "past years that count; default 5",
}
PERCENT = (20.0, 40.0, 60.0)
YEARS = 5.0
CLEAR = 0.9  # of the per cent
NEAR = 3  # days beside the date whose value may stand for it


class StorageLowRule:
    """One reservoir."""

    __slots__ = (
        "_curve",
        "_limits",
        "_silent_after",
        "_tz",
        "_years",
        "days",
        "holds",
        "key",
        "needs",
    )

    def __init__(
        self,
        key: RuleKey,
        curve: StorageCurve,
        *,
        limits: Sequence[float],
        years: int,
        holds: Holds,
        silent_after: int,
        tz: ZoneInfo,
    ) -> None:
        self.key = key
        self.holds = holds
        stage = SeriesKey(key.station, key.gauge, "stage")
        self.needs: tuple[Need, ...] = (Need(stage, 2 * DAY, wakes=False),)
        self.days: tuple[DailyNeed, ...] = (DailyNeed(stage, 366 * years + NEAR),)
        self._curve = curve
        self._limits = tuple(limits)
        self._years = years
        self._silent_after = silent_after
        self._tz = tz

    def judge(self, context: Context) -> Finding:
        """The storage of the last 08:00 against those of the same date."""
        now, again = context.now, next_look(context.now, self._tz)
        series = context.windows.get(self.needs[0].key)
        [seen] = mornings(series, now, self._tz, count=1, silent_after=self._silent_after)
        today = day_at(last_eight(now, self._tz), self._tz)
        past = self._past(context.daily.get(self.days[0].key, ()), today)
        storage = self._storage(seen.value)
        gap = None if storage is None else departure(storage, past)
        if storage is None or gap is None:
            return Finding(None, None, known=False, may_clear=False, recheck_at=again)
        less = round(-100 * gap, 1)
        reached = rising(less, self._limits, clear=CLEAR)
        side, side_en = ("少", "less") if less >= 0 else ("多", "more")
        return Finding(
            severity=reached.severity,
            holding=reached.holding,
            band=f"less_{self._limits[reached.shown]:g}" if reached.shown >= 0 else "",
            label="蓄水较往年同期偏少",
            value=round(storage),
            time=seen.at,
            recheck_at=again,
            facts={
                "percent": -less,
                "years": len(past),
                "mean": round(sum(past) / len(past)),
                "zh": f"蓄水{storage / 1e4:.2f}万立方米，较往年同期{side}{abs(less):.0f}%",
                "en": f"storage {storage:.0f} m³, {abs(less):.0f} % {side_en} than on this date",
                "act_zh": "请核定用水计划",
                "act_en": "Review the plan of uses",
            },
        )

    def _past(self, rows: Sequence[Day], today: date) -> list[float]:
        """The storage at the same date of each past year that is known."""
        known = {row.day: row.last for row in rows}
        found = []
        for back in range(1, self._years + 1):
            year = today.year - back
            day = (
                date(year, 2, 28)
                if (today.month, today.day) == (2, 29)
                else today.replace(year=year)
            )
            near = [
                date.fromordinal(day.toordinal() + n)
                for n in sorted(range(-NEAR, NEAR + 1), key=abs)
            ]
            numbers = [d.year * 10_000 + d.month * 100 + d.day for d in near]
            stage = next((known[n] for n in numbers if known.get(n) is not None), None)
            if (storage := self._storage(stage)) is not None:
                found.append(storage)
        return found

    def _storage(self, stage: float | None) -> float | None:
        if stage is None:
            return None
        storage = float(self._curve.storage(stage))
        return storage if storage == storage else None  # NaN: outside the curve

    def describe(self, language: str) -> str:
        """The rule in words for the station page."""
        said = "/".join(f"{limit:g}" for limit in self._limits)
        if language == "zh":
            return f"每日8时：蓄水较前{self._years}年同期少{said}%"
        return f"daily at 08:00: storage {said} % below the same date of {self._years} years"


def build(
    district: District, station: Station, thresholds: Sequence[Threshold]
) -> Iterable[StorageLowRule]:
    """One rule for each reservoir with a curve, where it is asked for."""
    del thresholds
    key = RuleKey(station.code, "1", "storage", TYPE, "down")
    wanted = station.kind is StationKind.RESERVOIR and station.curve
    if not wanted or not asked(district.rules, station, key):
        return
    chosen = choose(district.rules, station, key, default=Holds(2 * DAY, 2 * DAY))
    if chosen.enabled:
        yield StorageLowRule(
            key,
            StorageCurve.from_table(station.curve, name=station.code),
            limits=steps(chosen.parameters, "percent", PERCENT),
            years=max(1, round(number(chosen.parameters, "years", YEARS))),
            holds=chosen.holds,
            silent_after=station.reporting.silent_after,
            tz=district.zone_of(station.code),
        )
