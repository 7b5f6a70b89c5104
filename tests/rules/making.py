"""Stations, thresholds and contexts for the tests of rules."""

from collections.abc import Mapping, Sequence

import numpy as np

from floodwatch.hydrology.series import Series
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.district import District, RuleSetting
from floodwatch.model.finding import Finding
from floodwatch.model.quality import GOOD
from floodwatch.model.reading import Latest, Reading, SeriesKey
from floodwatch.model.season import Season
from floodwatch.model.severity import Severity
from floodwatch.model.station import MANUAL, Gauge, Reporting, Station, StationKind
from floodwatch.model.threshold import Comparator, Threshold
from floodwatch.rules import compile_rules
from floodwatch.rules.context import Context, Rule

CODE = "61990001"
STAGE = SeriesKey(CODE, "1", "stage")
RAIN = SeriesKey(CODE, "1", "rainfall", 5 * MINUTE)
TOTAL = SeriesKey(CODE, "1", "rainfall_total")
T = 1_781_740_800_000  # 2026-06-18T00:00:00Z, 08:00 in Shanghai


def limit(
    severity: Severity,
    comparator: Comparator,
    value: float,
    clear: float,
    *,
    variable: str = "stage",
    name: str = "",
    window: int = 0,
    season: Season | None = None,
    valid: tuple[int | None, int | None] = (None, None),
) -> Threshold:
    """A threshold of the test's station; its name says what it is unless given."""
    return Threshold(
        station=CODE,
        gauge="1",
        variable=variable,
        name=name or f"{comparator.value} {value:g}",
        severity=severity,
        comparator=comparator,
        value=value,
        clear=clear,
        window=window,
        season=season,
        valid_from=valid[0],
        valid_to=valid[1],
    )


def station(
    *gauges: Gauge,
    kind: StationKind = StationKind.RESERVOIR,
    outlet: str = "gated",
    timed: int = HOUR,
    enabled: bool = True,
) -> Station:
    """The test's station; a stage gauge unless others are given."""
    return Station(
        CODE,
        "示范水库",
        kind,
        gauges or (Gauge(CODE, "stage"),),
        outlet=outlet,
        reporting=Reporting(timed),
        enabled=enabled,
    )


def district(
    thresholds: Sequence[Threshold] = (),
    *,
    place: Station | None = None,
    settings: Sequence[RuleSetting] = (),
) -> District:
    """A district of one station."""
    where = place or station()
    return District(
        stations={where.code: where}, thresholds=tuple(thresholds), rules=tuple(settings)
    )


def only_rule(found: District, type_: str = "level", direction: str = "") -> Rule:
    """The one rule of a type for what telemetry brings."""
    (rule,) = (
        r
        for r in compile_rules(found)
        if r.key.type == type_ and r.key.gauge != MANUAL and direction in ("", r.key.direction)
    )
    return rule


def series(points: Sequence[tuple[int, float]], quality: Mapping[int, int] | None = None) -> Series:
    """Readings as (time, value), all good but those of `quality` (place -> packed flag)."""
    flags = np.full(len(points), GOOD, np.int16)
    for place, flag in (quality or {}).items():
        flags[place] = flag
    return Series(
        np.array([t for t, _ in points], np.int64), np.array([v for _, v in points], float), flags
    )


def context(
    readings: Mapping[SeriesKey, Series],
    *,
    at: int,
    now: int | None = None,
    late: bool = False,
    heard: int | None = None,
) -> Context:
    """What is known at `at`: the newest readings up to then, and all of them as windows."""
    latest = {}
    for key, known in readings.items():
        past = known.between(-(1 << 60), at)
        if past.size:
            time = int(past.times[-1])
            reading = Reading(key, time, float(past.values[-1]), int(past.quality[-1]), time)
            latest[key] = Latest(reading, heard=heard or time, since=time, late=late)
    return Context(at, at if now is None else now, latest, readings)


def judge_stage(rule: Rule, value: float, *, quality: int = GOOD, at: int = T) -> Finding:
    """The verdict on one stage read at `at`."""
    return rule.judge(context({STAGE: series([(at, value)], {0: quality})}, at=at))
