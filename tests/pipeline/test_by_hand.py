"""What is asked about a reading by eye, and what is taken as it is."""

from dataclasses import replace

import pytest

from floodwatch.model.clock import DAY, HOUR
from floodwatch.model.reading import Latest, Reading, SeriesKey
from floodwatch.model.station import MANUAL, Gauge, Station, StationKind
from floodwatch.pipeline.by_hand import (
    Before,
    Doubt,
    Entered,
    Line,
    before,
    expected,
    lines_of,
    questions,
)

NOW = 1_781_740_800_000
CURVE = ((96.0, 0.0), (107.0, 400_000.0))
RESERVOIR = Station(
    "61990003",
    "示范石桥水库",
    StationKind.RESERVOIR,
    (
        Gauge("61990003", "stage"),
        Gauge("61990003", "rainfall", period=HOUR),
        Gauge("61990003", "battery"),
    ),
    crest=105.9,
    curve=CURVE,
)
STAGE = Line(RESERVOIR, "stage")
LAST = Before(104.60, NOW - DAY, MANUAL)


def asked(
    value: float, known: Before = LAST, *, time: int = NOW
) -> list[tuple[Doubt, float | None]]:
    """The doubts about a stage, with what was likely meant."""
    return [(q.doubt, q.meant) for q in questions(Entered(STAGE, value, time), known, now=NOW)]


@pytest.mark.parametrize("value", [104.77, 104.60, 105.5, 103.7])
def test_a_value_near_the_last_one_is_taken_as_it_is(value: float) -> None:
    assert asked(value) == []


@pytest.mark.parametrize("typed", [10477, 1.0477, 1047.7, 10.477, 4.77])
def test_a_slip_of_the_decimal_point_is_seen_with_what_was_meant(typed: float) -> None:
    assert (Doubt.SLIP, 104.77) in asked(typed)


def test_a_true_jump_is_asked_about_and_not_guessed_at() -> None:
    assert asked(101.20) == [(Doubt.JUMP, None)]


def test_what_cannot_be_is_told_from_what_is_out_of_range() -> None:
    assert (Doubt.IMPOSSIBLE, None) in asked(99999.0)
    assert (Doubt.OUTSIDE, None) in asked(120.0, Before())


def test_another_value_for_the_same_time_must_be_explained() -> None:
    assert asked(104.70, LAST._replace(same_time=104.50)) == [(Doubt.OTHER, None)]
    assert asked(104.50, LAST._replace(same_time=104.50)) == []


def test_old_and_coming_times_are_asked_about() -> None:
    assert asked(104.6, time=NOW - 3 * DAY) == [(Doubt.OLD, None)]
    assert asked(104.6, time=NOW + HOUR) == [(Doubt.AHEAD, None)]


def test_nothing_is_asked_of_the_first_value_of_a_place() -> None:
    assert asked(104.77, Before()) == []
    assert expected(STAGE, Before()) is None


def test_what_may_be_read_is_listed_with_gauges_without_telemetry_first() -> None:
    lines = lines_of(RESERVOIR)
    assert [(line.variable, line.period) for line in lines] == [("stage", 0), ("rainfall", DAY)]
    by_eye = replace(RESERVOIR, gauges=(*RESERVOIR.gauges, Gauge("61990003", "tail_stage", MANUAL)))
    assert next((line.variable, line.configured) for line in lines_of(by_eye)) == (
        "tail_stage",
        True,
    )


def test_the_newest_of_telemetry_and_hand_stands_beside() -> None:
    def known(gauge: str, time: int, value: float) -> tuple[SeriesKey, Latest]:
        key = STAGE.key._replace(gauge=gauge)
        return key, Latest(Reading(key, time, value), time, time)

    latest = dict([known(MANUAL, NOW - DAY, 104.0), known("1", NOW - HOUR, 104.5)])
    assert before(STAGE, latest) == Before(104.5, NOW - HOUR, "1")
    assert expected(STAGE, before(STAGE, latest)) == (103.5, 105.5)


def test_a_meter_does_not_run_backwards() -> None:
    line = Line(replace(RESERVOIR, gauges=(Gauge("61990003", "meter_volume"),)), "meter_volume")
    found = questions(Entered(line, 900.0, NOW), Before(1000.0, NOW - DAY), now=NOW)
    assert [question.doubt for question in found] == [Doubt.JUMP]
