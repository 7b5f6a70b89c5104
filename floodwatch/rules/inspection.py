"""Inspections that are overdue, hazards past their date, and the stricter limit a hazard sets.

A hazard found on patrol may carry a limit: until somebody closes it, the stage (or seepage, or
pore pressure) is judged against that limit too.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from floodwatch.model.alert import Holds, RuleKey
from floodwatch.model.clock import DAY, MINUTE
from floodwatch.model.district import District
from floodwatch.model.errors import Refused
from floodwatch.model.finding import UNKNOWN, Finding
from floodwatch.model.reading import SeriesKey
from floodwatch.model.season import Season
from floodwatch.model.severity import Severity
from floodwatch.model.station import MANUAL, Station, StationKind
from floodwatch.model.threshold import Threshold
from floodwatch.rules.belief import doubtful, failed
from floodwatch.rules.context import Context, Need
from floodwatch.rules.eight import last_eight, next_look
from floodwatch.rules.settings import asked, choose, number
from floodwatch.rules.words import amount

TYPE = "inspection"
PARAMETERS = {
    "flood_days": "days between inspections in the flood season; default 7",
    "dry_days": "days between inspections outside of it; default 30",
    "flood_season": 'the flood season, "MM-DD/MM-DD"; default "04-01/09-30"',
}
FLOOD_DAYS, DRY_DAYS = 7.0, 30.0
FLOOD_SEASON = "04-01/09-30"
WATCHED = ("stage", "piezometric_stage", "seepage")
STEP = {"stage": 0.02, "piezometric_stage": 0.02}  # below the limit where it is left again
HOLDS = Holds(0, 30 * MINUTE)


class Cadence(NamedTuple):
    """How often a place is inspected, days."""

    flood: float
    dry: float
    season: Season

    def at(self, moment: int, tz: ZoneInfo) -> float:
        """Days between inspections at a moment."""
        return self.flood if self.season.contains(moment, tz) else self.dry

    def begins_anew(self, last: int, by: int, tz: ZoneInfo) -> bool:
        """Whether the season is so young that its shorter interval is not over since it began.

        What was in time by the interval before is not late because a season has begun.
        """
        if self.at(last, tz) <= self.at(by, tz) or (by - last) / DAY > self.at(last, tz):
            return False
        before = by - round(self.at(by, tz) * DAY)
        return self.at(before, tz) != self.at(by, tz)


class OverdueRule:
    """One place: judged at 08:00, and at once when something is entered."""

    __slots__ = ("_cadence", "_tz", "holds", "key")

    needs: tuple[Need, ...] = ()
    registers: tuple[str, ...] = ("inspection", "hazard")

    def __init__(
        self, station: str, cadence: Cadence | None, *, holds: Holds, tz: ZoneInfo
    ) -> None:
        self.key = RuleKey(station, "1", "inspection", TYPE, "none")
        self.holds = holds
        self._cadence = cadence
        self._tz = tz

    def judge(self, context: Context) -> Finding:
        """Whether something should have been done by the last 08:00."""
        by = last_eight(context.now, self._tz)
        late = [
            row for row in context.registers.get("hazard", ()) if row["due"] and row["due"] < by
        ]
        worst, zh, en = self._inspected(context.registers.get("inspection", ()), by)
        if late:
            gravest = Severity(max(row["severity"] for row in late))
            worst = max(worst or gravest, gravest)
            titles = "、".join(str(row["title"]) for row in late[:2])
            zh = [*zh, f"隐患逾期未整改{len(late)}处：{titles}"]
            en = [*en, f"{len(late)} hazards past their date: {titles}"]
        return Finding(
            severity=worst,
            holding=worst,
            band="overdue" if worst else "",
            label="巡查整改",
            time=by,
            recheck_at=next_look(context.now, self._tz),
            facts={
                "zh": "，".join(zh),
                "en": ", ".join(en),
                "act_zh": "请巡查、整改并登记",
                "act_en": "Inspect, put right and enter it",
            }
            if worst
            else {},
        )

    def _inspected(
        self, rows: Sequence[Mapping[str, Any]], by: int
    ) -> tuple[Severity | None, list[str], list[str]]:
        """How late the inspection is: IV from its day on, III at twice the interval."""
        if self._cadence is None:
            return None, [], []
        every = self._cadence.at(by, self._tz)
        if not rows:
            return Severity.IV, ["未登记过巡查"], ["never inspected"]
        days = (by - rows[0]["at"]) / DAY
        if days <= every or self._cadence.begins_anew(rows[0]["at"], by, self._tz):
            return None, [], []
        zh = f"已{days:.0f}天未巡查（应{every:g}天一次）"
        en = f"not inspected for {days:.0f} days (every {every:g})"
        return Severity.III if days > 2 * every else Severity.IV, [zh], [en]

    def describe(self, language: str) -> str:
        """The rule in words for the station page."""
        zh = language == "zh"
        if self._cadence is None:
            return "隐患逾期未整改提醒" if zh else "hazards past their date"
        flood, dry = f"{self._cadence.flood:g}", f"{self._cadence.dry:g}"
        if zh:
            return (
                f"汛期({self._cadence.season}){flood}天、其余{dry}天须巡查一次；隐患逾期未整改提醒"
            )
        season = self._cadence.season
        return f"inspected every {flood} days ({season}), else every {dry}; hazards past their date"


class HazardRule:
    """One gauge against the limits of the hazards that are open."""

    __slots__ = ("holds", "key", "needs")

    registers: tuple[str, ...] = ("hazard",)

    def __init__(self, series: SeriesKey, *, holds: Holds) -> None:
        self.key = RuleKey(series.station, series.gauge, series.variable, TYPE, "up")
        self.holds = holds
        self.needs: tuple[Need, ...] = (Need(series),)

    def judge(self, context: Context) -> Finding:
        """The gravest limit that is reached."""
        hazards = [row for row in context.registers.get("hazard", ()) if self._mine(row)]
        if not hazards:  # none, or closed: whatever fired is over
            return Finding(None, None, time=context.at)
        latest = context.latest.get(self.needs[0].key)
        if latest is None or failed(latest.reading.quality):
            return UNKNOWN
        reading = latest.reading
        value, step = reading.value, STEP.get(self.key.variable, 0.0)
        opened = _gravest(row for row in hazards if value >= row["limit_value"])
        held = _gravest(row for row in hazards if value >= row["limit_value"] - step)
        shown = opened or held
        return Finding(
            severity=Severity(opened["severity"]) if opened else None,
            holding=Severity(held["severity"]) if held else None,
            may_clear=not doubtful(reading.quality),
            band=f"hazard_{shown['id']}" if shown else "",
            label="隐患限制值",
            limit=shown["limit_value"] if shown else None,
            value=value,
            time=reading.time,
            suspect=doubtful(reading.quality) and opened is not None,
            facts=self._facts(shown, value) if shown else {},
        )

    def _mine(self, row: Mapping[str, Any]) -> bool:
        if row["limit_value"] is None:
            return False
        where = (row["variable"] or "stage", row["gauge"] or "1")
        return where == (self.key.variable, self.key.gauge)

    def _facts(self, row: Mapping[str, Any], value: float) -> dict[str, float | int | str]:
        number, unit = amount(self.key.variable, value)
        return {
            "hazard": int(row["id"]),
            "zh": f"{number}{unit}，隐患“{row['title']}”未消除",
            "en": f"{number} {unit}, hazard not put right: {row['title']}",
            "act_zh": f"请{row['owner']}到场查看，降低水位",
            "act_en": f"{row['owner']}: go and look, lower the water",
        }

    def describe(self, language: str) -> str:
        """The rule in words for the station page."""
        if language == "zh":
            return "有未消除的隐患时，按登记的限制值判断"
        return "while a hazard is open, the limit entered with it counts too"


def _gravest(rows: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    return max(rows, key=lambda row: (row["severity"], row["limit_value"]), default=None)


def season_of(text: object) -> Season:
    """The season of the parameter. Raises Refused for what is none."""
    try:
        first, last = str(text).split("/")
        days = [datetime.strptime(f"2024-{day}", "%Y-%m-%d") for day in (first, last)]  # noqa: DTZ007
    except ValueError:
        raise Refused(f'rule parameter flood_season: {text!r} is not "MM-DD/MM-DD"') from None
    return Season((days[0].month, days[0].day), (days[1].month, days[1].day))


def build(
    district: District, station: Station, thresholds: Sequence[Threshold]
) -> Iterable[OverdueRule | HazardRule]:
    """Limits of hazards at every dam; the cadence where it is asked for."""
    del thresholds
    key = RuleKey(station.code, "1", "inspection", TYPE, "none")
    wished = asked(district.rules, station, key)
    if station.kind is not StationKind.RESERVOIR and not wished:
        return
    chosen = choose(district.rules, station, key, default=HOLDS)
    if not chosen.enabled:
        return
    given = chosen.parameters
    cadence = Cadence(
        number(given, "flood_days", FLOOD_DAYS),
        number(given, "dry_days", DRY_DAYS),
        season_of(given.get("flood_season", FLOOD_SEASON)),
    )
    tz = district.zone_of(station.code)
    yield OverdueRule(station.code, cadence if wished else None, holds=Holds(0, 0), tz=tz)
    for gauge in station.gauges:
        if gauge.variable in WATCHED and gauge.gauge != MANUAL:
            yield HazardRule(gauge.key, holds=chosen.holds)
