"""The rainfall rule: the worst window, its sources, holes, and clearing without new readings."""

from zoneinfo import ZoneInfo

import numpy as np
import pytest

from floodwatch.hydrology.series import Series
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.district import RuleSetting
from floodwatch.model.finding import UNKNOWN
from floodwatch.model.quality import Flag, Reason, pack
from floodwatch.model.reading import SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.model.station import Gauge, StationKind
from floodwatch.model.threshold import Comparator
from floodwatch.rules import compile_rules
from floodwatch.rules.rainfall import fallen
from tests.rules.making import RAIN, TOTAL, T, context, district, limit, only_rule, series
from tests.rules.making import station as make_station

STEP = 5 * MINUTE
TZ = ZoneInfo("Asia/Shanghai")
SUSPECT = pack(Flag.SUSPECT, Reason.GROSS_RANGE)
FAILED = pack(Flag.FAIL, Reason.IMPOSSIBLE)
PLACE = make_station(
    Gauge(RAIN.station, "rainfall", period=STEP),
    Gauge(RAIN.station, "rainfall_total"),
    kind=StationKind.RAIN,
    outlet="",
)


def rain(severity: Severity, window: int, mm: float) -> object:
    return limit(
        severity,
        Comparator.AT_OR_ABOVE,
        mm,
        mm * 0.9,
        variable="rainfall",
        window=window,
        name=f"{window // HOUR}h",
    )


BANDS = [
    rain(Severity.IV, HOUR, 30),
    rain(Severity.III, HOUR, 50),
    rain(Severity.IV, 24 * HOUR, 100),
    rain(Severity.II, 24 * HOUR, 150),
]
RULE = only_rule(district(BANDS, place=PLACE), "rainfall")


def told(*falls: tuple[int, float], until: int = T, back: int = 30 * HOUR) -> Series:
    """Zeros every hour, and the given rain (minutes before T, mm)."""
    points = {T - i * HOUR: 0.0 for i in range(back // HOUR + 1)}
    points |= {T - minutes * MINUTE: mm for minutes, mm in falls}
    return series(sorted((t, mm) for t, mm in points.items() if t <= until))


def test_the_worst_window_wins() -> None:
    found = RULE.judge(context({RAIN: told((30, 35), (600, 120))}, at=T))
    assert (found.severity, found.band, found.value) == (Severity.II, "24h", 155)
    assert found.facts["sum_1h"] == 35


def test_among_equals_the_window_furthest_over_its_limit_is_named() -> None:
    found = RULE.judge(context({RAIN: told((30, 45), (600, 60))}, at=T))
    assert (found.severity, found.band) == (Severity.IV, "1h")


def test_exactly_the_limit_fires_whatever_the_sum_of_floats_says() -> None:
    tips = [(minutes, 0.1) for minutes in range(1, 51)]
    found = RULE.judge(context({RAIN: told(*((m, 0.6) for m, _ in tips))}, at=T))
    assert found.severity is Severity.IV


def test_rain_on_the_edge_of_the_window_is_outside() -> None:
    assert RULE.judge(context({RAIN: told((60, 35))}, at=T)).severity is None
    assert RULE.judge(context({RAIN: told((59, 35))}, at=T)).severity is Severity.IV


def test_it_holds_between_clear_and_limit() -> None:
    found = RULE.judge(context({RAIN: told((30, 28))}, at=T))
    assert (found.severity, found.holding) == (None, Severity.IV)


def test_it_clears_when_the_rain_stops_though_no_reading_comes() -> None:
    known = {RAIN: told((30, 35))}
    wet = RULE.judge(context(known, at=T))
    assert wet.recheck_at is not None
    assert T < wet.recheck_at <= T + 10 * MINUTE
    dry = RULE.judge(context(known, at=T + 30 * MINUTE))
    assert (dry.holding, dry.may_clear) == (None, True)


def test_the_recheck_is_when_rain_leaves_the_window() -> None:
    assert RULE.judge(context({RAIN: told((56, 35))}, at=T)).recheck_at == T + 4 * MINUTE
    assert RULE.judge(context({RAIN: told((30, 5))}, at=T)).recheck_at is None


def test_a_window_with_a_hole_may_fire_and_may_not_clear() -> None:
    holed = told((30, 55), until=T)
    keep = (holed.times < T - 10 * HOUR) | (holed.times > T - 3 * HOUR)
    known = {RAIN: Series(holed.times[keep], holed.values[keep], holed.quality[keep])}
    found = RULE.judge(context(known, at=T))
    assert (found.severity, found.may_clear) == (Severity.III, False)


def test_a_setting_may_accept_a_smaller_coverage() -> None:
    setting = RuleSetting("rainfall", parameters={"coverage": 0.5})
    lenient = only_rule(district(BANDS, place=PLACE, settings=[setting]), "rainfall")
    known = {RAIN: told(until=T - 2 * HOUR)}
    assert not RULE.judge(context(known, at=T)).may_clear
    assert not lenient.judge(context(known, at=T)).may_clear  # nothing of the last hour is known
    assert lenient.judge(context({RAIN: told(back=20 * HOUR)}, at=T)).may_clear


def test_a_silent_gauge_clears_nothing() -> None:
    known = {RAIN: told((30, 5))}
    assert RULE.judge(context(known, at=T + HOUR)).may_clear
    assert not RULE.judge(context(known, at=T + 2 * HOUR)).may_clear


def test_increments_and_counter_are_never_added_up() -> None:
    counter = series([(T - i * HOUR, 200.0 - 4 * i) for i in range(30)][::-1])
    found = RULE.judge(context({RAIN: told((30, 20)), TOTAL: counter}, at=T))
    assert found.severity is None


def test_the_counter_counts_where_the_increments_have_holes() -> None:
    counter = series([(T - i * HOUR, 500.0 - 6 * i) for i in range(30)][::-1])
    found = RULE.judge(context({RAIN: told((30, 0), back=2 * HOUR), TOTAL: counter}, at=T))
    assert (found.severity, found.value, found.may_clear) == (Severity.IV, 144, True)


def test_a_counter_that_is_reset_does_not_clear_or_fire_by_itself() -> None:
    points = [(T - i * HOUR, 300.0) for i in range(29, 1, -1)]
    points += [(T - HOUR, 0.0), (T, 12.0)]
    found = RULE.judge(context({TOTAL: series(points)}, at=T))
    assert (found.severity, found.may_clear) == (None, True)


def test_a_daily_amount_says_nothing_of_an_hour() -> None:
    daily = RAIN._replace(period=24 * HOUR)
    place = make_station(
        Gauge(RAIN.station, "rainfall", period=24 * HOUR), kind=StationKind.RAIN, timed=24 * HOUR
    )
    rule = only_rule(district(BANDS, place=place), "rainfall")
    found = rule.judge(context({daily: series([(T - 24 * HOUR, 0.0), (T, 120.0)])}, at=T))
    assert (found.severity, found.band) == (Severity.IV, "24h")


def test_doubtful_rain_fires_as_suspect_and_failed_rain_does_not_count() -> None:
    doubted = told((30, 55))
    place = int(np.flatnonzero(doubted.values == 55)[0])
    for quality, severity, suspect in ((SUSPECT, Severity.III, True), (FAILED, None, False)):
        flags = doubted.quality.copy()
        flags[place] = quality
        found = RULE.judge(context({RAIN: doubted._replace(quality=flags)}, at=T))
        assert (found.severity, found.suspect) == (severity, suspect)


def test_late_rain_opens_and_clears_nothing() -> None:
    known = {RAIN: told((30, 55))}
    found = RULE.judge(context(known, at=T, now=T + 3 * HOUR, late=True))
    assert (found.severity, found.may_clear) == (Severity.III, False)


def test_without_any_reading_nothing_is_said() -> None:
    assert RULE.judge(context({}, at=T)) is UNKNOWN


def test_there_is_one_rule_a_gauge() -> None:
    rules = [r for r in compile_rules(district(BANDS, place=PLACE)) if r.key.type == "rainfall"]
    assert [str(r.key) for r in rules] == ["61990001/1/rainfall/rainfall/up"]
    assert [n.key for n in rules[0].needs] == [RAIN, TOTAL]


def test_the_words_name_the_window() -> None:
    assert "1小时内雨量 ≥ 50.0 mm 1h(Ⅲ级)" in RULE.describe("zh")


@pytest.mark.parametrize("minutes", [0, 20])
def test_later_readings_in_the_windows_are_not_looked_at(minutes: int) -> None:
    known = {RAIN: told((30, 35), (minutes, 40))}
    at = T - 25 * MINUTE
    assert RULE.judge(context(known, at=at)).value == 35


HOURLY = SeriesKey(RAIN.station, RAIN.gauge, "rainfall", HOUR)
BOTH = only_rule(
    district(
        BANDS,
        place=make_station(
            Gauge(RAIN.station, "rainfall", period=STEP),
            Gauge(RAIN.station, "rainfall", period=HOUR),
            kind=StationKind.RAIN,
            outlet="",
        ),
    ),
    "rainfall",
)


def test_an_hourly_amount_wins_over_the_silence_of_the_fine_series() -> None:
    fine = series([(T - 30 * HOUR + n * HOUR, 0.0) for n in range(30)])
    hourly = series([(T - n * HOUR, 52.0 if n == 0 else 0.0) for n in range(30, -1, -1)])
    found = BOTH.judge(context({RAIN: fine, HOURLY: hourly}, at=T))
    assert (found.severity, found.value) == (Severity.III, 52)


def test_a_counter_wins_over_the_silence_of_the_fine_series() -> None:
    fine = series([(T - 30 * HOUR + n * HOUR, 0.0) for n in range(30)])
    total = series([(T - n * HOUR, 152.0 if n == 0 else 100.0) for n in range(30, -1, -1)])
    found = RULE.judge(context({RAIN: fine, TOTAL: total}, at=T))
    assert (found.severity, found.value) == (Severity.III, 52)


def test_sources_that_agree_are_as_whole_as_the_finest() -> None:
    fine = told((30, 20), (10, 15))
    hourly = series([(T - n * HOUR, 35.0 if n == 0 else 0.0) for n in range(30, -1, -1)])
    found = BOTH.judge(context({RAIN: fine, HOURLY: hourly}, at=T))
    assert (found.value, found.may_clear) == (35, True)


@pytest.mark.parametrize("seed", range(60))
def test_a_window_is_no_lower_than_any_source_proves_and_no_sum_of_sources(seed: int) -> None:
    rng = np.random.default_rng(seed)
    steps = 12 * 40
    true = rng.gamma(0.3, 4.0, steps) * (rng.random(steps) < 0.15)
    ends = T - STEP * np.arange(steps - 1, -1, -1)
    heard = rng.random(steps) < rng.choice([0.4, 0.8, 1.0])
    hours = true.reshape(-1, 12).sum(axis=1)
    kept = rng.random(hours.size) < rng.choice([0.5, 1.0])
    fine = series(list(zip(ends[heard].tolist(), true[heard].tolist(), strict=True)))
    hourly = series(list(zip(ends[11::12][kept].tolist(), hours[kept].tolist(), strict=True)))
    given = context({RAIN: fine, HOURLY: hourly}, at=T)
    spans = [HOUR, 3 * HOUR, 24 * HOUR]
    rain, _ = fallen(given, BOTH.needs, spans=spans, silent_after=2 * HOUR, tz=TZ)
    for span in spans:
        proven = [float(s.between(T - span, T).values.sum()) for s in (fine, hourly)]
        slack = 1.0 * (span // HOUR)
        assert rain[span].amount >= max(proven) - slack - 1e-6
        assert rain[span].amount <= max(proven) + 1e-6


DAILY = SeriesKey(RAIN.station, RAIN.gauge, "rainfall_day")
SINCE_EIGHT = only_rule(
    district(
        BANDS,
        place=make_station(Gauge(RAIN.station, "rainfall_day"), kind=StationKind.RAIN, outlet=""),
    ),
    "rainfall",
)


def since_eight(*falls: tuple[int, float], back: int = 30) -> Series:
    """Totals since 08:00 each five minutes until six hours after T; falls at minutes after T."""
    points, total = [], 0.0
    for step in range(-back * 12, 6 * 12 + 1):
        time = T + step * STEP
        total = 0.0 if (time - T) % (24 * HOUR) == STEP else total
        total += sum(mm for minutes, mm in falls if minutes * MINUTE == step * STEP)
        points.append((time, total))
    return series(points)


def test_a_gauge_that_only_counts_since_eight_is_judged() -> None:
    assert [n.key for n in SINCE_EIGHT.needs] == [DAILY]
    known = {DAILY: since_eight((-300, 90), (120, 45), (150, 10))}
    wet = SINCE_EIGHT.judge(context(known, at=T + 160 * MINUTE))
    assert (wet.severity, wet.band, wet.value) == (Severity.III, "1h", 55)
    dry = SINCE_EIGHT.judge(context(known, at=T + 5 * HOUR))
    assert (dry.band, dry.value, dry.may_clear) == ("24h", 145, True)


def test_the_morning_reset_is_no_rain_and_no_hole() -> None:
    known = {DAILY: since_eight((-300, 90), back=60)}
    for minutes in (0, 5, 10, 60):
        found = SINCE_EIGHT.judge(context(known, at=T + minutes * MINUTE))
        assert (found.severity, found.holding) == (None, Severity.IV)  # 90 mm in 24 h


def test_the_total_since_eight_is_not_looked_at_beside_another_gauge() -> None:
    place = make_station(
        Gauge(RAIN.station, "rainfall_day"),
        Gauge(RAIN.station, "rainfall_total"),
        kind=StationKind.RAIN,
    )
    rule = only_rule(district(BANDS, place=place), "rainfall")
    assert [n.key for n in rule.needs] == [TOTAL]
