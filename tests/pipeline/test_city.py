"""The request to the city: asked once, answered by its people, running, over."""

import pytest

from floodwatch.model.clock import MINUTE
from floodwatch.store import alert_log, city_requests
from floodwatch.store.city_requests import Request
from tests.pipeline.town import Town

LAKE, PUMPS = "61990031", "61990022"
STATIONS = """
[[station]]
code = "61990031"
name = "示范湖"
kind = "lake"
reporting = {timed = "5min"}
persons = {city = ["示范巡查"]}
gauges = [{variable = "stage"}]

[[station]]
code = "61990022"
name = "示范二号电排"
kind = "pump"
reporting = {timed = "5min"}
gauges = [{variable = "pumps_running"}]

[[station]]
code = "61990051"
"""
THRESHOLDS = """
[[threshold]]
station = "61990031"
variable = "stage"
name = "joint_dispatch"
severity = "III"
at_or_above = 26.85

[[threshold]]
station = "61990031"
variable = "stage"
name = "internal"
severity = "II"
at_or_above = 27.00

[[rule]]
type = "level"
station = "61990031"
hold_down = "0s"
parameters = {asks = "61990022"}

[[rule]]
"""


@pytest.fixture
def lakeside(town: Town) -> Town:
    """The town with a lake, and pumps that belong to the city."""
    town.configure("stations.toml", '\n[[station]]\ncode = "61990051"\n', STATIONS)
    town.configure("thresholds.toml", "\n[[rule]]\n", THRESHOLDS)
    town.configure("recipients.toml", 'roles = ["patrol"]', 'roles = ["patrol", "city"]')
    town.restart()
    return town


def requests(town: Town) -> list[Request]:
    with town.database.read() as connection:
        return city_requests.of_stations(connection, [PUMPS])


def lake(town: Town, stage: float) -> None:
    """A reading of the lake, and the tick after it."""
    town.clock.advance(5 * MINUTE)
    town.say(LAKE, "stage", stage)
    town.wait(0.1, step=0.1)


def pumps(town: Town, count: float) -> None:
    town.clock.advance(5 * MINUTE)
    town.say(PUMPS, "pumps_running", count)
    town.wait(0.1, step=0.1)


def test_nothing_is_asked_below_the_joint_dispatch_level(lakeside: Town) -> None:
    lake(lakeside, 26.84)
    assert requests(lakeside) == []


def test_at_the_level_the_city_is_asked_once(lakeside: Town) -> None:
    lake(lakeside, 26.85)
    lake(lakeside, 26.90)
    [one] = requests(lakeside)
    assert one.text == "示范湖水位26.85米达联调水位26.85米，请示范二号电排开机"
    assert (one.answered_at, one.running_at, one.ended_at) == (None, None, None)


def test_a_jump_over_the_level_asks_too(lakeside: Town) -> None:
    lake(lakeside, 27.10)
    assert len(requests(lakeside)) == 1


def test_the_answer_of_the_citys_people_is_noted(lakeside: Town) -> None:
    lake(lakeside, 27.10)
    now = lakeside.clock.wall()
    with lakeside.database.write() as tx:
        alert_log.answer(tx, "示范巡查", who="示范巡查", via="page", now=now)
    lakeside.wait(2)
    [one] = requests(lakeside)
    assert (one.answered_by, one.answered_at, one.answer) == ("示范巡查", now, "收到")


def test_running_and_stopping_pumps_are_put_on_record(lakeside: Town) -> None:
    lake(lakeside, 26.90)
    pumps(lakeside, 0)
    assert requests(lakeside)[0].running_at is None
    pumps(lakeside, 3)
    started = requests(lakeside)[0].running_at
    pumps(lakeside, 3)
    assert requests(lakeside)[0].running_at == started is not None
    pumps(lakeside, 0)
    assert requests(lakeside)[0].ended_at is not None
    lake(lakeside, 26.95)
    assert len(requests(lakeside)) == 1  # the same alert does not ask again


def test_a_lake_that_goes_down_without_them_ends_the_request(lakeside: Town) -> None:
    lake(lakeside, 26.90)
    pumps(lakeside, 0)
    for stage in (26.80, 26.80, 26.80):
        lake(lakeside, stage)
    assert requests(lakeside)[0].ended_at is not None
    lake(lakeside, 26.90)
    assert len(requests(lakeside)) == 2


def test_what_is_on_record_stays(lakeside: Town) -> None:
    with lakeside.database.write() as tx:
        number = city_requests.ask(tx, PUMPS, "请开机", who="示范值班", now=1)
        assert city_requests.answer(tx, number, who="a", text="好", now=2)
        assert not city_requests.answer(tx, number, who="b", text="不", now=3)
    [one] = requests(lakeside)
    assert (one.answered_by, one.answered_at) == ("a", 2)
