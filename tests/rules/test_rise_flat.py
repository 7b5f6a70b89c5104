"""A gauge that stands still at once while its water must go on rising."""

from dataclasses import replace

import pytest

from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.district import District
from floodwatch.model.finding import UNKNOWN
from floodwatch.model.reading import SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.model.station import Gauge, Reporting, Station, StationKind
from floodwatch.model.threshold import Comparator
from floodwatch.rules import compile_rules
from floodwatch.rules.context import Context, Rule
from tests.rules.making import CODE, STAGE, T, context, limit, series, station

GAUGE, NEAR = "61990051", "61990002"
RAIN = SeriesKey(GAUGE, "1", "rainfall", 5 * MINUTE)
SECOND = SeriesKey(CODE, "2", "stage")
NEXT = SeriesKey(NEAR, "1", "stage")
Points = list[tuple[int, float]]
DESIGN = limit(Severity.II, Comparator.AT_OR_ABOVE, 95.70, 95.68, name="design_flood")


def whole(**changes: object) -> District:
    """A reservoir of 10 ha with a curve, a catchment of 1 km², a second gauge and a neighbour."""
    gauges = (Gauge(CODE, "stage"), Gauge(CODE, "stage", "2"))
    own: Station = replace(
        station(*gauges),
        rain_from=GAUGE,
        catchment=1.0,
        curve=((90.0, 100_000.0), (98.0, 900_000.0)),
        reporting=Reporting(HOUR, 5 * MINUTE, {"stage": 0.01}),
    )
    own = replace(own, **changes)  # type: ignore[arg-type]
    near = replace(own, code=NEAR, gauges=(Gauge(NEAR, "stage"),))
    rain = Station(
        GAUGE, "示范雨量", StationKind.RAIN, (Gauge(GAUGE, "rainfall", period=5 * MINUTE),)
    )
    return District(stations={s.code: s for s in (own, near, rain)}, thresholds=(DESIGN,))


def rule(found: District | None = None) -> Rule:
    (mine,) = (
        r
        for r in compile_rules(found or whole())
        if (r.key.type, r.key.station, r.key.gauge) == ("rise_flat", CODE, "1")
    )
    return mine


def stopped(flat: int = 40, *, per_hour: float = 0.36) -> Points:
    """Rising evenly to 95.0, then the same number every five minutes until T."""
    start = T - flat * MINUTE
    rise = [(start - k * 5 * MINUTE, round(95.0 - per_hour * k / 12, 2)) for k in range(24, -1, -1)]
    return [*rise, *((start + k * 5 * MINUTE, 95.0) for k in range(1, flat // 5 + 1))]


def rain(now: float, before: float, *, flat: int = 40) -> Points:
    """mm in 5 min: `before` until the gauge stopped, `now` since."""
    stop = T - flat * MINUTE
    times = [T - k * 5 * MINUTE for k in range(36, -1, -1)]
    return [(time, before if time <= stop else now) for time in times]


def seen(points: Points, **others: Points) -> Context:
    keys = {"rain": RAIN, "second": SECOND, "near": NEXT}
    known = {STAGE: series(points)}
    known |= {keys[name]: series(beside) for name, beside in others.items()}
    return context(known, at=points[-1][0])


def test_it_fires_when_the_rain_falls_on() -> None:
    found = rule().judge(seen(stopped(), rain=rain(3.0, 3.0)))
    assert found.severity is Severity.III
    assert found.facts["evidence"] == "rain"
    assert "停在95.00米40分钟" in str(found.facts["zh"])


def test_the_end_of_the_rain_explains_it() -> None:
    found = rule().judge(seen(stopped(55), rain=rain(0.0, 3.0, flat=55)))
    assert (found.severity, found.may_clear) == (None, True)


def test_without_rain_or_another_gauge_nothing_contradicts_it() -> None:
    assert rule().judge(seen(stopped())).severity is None


@pytest.mark.parametrize("beside", ["second", "near"])
def test_another_gauge_that_goes_on_rising_contradicts_it(beside: str) -> None:
    moving = [(T - k * 5 * MINUTE, round(80.0 - 0.01 * k, 2)) for k in range(24, -1, -1)]
    found = rule().judge(seen(stopped(), **{beside: moving}))
    assert (found.severity, found.facts["evidence"]) == (Severity.III, "gauge")
    standing = [(time, 80.0) for time, _ in moving]
    assert rule().judge(seen(stopped(), **{beside: standing})).severity is None


def test_three_centimetres_must_be_missing() -> None:
    moving = [(T - k * 5 * MINUTE, round(80.0 - 0.0025 * k, 4)) for k in range(24, -1, -1)]
    assert rule().judge(seen(stopped(), second=moving)).severity is None


def test_a_crest_that_slows_down_is_none_however_hard_it_rains() -> None:
    crest = [(T - k * 5 * MINUTE, round(95.0 - 0.01 * (k / 8) ** 2, 2)) for k in range(36, -1, -1)]
    assert crest[-6][1] == 95.0
    assert rule().judge(seen(crest, rain=rain(3.0, 3.0))).severity is None


def test_half_an_hour_by_its_own_reports_is_the_least() -> None:
    short = seen(stopped(25), rain=rain(3.0, 3.0, flat=25))
    assert rule().judge(short).severity is None
    assert rule().judge(seen(stopped(30), rain=rain(3.0, 3.0, flat=30))).severity is not None


def test_after_two_hours_nothing_is_said_of_a_rise_that_was() -> None:
    assert rule().judge(seen(stopped(125), rain=rain(3.0, 3.0, flat=125))).severity is None


@pytest.mark.parametrize("flat", [125, 175, 185, 400])
def test_a_dead_gauge_is_not_well_again_because_it_has_been_dead_for_long(flat: int) -> None:
    found = rule().judge(seen(stopped(flat), rain=rain(3.0, 3.0, flat=flat)))
    assert (found.known, found.may_clear and found.known) == (False, False)


def test_a_gauge_that_moves_again_ends_it() -> None:
    points = [*stopped(), (T + 5 * MINUTE, 95.01)]
    found = rule().judge(seen(points, rain=rain(3.0, 3.0)))
    assert (found.severity, found.holding, found.may_clear) == (None, None, True)


def test_one_that_says_nothing_is_silent_not_flat() -> None:
    silent = replace(seen(stopped(), rain=rain(3.0, 3.0)), now=T + 2 * HOUR)
    assert rule().judge(silent) is UNKNOWN


def test_its_grade_is_that_of_the_level_it_would_have() -> None:
    fast = seen(stopped(45, per_hour=0.60), rain=rain(3.0, 3.0, flat=45))
    assert rule().judge(fast).severity is Severity.I


def test_nothing_that_could_contradict_it_no_rule() -> None:
    bare = whole(gauges=(Gauge(CODE, "stage"),), curve=())
    alone = replace(bare, stations={c: s for c, s in bare.stations.items() if c != NEAR})
    assert "rise_flat" not in {r.key.type for r in compile_rules(alone)}
