"""What the devices send during the storm: who, when, in which order, and with which faults."""

from collections import Counter

import numpy as np
import pytest

from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.variable import VARIABLES
from floodwatch.sources.simulator.demonstration import Demonstration
from floodwatch.sources.simulator.reports import newsworthy
from floodwatch.sources.simulator.stations import RAIN_GAUGES, RESERVOIRS
from floodwatch.sources.simulator.storm import END, T0
from tests.sources.simulator.local_time import at

STATIONS = {str(61990000 + number) for number in (*range(1, 7), *range(11, 19), *range(21, 24))}
STATIONS |= {str(61990000 + number) for number in (31, 32, 41, *range(51, 57), *range(61, 84))}
STATIONS |= {str(61990000 + number) for number in range(91, 97)}


def _sent(demonstration, station, variable="stage", gauge="1"):
    """(arrival, reading) of one series in order of arrival."""
    return [
        (arrival, reading)
        for arrival, batch in demonstration.feed.batches(0, 2 * END)
        for reading in batch.readings
        if (reading.station, reading.variable, reading.gauge) == (station, variable, gauge)
    ]


def _points(demonstration, after, until):
    """Coverage points heard: each station, and each instrument in a dam."""
    return {
        (r.station, r.gauge if r.variable in ("seepage", "piezometric_stage") else "")
        for _, batch in demonstration.feed.batches(after, until)
        for r in batch.readings
    }


def test_every_one_of_the_68_points_reports_within_each_hour_before_the_link_breaks(demonstration):
    for hour in range(8):
        heard = _points(demonstration, T0 + hour * HOUR, T0 + (hour + 1) * HOUR)
        assert len(heard) == 68
        assert {station for station, _ in heard} == STATIONS


def test_one_point_is_missing_while_shiqiao_is_silent(demonstration):
    heard = _points(demonstration, at("D1 04:25"), at("D1 11:29"))
    assert len(heard) == 67
    assert ("61990003", "") not in heard


def test_instruments_in_the_dams_are_thirteen(demonstration):
    assert sum(gauge != "" for _, gauge in _points(demonstration, T0, END)) == 13


def test_batches_arrive_in_order_and_each_but_once(demonstration):
    feed = demonstration.feed
    assert list(feed.arrivals) == sorted(set(feed.arrivals))
    parts = [*feed.batches(T0, at("D1 04:25")), *feed.batches(at("D1 04:25"), END)]
    assert parts == feed.batches(T0, END)
    assert [arrival for arrival, _ in parts] == list(feed.arrivals)


def test_a_batch_at_the_end_of_a_span_belongs_to_it_and_not_to_the_next(demonstration):
    moment = demonstration.feed.arrivals[100]
    assert demonstration.feed.batches(moment - 1, moment)[0][0] == moment
    assert all(arrival > moment for arrival, _ in demonstration.feed.batches(moment, END))


def test_every_value_is_believable_in_its_canonical_unit(demonstration):
    for _, batch in demonstration.feed.batches(T0, END):
        for reading in batch.readings:
            variable = VARIABLES[reading.variable]
            if reading.value is not None:
                assert variable.minimum <= reading.value <= variable.maximum
            assert reading.gauge


def test_shiqiao_reports_its_crossing_and_then_nothing(demonstration):
    before = [r for arrival, r in _sent(demonstration, "61990003") if arrival < at("D1 11:30")]
    assert (before[-1].time, before[-1].value) == (at("D1 04:25"), 104.77)
    assert before[-2].value == 104.74


def test_shiqiao_sends_85_late_readings_in_one_burst(demonstration):
    burst = [r for arrival, r in _sent(demonstration, "61990003") if arrival == at("D1 11:30")]
    expected = list(range(at("D1 04:30"), at("D1 11:30") + 1, 5 * MINUTE))
    assert [reading.time for reading in burst] == expected
    assert len(burst) == 85
    assert max(reading.value for reading in burst) == 104.91


def test_the_link_of_shiqiao_is_silent_too_and_speaks_again(demonstration):
    times = [r.time for _, r in _sent(demonstration, "61990003", "battery")]
    assert not [time for time in times if at("D1 04:25") < time < at("D1 11:30")]
    assert at("D1 12:00") in times
    assert any(arrival > at("D1 11:30") for arrival, _ in _sent(demonstration, "61990003"))


def test_r3_repeats_one_frame(demonstration):
    seen = Counter((r.variable, r.time) for _, r in _sent(demonstration, "61990053", "rainfall"))
    twice = [key for key, times in seen.items() if times == 2]
    assert twice == [("rainfall", at("D1 04:00"))]
    arrivals = [
        arrival
        for arrival, r in _sent(demonstration, "61990053", "rainfall_total")
        if r.time == at("D1 04:00")
    ]
    assert arrivals == [at("D1 04:00"), at("D1 04:00") + MINUTE // 2]


def test_the_clock_of_xintang_runs_four_minutes_ahead(demonstration):
    assert {r.time - arrival for arrival, r in _sent(demonstration, "61990004")} == {4 * MINUTE}
    assert {r.time - arrival for arrival, r in _sent(demonstration, "61990001")} == {0}


def test_zhushan_shows_one_spike_and_denies_it(demonstration):
    stages = {r.time: r.value for _, r in _sent(demonstration, "61990006")}
    spike = stages[at("D0 22:15")]
    assert spike - stages[at("D0 22:20")] == pytest.approx(2.40, abs=0.03)
    others = [value for time, value in stages.items() if time != at("D0 22:15")]
    assert max(others) < 60.15


def test_one_point_says_no_value_once(demonstration):
    empty = [
        (reading.station, reading.time)
        for _, batch in demonstration.feed.batches(T0, END)
        for reading in batch.readings
        if reading.value is None
    ]
    assert empty == [("61990018", at("D1 01:00"))]


@pytest.mark.parametrize("gauge", RAIN_GAUGES, ids=lambda g: g.short)
def test_counter_and_rainfall_tell_the_same_rain(demonstration, gauge):
    fallen = {r.time: r.value for _, r in _sent(demonstration, gauge.code, "rainfall")}
    counter = {r.time: r.value for _, r in _sent(demonstration, gauge.code, "rainfall_total")}
    assert fallen.keys() == counter.keys()
    rise = counter[END] - demonstration.rain_totals[gauge.short]
    assert sum(fallen.values()) == pytest.approx(rise)
    assert {r.period for _, r in _sent(demonstration, gauge.code, "rainfall")} == {5 * MINUTE}


@pytest.mark.parametrize("reservoir", RESERVOIRS, ids=lambda r: r.name)
def test_stages_are_read_to_the_centimetre_close_to_the_truth(demonstration, reservoir):
    true = dict(
        zip(
            demonstration.storm.times.tolist(),
            demonstration.storm.reservoirs[reservoir.code].stage.tolist(),
            strict=True,
        )
    )
    ahead = 4 * MINUTE if reservoir.code == "61990004" else 0
    for _, reading in _sent(demonstration, reservoir.code):
        if reading.station == "61990006" and reading.time == at("D0 22:15"):
            continue
        assert reading.value == round(reading.value, 2)
        assert abs(reading.value - true[reading.time - ahead]) < 0.02


def test_a_wet_point_reports_every_minute_and_a_dry_one_every_five(demonstration):
    times = [r.time for _, r in _sent(demonstration, "61990012", "ponding_depth")]
    wet = [time for time in times if at("D1 04:00") <= time <= at("D1 05:00")]
    dry = [time for time in times if at("D0 21:00") <= time <= at("D0 22:00")]
    assert (len(wet), len(dry)) == (61, 13)


def test_gate_never_seems_open_with_the_river_above_the_lake(demonstration):
    series = {
        variable: {r.time: r.value for _, r in _sent(demonstration, "61990032", variable)}
        for variable in ("stage", "tail_stage", "gate_opening")
    }
    open_at = [time for time, opening in series["gate_opening"].items() if opening > 0]
    assert open_at
    assert all(series["tail_stage"][t] < series["stage"][t] for t in open_at)


def test_a_gauge_reports_on_the_hour_and_on_a_centimetre():
    times = [T0 + k * 5 * MINUTE for k in range(14)]
    values = [1.0, 1.0, 1.01, 1.01, *[1.0] * 10]
    assert list(newsworthy(times, values, step=0.01 - 1e-9)) == [0, 2, 4, 12]


def test_the_feed_is_the_same_every_time(demonstration):
    assert Demonstration().feed.batches(0, END) == demonstration.feed.batches(0, END)


def test_reported_totals_of_the_storm_are_those_of_the_gauges(demonstration):
    fallen = [
        np.sum([r.value for _, r in _sent(demonstration, gauge.code, "rainfall")])
        for gauge in RAIN_GAUGES
    ]
    repeated = demonstration.storm.rain["R3"][95]  # the frame R3 sends twice counts twice here
    assert fallen[:2] == [204, 240.5]
    assert fallen[2] == pytest.approx(187.5 + repeated, abs=0.5)
