"""Flags with reasons for batches and files."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.quality import GOOD, Flag, Reason, flag_of, pack, reason_of
from floodwatch.model.station import Gauge, Station, StationKind
from floodwatch.quality.flagging import (
    Known,
    Previous,
    assess,
    assess_series,
    limits_of,
    plainly_good,
    range_flags,
)
from floodwatch.quality.limits import Limits
from floodwatch.sources.simulator import faults, reports, storm
from floodwatch.sources.simulator.stations import POINTS, RESERVOIRS

CODE = "61990006"
T = 1_781_740_800_000
LIMITS = Limits(
    hard_low=-500,
    hard_high=9000,
    soft_low=50,
    soft_high=64,
    rise=1.0,
    fall=1.0,
    tolerance=0.02,
    gap=77 * MINUTE,
)
FAST = pack(Flag.SUSPECT, Reason.RATE)


def one(
    value: float,
    *,
    before: float = float("nan"),
    ago: int = 5 * MINUTE,
    quality: int = GOOD,
    since: int = 0,
    limits: Limits = LIMITS,
) -> tuple[Flag, Reason]:
    """Flag and reason of one reading at T whose predecessor is in the store."""
    previous = Previous(
        np.array([before]),
        np.array([T - ago]),
        np.array([quality], np.int16),
        np.array([since or T - ago]),
        np.array([-1]),
    )
    (found,) = assess(np.array([value]), np.array([T]), previous=previous, limits=[limits])
    return flag_of(int(found)), reason_of(int(found))


def many(*values: float, step: int = 5 * MINUTE) -> list[int]:
    times = T + np.arange(len(values)) * step
    return assess_series(np.array(values), times, limits=LIMITS).tolist()


def test_a_first_reading_is_good() -> None:
    assert one(59.1) == (Flag.GOOD, Reason.NONE)


@pytest.mark.parametrize("value", [99_999.0, -600.0, float("inf"), float("nan")])
def test_what_cannot_be_a_value_fails(value: float) -> None:
    assert one(value, before=59.1) == (Flag.FAIL, Reason.IMPOSSIBLE)


def test_outside_the_range_of_the_gauge_is_suspect() -> None:
    assert one(65.0, before=64.0) == (Flag.SUSPECT, Reason.GROSS_RANGE)


def test_a_rise_faster_than_the_water_allows_is_suspect() -> None:
    assert one(59.20, before=59.1) == (Flag.GOOD, Reason.NONE)
    assert one(59.21, before=59.1) == (Flag.SUSPECT, Reason.RATE)


def test_a_fast_fall_is_suspect_too() -> None:
    assert one(58.0, before=59.1) == (Flag.SUSPECT, Reason.RATE)


def test_a_predecessor_of_hours_ago_tells_nothing() -> None:
    assert one(63.9, before=59.1, ago=3 * HOUR) == (Flag.GOOD, Reason.GAP)


def test_after_a_suspect_jump_the_return_is_good_and_so_is_a_confirmation() -> None:
    assert one(59.1, before=61.5, quality=FAST) == (Flag.GOOD, Reason.NONE)
    assert one(61.55, before=61.5, quality=FAST) == (Flag.GOOD, Reason.NONE)
    assert one(63.5, before=61.5, quality=FAST) == (Flag.SUSPECT, Reason.RATE)


def test_water_on_a_street_does_not_stand_for_six_hours() -> None:
    limits = Limits(flat=6 * HOUR, dry=0.02)
    assert one(0.2, before=0.2, since=T - 6 * HOUR, limits=limits) == (Flag.SUSPECT, Reason.FLAT)
    assert one(0.2, before=0.2, since=T - 5 * HOUR, limits=limits) == (Flag.GOOD, Reason.NONE)
    assert one(0.0, before=0.0, since=T - 99 * HOUR, limits=limits) == (Flag.GOOD, Reason.NONE)


def test_a_spike_within_a_file_is_named_and_its_neighbours_are_good() -> None:
    spike = pack(Flag.SUSPECT, Reason.SPIKE)
    assert many(59.1, 59.1, 61.5, 59.12, 59.1) == [GOOD, GOOD, spike, GOOD, GOOD]
    assert many(59.1, 59.1, 57.0, 59.12, 59.1) == [GOOD, GOOD, spike, GOOD, GOOD]


def test_two_spikes_in_a_row_do_not_confirm_each_other() -> None:
    assert [q % 10 for q in many(59.1, 61.5, 63.5, 59.1)] == [1, 3, 3, 1]


def test_a_step_that_stays_is_doubted_once() -> None:
    assert many(59.1, 61.5, 61.52, 61.53) == [GOOD, FAST, GOOD, GOOD]


def test_the_return_from_an_echo_of_two_readings_is_good() -> None:
    assert many(59.1, 61.5, 61.52, 59.1, 59.1) == [GOOD, FAST, GOOD, GOOD, GOOD]


def test_the_batch_may_mix_series() -> None:
    street = Limits(rise=6.0, tolerance=0.02)
    found = assess(
        np.array([61.5, 0.3, 59.1]),
        np.array([T, T, T + 5 * MINUTE]),
        previous=Previous(
            np.array([59.1, 0.1, 61.5]),
            np.array([T - 5 * MINUTE, T - 5 * MINUTE, T]),
            np.array([GOOD, GOOD, 0], np.int16),
            np.array([T, T, T]),
            np.array([-1, -1, 0]),
        ),
        limits=[LIMITS, street, LIMITS],
    )
    assert found.tolist() == [FAST, GOOD, GOOD]


def test_an_empty_batch_and_an_empty_file() -> None:
    none = np.empty(0, np.int64)
    previous = Previous(np.empty(0), none, np.empty(0, np.int16), none, none)
    assert assess(np.empty(0), none, previous=previous, limits=[]).size == 0
    assert assess_series(np.empty(0), none, limits=LIMITS).size == 0


@given(
    value=st.floats(40, 70),
    change=st.one_of(st.just(0.0), st.floats(-3, 3)),
    ago=st.integers(-5, 200),
    stood=st.integers(0, 600),
    dry=st.sampled_from([np.inf, 0.02]),
)
def test_what_is_plainly_good_is_good_among_others_too(
    value: float, change: float, ago: int, stood: int, dry: float
) -> None:
    limits = replace(LIMITS, flat=6 * HOUR, dry=dry)
    before, elapsed = value - change, ago * MINUTE
    since = T - elapsed - stood * MINUTE
    known = Known(before, T - elapsed, since)
    plain = plainly_good(value, T, before=known, limits=limits)
    found = one(value, before=before, ago=elapsed, since=since, limits=limits)
    if 0 < elapsed <= 77 * MINUTE:
        assert plain == (found == (Flag.GOOD, Reason.NONE))
    else:
        assert not plain  # to be looked at closely
    first = plainly_good(value, T, before=None, limits=limits)
    assert first == (one(value, limits=limits) == (Flag.GOOD, Reason.NONE))


def test_a_file_needs_only_ranges_when_it_has_no_order() -> None:
    found = range_flags(np.array([1.0, 59.0, 1e6, np.nan]), LIMITS)
    assert [flag_of(q) for q in found.tolist()] == [Flag.SUSPECT, Flag.GOOD, Flag.FAIL, Flag.FAIL]


@given(
    st.lists(st.tuples(st.integers(1, 200), st.floats(40, 70)), min_size=1, max_size=30),
)
def test_a_batch_equals_the_file_but_for_the_name_of_spikes(
    points: list[tuple[int, float]],
) -> None:
    times = T + np.cumsum([minutes * MINUTE for minutes, _ in points])
    values = np.array([value for _, value in points])
    whole = assess_series(values, times, limits=LIMITS)
    index = np.arange(values.size) - 1
    before = np.where(index < 0, np.nan, values[index])
    earlier = times[np.maximum(index, 0)]
    previous = Previous(before, earlier, np.zeros(values.size, np.int16), earlier, index)
    batch = assess(values, times, previous=previous, limits=[LIMITS] * values.size)
    assert (whole % 10).tolist() == (batch % 10).tolist()


def _demonstration(code: str, variable: str) -> tuple[Gauge, Station]:
    gauge = Gauge(code, variable)
    reservoir = next((r for r in RESERVOIRS if r.code == code), None)
    if reservoir is None:
        return gauge, Station(code, code, StationKind.WATERLOGGING, (gauge,))
    curve = reservoir.curve.table(top_m=reservoir.crest + 1)
    return gauge, Station(
        code,
        code,
        StationKind.RESERVOIR,
        (gauge,),
        catchment=reservoir.area_km2,
        curve=curve,
    )


def test_the_demonstration_storm_has_one_spike_and_nothing_else_is_doubted() -> None:
    """As it arrives: one reading at a time, crests that stand for an hour included."""
    places = {p.code: p for p in (*RESERVOIRS, *POINTS)}
    arrived: dict[tuple[str, str], dict[int, float]] = defaultdict(dict)
    sent = reports.storm_reports(storm.run(), rain_totals=defaultdict(float))
    for item in faults.spoil(sent):
        reading = item.reading
        wanted = reading.station in places and reading.variable in ("stage", "ponding_depth")
        if wanted and reading.value is not None:
            arrived[reading.station, reading.variable][reading.time] = reading.value
    doubted = []
    for (code, variable), readings in arrived.items():
        limits = limits_of(*_demonstration(code, variable))
        before, quality = float("nan"), GOOD
        ago = since = min(readings)
        for time in sorted(readings):
            previous = Previous(
                np.array([before]),
                np.array([ago]),
                np.array([quality], np.int16),
                np.array([since]),
                np.array([-1]),
            )
            value = readings[time]
            (found,) = assess(
                np.array([value]), np.array([time]), previous=previous, limits=[limits]
            )
            since = since if value == before else time
            before, ago, quality = value, time, int(found)
            if quality % 10 != Flag.GOOD:
                doubted.append((code, time, quality))
    assert doubted == [(CODE, faults.SPIKE_AT, FAST)]
