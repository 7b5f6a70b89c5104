"""Drought levels (旱警, 旱保, 旱限, dead level): once a day on the value of 08:00.

They are thresholds on the falling side of a stage with one of NAMES. The level rule leaves them to
this one: a level that falls by centimetres a day needs no judgement every five minutes, and wakes
nobody at night.
"""

from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from floodwatch.model.alert import Holds, RuleKey
from floodwatch.model.clock import DAY
from floodwatch.model.district import District
from floodwatch.model.finding import Finding
from floodwatch.model.reading import SeriesKey
from floodwatch.model.station import Station, StationKind
from floodwatch.model.threshold import Threshold
from floodwatch.rules.bands import Bands, worst
from floodwatch.rules.context import Context, Need
from floodwatch.rules.eight import BACK, Morning, day_at, mornings, next_look
from floodwatch.rules.settings import choose
from floodwatch.rules.words import describe_bands

TYPE = "drought"
NAMES = frozenset({"drought_warning", "drought_guarantee", "drought_limit", "dead_level"})
KINDS = frozenset({StationKind.RESERVOIR, StationKind.RIVER, StationKind.LAKE})
HOLDS = Holds(2 * DAY, 2 * DAY)  # the third 08:00 in a row counts
MORNINGS = BACK // DAY


def is_drought(threshold: Threshold, kind: StationKind) -> bool:
    """Whether a threshold is a drought level, judged here and not as a level."""
    return (
        kind in KINDS
        and threshold.variable == "stage"
        and threshold.name in NAMES
        and threshold.comparator.direction == "down"
    )


class DroughtRule:
    """One gauge against its drought levels."""

    __slots__ = ("_bands", "_silent_after", "_tz", "holds", "key", "needs")

    def __init__(
        self,
        key: RuleKey,
        thresholds: Iterable[Threshold],
        *,
        holds: Holds,
        silent_after: int,
        tz: ZoneInfo,
    ) -> None:
        self.key = key
        self.holds = holds
        series = SeriesKey(key.station, key.gauge, key.variable)
        self.needs: tuple[Need, ...] = (Need(series, BACK + DAY, wakes=False),)
        self._bands = Bands(thresholds, tz)
        self._silent_after = silent_after
        self._tz = tz

    def judge(self, context: Context) -> Finding:
        """The verdict on the last 08:00."""
        now, tz = context.now, self._tz
        series = context.windows.get(self.needs[0].key)
        seen = mornings(series, now, tz, count=MORNINGS, silent_after=self._silent_after)
        at, value = seen[-1]
        if value is None:
            return Finding(None, None, known=False, may_clear=False, recheck_at=next_look(now, tz))
        opened, held = worst(self._bands.at(at).bands, value)
        shown = opened or held
        run = self._run(seen)
        return Finding(
            severity=opened.severity if opened else None,
            holding=held.severity if held else None,
            band=shown.name if shown else "",
            label=shown.label if shown else "",
            limit=shown.limit if shown else None,
            value=value,
            time=at,
            recheck_at=next_look(now, tz),
            facts=self._facts(value, seen, run, low=shown is not None),
        )

    def _run(self, seen: Sequence[Morning]) -> list[Morning]:
        """The mornings in a row, up to the last one, at or below a drought level."""
        run: list[Morning] = []
        for morning in reversed(seen):
            if morning.value is None:
                continue
            if worst(self._bands.at(morning.at).bands, morning.value)[0] is None:
                break
            run.append(morning)
        return run

    def _facts(
        self, value: float, seen: Sequence[Morning], run: Sequence[Morning], *, low: bool
    ) -> dict[str, float | int | str]:
        facts: dict[str, float | int | str] = {}
        before = seen[-2].value
        if before is not None:
            facts["day_change"] = round(value - before, 3)
        if not low:
            return facts
        if run:
            facts |= {"days": len(run), "since": run[-1].at}
        many = f"{len(run)}日以上" if len(run) == len(seen) else f"{len(run)}日"
        first = day_at(run[-1].at, self._tz) if run else None
        zh = f"（连续{many}）" if len(run) > 1 else ""
        en = f" ({len(run)} mornings, from {first:%d %b})" if first and len(run) > 1 else ""
        return facts | {
            "zh": f"8时水位{value:.2f}米{zh}",
            "en": f"stage at 08:00 {value:.2f} m{en}",
            "act_zh": "请核实用水，停灌保饮",
            "act_en": "Check the uses: drinking water before irrigation",
        }

    def describe(self, language: str) -> str:
        """The rule in words for the station page."""
        said = describe_bands("stage", self._bands.all, language)
        days = self.holds.up // DAY + 1
        if language == "zh":
            return f"每日8时：{said}；连续{days}日起算"
        return f"daily at 08:00: {said}; from the {days}th morning in a row"


def build(
    district: District, station: Station, thresholds: Sequence[Threshold]
) -> Iterable[DroughtRule]:
    """One rule for each gauge that has drought levels."""
    grouped: dict[RuleKey, list[Threshold]] = {}
    for threshold in thresholds:
        if is_drought(threshold, station.kind):
            key = RuleKey(station.code, threshold.gauge, "stage", TYPE, "down")
            grouped.setdefault(key, []).append(threshold)
    for key, found in grouped.items():
        chosen = choose(district.rules, station, key, default=HOLDS)
        if chosen.enabled:
            yield DroughtRule(
                key,
                found,
                holds=chosen.holds,
                silent_after=station.reporting.silent_after,
                tz=district.zone_of(station.code),
            )
