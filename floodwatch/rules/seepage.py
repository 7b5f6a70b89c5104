"""Seepage and pore pressure, judged for the stage at which they are: what is usual there."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from floodwatch.hydrology.series import Series
from floodwatch.model.alert import Holds, RuleKey
from floodwatch.model.clock import HOUR
from floodwatch.model.district import District
from floodwatch.model.finding import UNKNOWN, Finding
from floodwatch.model.reading import SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.model.station import Station
from floodwatch.model.threshold import Threshold
from floodwatch.rules.bands import DIGITS
from floodwatch.rules.belief import doubtful, failed
from floodwatch.rules.context import Context, Need
from floodwatch.rules.quiet_water import SLIGHT, exactly, good, standing, twice
from floodwatch.rules.settings import choose, number, severity
from floodwatch.rules.window import believable, lived
from floodwatch.rules.words import amount

TYPE = "seepage"
PARAMETERS = {
    "points": "gauge -> list of [stage m, usual value]; between them a straight line",
    "tolerance": "how much above the usual value is still good, in the unit of the variable",
    "memory_h": "hours over which the highest stage counts, as a dam answers late; default 36",
    "severity": "IV, III, II or I; default III",
}
LABELS = {"seepage": "渗流偏大", "piezometric_stage": "渗压偏高"}
HOLDS = Holds(0, 6 * HOUR)
KEPT = 0.8  # of the tolerance: where an alert is left again


class SeepageRule:
    """One weir or piezometer against the line of what it usually shows at a stage.

    Below the first and above the last point the line goes on level: nothing is extrapolated.
    """

    __slots__ = (
        "_line",
        "_memory",
        "_severity",
        "_silent_after",
        "_source",
        "_stage",
        "_tolerance",
        "holds",
        "key",
        "needs",
    )

    def __init__(
        self,
        key: RuleKey,
        line: Sequence[tuple[float, float]],
        *,
        tolerance: float,
        memory: int,
        severity: Severity,
        holds: Holds,
        silent_after: int,
    ) -> None:
        self.key = key
        self.holds = holds
        self._line = tuple(line)
        self._tolerance = tolerance
        self._memory = memory
        self._severity = severity
        self._silent_after = silent_after
        self._source = SeriesKey(key.station, key.gauge, key.variable)
        self._stage = SeriesKey(key.station, "1", "stage")
        # The stage alone is no news of the dam; it moves far more often.
        self.needs: tuple[Need, ...] = (
            Need(self._source),
            Need(self._stage, memory + silent_after, wakes=False),
        )

    def judge(self, context: Context) -> Finding:
        """The verdict on the newest value, by the stages of the time before it."""
        latest = context.latest.get(self._source)
        if latest is None or failed(latest.reading.quality):
            return UNKNOWN
        reading = latest.reading
        stages = lived(
            believable(context.windows.get(self._stage)),
            after=reading.time - self._memory,
            until=reading.time,
        )
        if stages is None:
            return UNKNOWN  # for which stage, nobody can say
        stage = float(stages.values.max())
        usual = float(np.interp(stage, [at for at, _ in self._line], [v for _, v in self._line]))
        limit = round(usual + self._tolerance, DIGITS)
        value, suspect = round(reading.value, DIGITS), doubtful(reading.quality)
        found = self._severity if value > limit else None
        held = self._severity if value > usual + self._tolerance * KEPT else None
        fresh = context.at - reading.time <= self._silent_after
        return Finding(
            found,
            found or held,
            band=TYPE if held else "",
            label=LABELS[self.key.variable] if held else "",
            limit=limit if held else None,
            value=reading.value,
            time=reading.time,
            suspect=suspect,
            may_clear=fresh and not suspect and not latest.late,
            facts=self._facts(usual, stage, context.now - reading.time) if held else {},
        )

    def _facts(self, usual: float, stage: float, age: int) -> Mapping[str, float | int | str]:
        return {
            "usual": round(usual, 3),
            "stage": stage,
            "act_zh": "请上坝查看渗流、坝脚",
            "act_en": "Look at seepage and toe of the dam",
            "age": max(0, age),
        }

    def quiet(
        self, series: Mapping[SeriesKey, Series], moments: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Which of the readings at `moments` can change no state, whatever the state is.

        They and the one before are good and no more than usual for the stage then, or, where the
        line falls with the stage, for any stage.
        """
        known, stages = good(series[self._source]), series.get(self._stage)
        if stages is None or not known.size:
            return np.zeros(moments.shape, bool)
        then = standing(good(stages), known.times)
        heights = [at for at, _ in self._line]
        values = np.array([value for _, value in self._line])
        rises = bool((np.diff(values) >= 0).all())
        usual = np.interp(then.values, heights, values) if rises else values.min()
        held = usual + self._tolerance * KEPT
        calm = then.sound & (then.ages <= self._memory) & (known.values < held - SLIGHT)
        return twice(exactly(known.times, calm & (self._tolerance >= 0), moments))

    def describe(self, language: str) -> str:
        """The rule in words for the station page."""
        over, unit = amount(self.key.variable, self._tolerance)
        hours, gauge, degree = f"{self._memory / HOUR:g}", self.key.gauge, self._severity
        if language == "zh":
            return (
                f"{gauge}：比近{hours}小时最高水位下的常值高{over} {unit}以上({degree.numeral}级)"
            )
        usual = f"usual for the highest stage of {hours} h"
        return f"{gauge}: over {over} {unit} above what is {usual} ({degree.name})"


def build(
    district: District, station: Station, thresholds: Sequence[Threshold]
) -> Iterable[SeepageRule]:
    """One rule for each weir and piezometer whose usual line is configured."""
    del thresholds
    for gauge in station.gauges:
        if gauge.variable not in LABELS:
            continue
        key = RuleKey(station.code, gauge.gauge, gauge.variable, TYPE, "up")
        chosen = choose(district.rules, station, key, default=HOLDS)
        line = _line(chosen.parameters, gauge.gauge)
        if chosen.enabled and line:
            yield SeepageRule(
                key,
                line,
                tolerance=number(chosen.parameters, "tolerance", 0.1),
                memory=round(number(chosen.parameters, "memory_h", 36) * HOUR),
                severity=severity(chosen.parameters, Severity.III),
                holds=chosen.holds,
                silent_after=station.reporting.silent_after,
            )


def _line(parameters: Mapping[str, Any], gauge: str) -> list[tuple[float, float]]:
    points = parameters.get("points", {}).get(gauge, ())
    return [(float(stage), float(value)) for stage, value in points]
