"""Days of drinking water left above a plant's intake, once a day; the state of its backup source.

Domestic use apart from irrigation: irrigation is stopped before people go without, and a figure
that mixes them jumps from twenty days to eighty while the intake is about to run dry.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from floodwatch.hydrology.drought import EVAPORATION_MM, SEEPAGE_A_DAY, draw, supply_days
from floodwatch.hydrology.storage import StorageCurve
from floodwatch.model.alert import Holds, RuleKey
from floodwatch.model.clock import DAY
from floodwatch.model.district import District
from floodwatch.model.finding import Finding
from floodwatch.model.reading import SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.model.station import Station
from floodwatch.model.threshold import Threshold
from floodwatch.rules.context import Context, Need
from floodwatch.rules.eight import BACK, mornings, next_look
from floodwatch.rules.settings import choose, number
from floodwatch.rules.steps import Reached, falling, steps

TYPE = "supply_days"
PARAMETERS = {
    "warn_days": "days of supply left for IV, III, II, falling; default [10, 5, 2]",
    "evaporation_mm": "from open water, mm a day; default 5",
    "seepage_share": "of the storage lost in a day; default 0.0008",
}
WARN_DAYS = (10.0, 5.0, 2.0)
CLEAR = 1.25  # a step is left again when there is this much more
PACE_DAYS = 3  # over which the real fall of the storage is taken
STATES = {
    "ready": ("可用", "ready"),
    "running": ("运行中", "running"),
    "failed": ("故障", "failed"),
    "unknown": ("状态不明", "state unknown"),
}


class Supply(NamedTuple):
    """A plant, the reservoir it draws on, and the losses assumed."""

    intake: float  # m
    demand: float  # m³ a day
    curve: StorageCurve
    source: str  # the reservoir's name
    backups: Mapping[str, str]  # code -> name
    evaporation_mm: float = EVAPORATION_MM
    seepage_share: float = SEEPAGE_A_DAY


class SupplyDaysRule:
    """One plant."""

    __slots__ = ("_limits", "_silent_after", "_supply", "_tz", "holds", "key", "needs")

    registers: tuple[str, ...] = ("backup_source",)

    def __init__(
        self,
        key: RuleKey,
        stage: SeriesKey,
        supply: Supply,
        *,
        limits: Sequence[float],
        holds: Holds,
        silent_after: int,
        tz: ZoneInfo,
    ) -> None:
        self.key = key
        self.holds = holds
        self.needs: tuple[Need, ...] = (Need(stage, BACK, wakes=False),)
        self._supply = supply
        self._limits = tuple(limits)
        self._silent_after = silent_after
        self._tz = tz

    def judge(self, context: Context) -> Finding:
        """How long the water of the last 08:00 lasts."""
        now, again = context.now, next_look(context.now, self._tz)
        series = context.windows.get(self.needs[0].key)
        count = PACE_DAYS + 1
        seen = mornings(series, now, self._tz, count=count, silent_after=self._silent_after)
        at, stage = seen[-1]
        curve = self._supply.curve
        storage = None if stage is None else float(curve.storage(stage))
        if storage is None or stage is None or storage != storage:  # outside its curve
            return Finding(None, None, known=False, may_clear=False, recheck_at=again)
        at_intake = float(curve.storage(self._supply.intake))
        taken = draw(
            demand=self._supply.demand,
            area=float(curve.area(stage)),
            storage=storage,
            evaporation_mm=self._supply.evaporation_mm,
            seepage_share=self._supply.seepage_share,
        )
        days = supply_days(storage=storage, at_intake=at_intake, taken=taken)
        rows = context.registers.get("backup_source", ())
        backups = [row for row in rows if row["station"] in self._supply.backups]
        reached = falling(days, self._limits, clear=CLEAR)
        relieved = any(row["state"] == "running" for row in backups)
        facts = self._facts(days, stage, backups)
        first = seen[0].value
        if first is not None and (fallen := float(curve.storage(first)) - storage) > 0:
            facts["pace_days"] = round(max(storage - at_intake, 0) / (fallen / PACE_DAYS), 1)
        return Finding(
            severity=_eased(reached.severity, relieved),
            holding=_eased(reached.holding, relieved),
            band=self._band(reached),
            label="生活供水天数",
            value=round(max(storage - at_intake, 0.0)),
            time=at,
            recheck_at=again,
            facts=facts,
        )

    def _band(self, reached: Reached) -> str:
        return f"days_{self._limits[reached.shown]:g}" if reached.shown >= 0 else ""

    def _facts(
        self, days: float, stage: float, backups: Sequence[Mapping[str, Any]]
    ) -> dict[str, float | int | str]:
        supply = self._supply
        dry = stage <= supply.intake
        zh = (
            f"{supply.source}{stage:.2f}米，已低于取水口{supply.intake:.2f}米"
            if dry
            else f"水源可供生活用水约{days:.0f}天（{supply.source}{stage:.2f}米）"
        )
        en = (
            f"{supply.source} {stage:.2f} m is below the intake {supply.intake:.2f} m"
            if dry
            else f"about {days:.0f} days of drinking water left ({supply.source} {stage:.2f} m)"
        )
        said_zh, said_en = self._said(backups, 0), self._said(backups, 1)
        return {
            "days": round(days, 1),
            "stage": round(stage, 2),
            "intake": supply.intake,
            "zh": zh,
            "en": en,
            "act_zh": f"备用{said_zh}" if said_zh else "无备用水源，请安排送水",
            "act_en": f"Backup: {said_en}" if said_en else "No backup source: arrange tankers",
        }

    def _said(self, backups: Sequence[Mapping[str, Any]], language: int) -> str:
        """Each backup source and its newest state."""
        known = {row["station"]: str(row["state"]) for row in backups}
        return ("、", ", ")[language].join(
            f"{name}{('', ' ')[language]}{STATES[known.get(code, 'unknown')][language]}"
            for code, name in self._supply.backups.items()
        )

    def describe(self, language: str) -> str:
        """The rule in words for the station page."""
        supply = self._supply
        days = "/".join(f"{limit:g}" for limit in self._limits)
        if language == "zh":
            return (
                f"每日8时：{supply.source}取水口{supply.intake:.2f}m以上可供生活用水"
                f"(日需{supply.demand:g}m³)不足{days}天"
            )
        return (
            f"daily at 08:00: {supply.source} above the intake at {supply.intake:.2f} m lasts "
            f"less than {days} days at {supply.demand:g} m³ a day"
        )


def _eased(severity: Severity | None, relieved: bool) -> Severity | None:
    """With a backup source running nobody goes without: it stays on the list, no more."""
    return Severity.IV if severity and relieved else severity


def build(
    district: District, station: Station, thresholds: Sequence[Threshold]
) -> Iterable[SupplyDaysRule]:
    """One rule for a plant that says what it draws on, how much, and above which stage."""
    del thresholds
    source = district.stations.get(station.supply_from)
    if source is None or station.intake is None or not station.demand or not source.curve:
        return
    key = RuleKey(station.code, "1", "storage", TYPE, "down")
    chosen = choose(district.rules, station, key, default=Holds(0, 2 * DAY))
    if not chosen.enabled:
        return
    names = {code: district.stations[code].name for code in station.backups}
    yield SupplyDaysRule(
        key,
        SeriesKey(source.code, "1", "stage"),
        Supply(
            station.intake,
            station.demand,
            StorageCurve.from_table(source.curve, name=source.code),
            source.name,
            names,
            number(chosen.parameters, "evaporation_mm", EVAPORATION_MM),
            number(chosen.parameters, "seepage_share", SEEPAGE_A_DAY),
        ),
        limits=steps(chosen.parameters, "warn_days", WARN_DAYS),
        holds=chosen.holds,
        silent_after=source.reporting.silent_after,
        tz=district.zone_of(station.code),
    )
