"""The meters of the large users: plan, leak, roll-over, stuck dial."""

from datetime import date

import numpy as np
import pytest

from floodwatch.model.clock import DAY, HOUR
from floodwatch.sources.simulator.meters import MONTH_SHARES, USERS, counters, daily_m3
from floodwatch.sources.simulator.weather import daily_rain
from tests.sources.simulator.local_time import local

BEGIN = local(2026, 6, 1)
TIMES = np.arange(BEGIN, local(2026, 7, 1) + 1, HOUR, dtype=np.int64)


@pytest.fixture(scope="module")
def june():
    return counters(TIMES, daily_rain())


def _used(dial, begin, end):
    return dial[np.searchsorted(TIMES, end)] - dial[np.searchsorted(TIMES, begin)]


def _user(name):
    return next(user for user in USERS if user.name == name)


def test_eight_users_have_23_meters_and_the_plan_of_the_district():
    codes = [code for user in USERS for code in user.meters]
    assert codes == [str(61990000 + number) for number in range(61, 84)]
    assert sum(user.plan_m3 for user in USERS) == 1_360_200


@pytest.mark.parametrize("user", USERS, ids=lambda user: user.name)
def test_a_month_takes_its_share_of_the_plan(user):
    used = daily_m3(user, date(2025, 9, 1), date(2025, 9, 30), rain={})
    assert used.sum() == pytest.approx(user.plan_m3 * user.shares[8])
    assert sum(user.shares) == pytest.approx(1)


def test_most_users_follow_the_common_shares():
    assert _user("示范纸品厂").shares == pytest.approx([share / 100 for share in MONTH_SHARES])


def test_weekends_take_less():
    used = daily_m3(_user("示范纸品厂"), date(2026, 6, 1), date(2026, 6, 30), rain={})
    weekend = [date(2026, 6, day).weekday() >= 5 for day in range(1, 31)]
    assert used[weekend].mean() == pytest.approx(
        0.8 * used[np.logical_not(weekend)].mean(), rel=0.05
    )


def test_the_college_takes_nothing_in_july_and_august():
    used = daily_m3(_user("示范学院"), date(2025, 7, 1), date(2025, 8, 31), rain={})
    assert used.sum() == 0


def test_gardens_are_watered_on_dry_days_only():
    rain = {date(2026, 6, 2): 12.0}
    used = daily_m3(_user("示范园林"), date(2026, 6, 1), date(2026, 6, 30), rain=rain)
    assert used[1] == 0
    assert (np.delete(used, 1) > 0).all()


def test_the_power_station_passes_its_july_plan_on_the_27th():
    user = _user("示范热电")
    used = np.cumsum(daily_m3(user, date(2026, 7, 1), date(2026, 7, 31), rain={}))
    passed = int(np.argmax(used > user.plan_m3 * 0.11)) + 1
    assert abs(passed - 27) <= 1


def test_the_power_station_passes_80_percent_of_its_year_plan_on_the_23rd_of_september():
    user = _user("示范热电")
    used = np.cumsum(daily_m3(user, date(2026, 1, 1), date(2026, 12, 31), rain={}))
    passed = int(np.argmax(used > user.plan_m3 * 0.8))
    assert abs(passed - (date(2026, 9, 23) - date(2026, 1, 1)).days) <= 1


def test_a_leak_shows_at_night(june):
    for day in range(30):
        night = BEGIN + day * DAY
        assert _used(june["61990069"], night + 1 * HOUR, night + 4 * HOUR) >= 3 * 0.4 - 0.11
        assert _used(june["61990068"], night + 1 * HOUR, night + 4 * HOUR) == 0


def test_a_dial_rolls_over_on_the_tenth_of_june(june):
    steps = np.diff(june["61990072"])
    rolled = np.flatnonzero(steps < 0)
    assert len(rolled) == 1
    assert local(2026, 6, 10) < TIMES[rolled[0] + 1] <= local(2026, 6, 11)
    assert steps[rolled[0]] < -99_000
    assert june["61990072"].max() < 100_000


def test_a_dial_is_stuck_for_four_days_while_its_neighbour_turns(june):
    begin, end = local(2026, 6, 12), local(2026, 6, 16)
    assert _used(june["61990080"], begin, end) == 0
    assert _used(june["61990081"], begin, end) > 0
    assert _used(june["61990080"], end, end + DAY) > 0


def test_every_other_dial_only_rises(june):
    for code, dial in june.items():
        if code != "61990072":
            assert (np.diff(dial) >= 0).all()
