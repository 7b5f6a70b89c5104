"""The clock of the demonstration: speed, pause, jumps, and the moments on the way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from floodwatch.model.clock import MINUTE, SECOND, SetClock
from floodwatch.model.errors import Refused
from floodwatch.sources.simulator.control import (
    JUMPS,
    OPENING,
    DemoClock,
    Order,
    order_of,
    steps,
)
from floodwatch.sources.simulator.storm import END, T0
from tests.sources.simulator.local_time import at


@pytest.fixture
def real():
    return SetClock(0)


@pytest.fixture
def clock(real):
    return DemoClock(real)


def _walk(clock, arrivals=()):
    moments = list(clock.moments(arrivals))
    for moment in moments:
        clock.set(moment)
    return moments


def test_it_opens_at_three_in_the_morning_sixty_times_as_fast(clock, real):
    assert (clock.wall(), clock.speed) == (at("D1 03:00"), 60)
    real.advance(10 * SECOND)
    assert clock.running() == at("D1 03:10")


def test_it_stands_in_the_moment_being_lived_through(clock, real):
    real.advance(2 * SECOND)
    assert clock.wall() == OPENING
    seen = [(moment, clock.set(moment), clock.wall())[2] for moment in clock.moments(())]
    assert seen == [OPENING + MINUTE, OPENING + 2 * MINUTE]
    assert clock.monotonic() * 1_000 == clock.wall()


def test_it_stands_while_paused_and_goes_on_where_it_stood(clock, real):
    real.advance(SECOND)
    clock.obey(Order(1, 60, paused=True))
    real.advance(60 * SECOND)
    assert (clock.running(), clock.speed) == (OPENING + MINUTE, 0)
    clock.obey(Order(2, 6))
    real.advance(10 * SECOND)
    assert clock.running() == OPENING + 2 * MINUTE


def test_an_order_is_taken_once(clock, real):
    order = Order(1, 60, jump=at("D1 08:00"))
    clock.obey(order)
    _walk(clock)
    real.advance(SECOND)
    clock.obey(order)
    assert clock.running() == at("D1 08:01")


def test_a_jump_ahead_is_walked_and_takes_no_time_of_its_own(clock, real):
    assert clock.obey(Order(1, 60, jump=at("D1 04:24"))) is None
    moments = clock.moments(())
    clock.set(next(moments))
    real.advance(30 * SECOND)  # the walk is slow
    for moment in moments:
        clock.set(moment)
    assert clock.wall() == clock.running() == at("D1 04:24")
    real.advance(SECOND)
    assert clock.running() == at("D1 04:25")


def test_a_jump_back_asks_to_begin_again(clock, real):
    clock.obey(Order(1, 60, jump=at("D1 08:00")))
    _walk(clock)
    assert clock.obey(Order(2, 60, jump=OPENING)) == OPENING
    clock.restart(OPENING)
    clock.set(T0)
    assert _walk(clock)[-1] == OPENING
    real.advance(SECOND)
    assert clock.running() == OPENING + MINUTE


def test_it_stops_at_the_end_of_the_storm(clock, real):
    real.advance(10_000 * SECOND)
    assert clock.running() == END


def test_it_stops_at_its_end_even_when_a_jump_led_there(clock):
    clock.obey(Order(1, 60, jump=END + MINUTE))
    assert _walk(clock)[-1] == END


def test_buttons_lead_where_they_say():
    led = {jump.label: jump.at for jump in JUMPS}
    assert led["03:00 暴雨"] == at("D1 03:00")
    assert led["04:25 失测"] == at("D1 04:24")
    assert led["08:00 水情日报"] == at("D1 08:00") - 30 * SECOND
    assert led["11:30 补报"] == at("D1 11:30") - 30 * SECOND


def test_an_order_is_read_from_what_the_page_asks():
    assert order_of({"speed": 6, "paused": False, "jump": "04:25 失测", "seq": 3}) == Order(
        3, 6, False, at("D1 04:24")
    )
    assert order_of({"speed": 0, "seq": 4}).paused
    assert order_of({"jump": OPENING, "seq": 1}).jump == OPENING
    assert order_of(None) == Order()


@pytest.mark.parametrize("wish", [{"speed": 7}, {"jump": "昨天"}])
def test_an_impossible_order_is_refused_with_the_possible_ones(wish):
    with pytest.raises(Refused, match="use one of"):
        order_of(wish)


def test_the_walk_stops_at_every_arrival(demonstration):
    arrivals = demonstration.feed.arrivals
    moments = list(steps(OPENING, at("D1 05:00"), arrivals))
    assert {a for a in arrivals if OPENING < a <= at("D1 05:00")} <= set(moments)


@given(
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.lists(st.integers(0, 2 * 10**6), max_size=30, unique=True).map(sorted),
)
def test_moments_rise_meet_every_arrival_and_are_never_a_minute_apart(start, length, arrivals):
    until = start + length
    moments = list(steps(start, until, arrivals))
    assert all(0 < b - a <= MINUTE for a, b in zip([start, *moments], moments, strict=False))
    assert {a for a in arrivals if start < a <= until} <= set(moments)
    assert (moments[-1] if moments else start) == until
