"""The facts of the storm as the duty room sees them: by what the gauges report, noise and all."""

import pytest

from floodwatch.model.threshold import Comparator
from floodwatch.sources.simulator.storm import END, T0
from tests.sources.simulator.local_time import at


@pytest.fixture(scope="module")
def reported(demonstration):
    """(station, variable) -> [(arrival, value)] in order of arrival."""
    series = {}
    for arrival, batch in demonstration.feed.batches(T0, END):
        for reading in batch.readings:
            if reading.value is not None:
                key = (reading.station, reading.variable)
                series.setdefault(key, []).append((arrival, reading.value))
    return series


@pytest.mark.parametrize(
    ("station", "variable", "comparator", "limit", "when"),
    [
        ("61990003", "stage", "above", 104.00, "D0 23:00"),
        ("61990002", "stage", "above", 79.50, "D0 23:40"),
        ("61990001", "stage", "above", 92.00, "D1 02:20"),
        ("61990005", "stage", "above", 80.50, "D1 02:25"),
        ("61990004", "stage", "above", 66.40, "D1 03:05"),
        ("61990002", "stage", "at_or_above", 80.05, "D1 04:15"),
        ("61990003", "stage", "at_or_above", 104.75, "D1 04:25"),
        ("61990031", "stage", "at_or_above", 26.85, "D1 05:45"),
        ("61990031", "stage", "above", 27.00, "D1 07:10"),
        ("61990022", "pumps_running", "at_or_above", 1, "D1 06:25"),
        ("61990021", "pumps_running", "at_or_above", 1, "D1 03:40"),
        ("61990021", "pumps_running", "at_or_above", 4, "D1 04:50"),
        ("61990014", "ponding_depth", "at_or_above", 0.15, "D1 03:10"),
        ("61990015", "ponding_depth", "at_or_above", 0.15, "D1 03:30"),
        ("61990011", "ponding_depth", "at_or_above", 0.15, "D1 03:40"),
        ("61990012", "ponding_depth", "at_or_above", 0.25, "D1 03:45"),
        ("61990012", "ponding_depth", "at_or_above", 0.40, "D1 03:55"),
        ("61990018", "ponding_depth", "at_or_above", 0.15, "D1 04:00"),
        ("61990017", "ponding_depth", "at_or_above", 0.15, "D1 04:05"),
    ],
)
def test_limit_is_first_met_when_it_should_be(reported, station, variable, comparator, limit, when):
    met = Comparator(comparator).met
    first = next(t for t, value in reported[(station, variable)] if met(value, limit))
    assert abs(first - at(when)) <= 5 * 60_000


@pytest.mark.parametrize(
    ("station", "crest"),
    [
        ("61990001", 93.35),
        ("61990002", 80.30),
        ("61990003", 104.91),
        ("61990004", 67.43),
        ("61990005", 82.18),
    ],
)
def test_highest_reported_stage_is_the_crest(reported, station, crest):
    assert max(value for _, value in reported[(station, "stage")]) == crest


def test_zhushan_spills_at_three_and_before_that_only_the_spike_is_above_its_weir(reported):
    above = [t for t, value in reported[("61990006", "stage")] if value > 59.50]
    assert above[0] == at("D0 22:15")
    assert abs(above[1] - at("D1 03:00")) <= 5 * 60_000


def test_three_reservoirs_are_over_their_weirs_when_the_demonstration_opens(reported):
    sills = {"61990002": 79.50, "61990003": 104.00, "61990006": 59.50}
    for station, sill in sills.items():
        until = [v for t, v in reported[(station, "stage")] if t <= at("D1 03:05")]
        assert until[-1] > sill


def test_the_gate_is_reported_shut_at_ten_past_two(reported):
    shut = next(t for t, opening in reported[("61990032", "gate_opening")] if opening == 0)
    assert shut == at("D1 02:10")


def test_shiqiao_rose_about_forty_centimetres_in_the_hour_before_it_fell_silent(reported):
    stages = dict(reported[("61990003", "stage")])
    assert stages[at("D1 04:25")] - stages[at("D1 03:25")] == pytest.approx(0.42, abs=0.03)
