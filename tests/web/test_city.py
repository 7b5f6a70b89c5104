"""联调单 on the pages: what was asked, the answer an officer notes, who may do so."""

from dataclasses import replace

import pytest

from floodwatch.model.district import RuleSetting
from floodwatch.model.people import Role
from floodwatch.store import city_requests
from tests.web.conftest import NOW, Room, SignIn
from tests.web.small_district import HOSTILE, POINT, RESERVOIR

# The river stands for a lake here, the point for the pumps.
LAKE, PUMPS = HOSTILE, POINT


@pytest.fixture
def request_id(room: Room) -> int:
    """A request that waits for its answer."""
    setting = RuleSetting("level", station=LAKE, parameters={"asks": PUMPS})
    district = replace(room.configuration.district, rules=(setting,))
    room.configuration.district = replace(district, version=district.version + 1)
    with room.database.write() as tx:
        return city_requests.ask(tx, PUMPS, "示范湖水位26.86米，请开机", who="系统", now=NOW)


def test_a_request_stands_on_the_page_of_the_lake_and_of_the_pumps(
    sign_in: SignIn, request_id: int
) -> None:
    client = sign_in(Role.VIEWER)
    for code in (LAKE, PUMPS):
        page = client.get(f"/stations/{code}").text
        assert "示范湖水位26.86米，请开机" in page
        assert "未答复" in page
    assert "联调单" not in client.get(f"/stations/{RESERVOIR}").text


def test_an_officer_notes_the_answer_once(sign_in: SignIn, room: Room, request_id: int) -> None:
    client = sign_in(Role.OFFICER)
    path = f"/stations/{LAKE}/requests/{request_id}/answer"
    assert client.post(path, data={"answer": "30分钟后开机"}).status_code == 302
    client.post(path, data={"answer": "不开"})
    with room.database.read() as connection:
        [noted] = city_requests.of_stations(connection, [PUMPS])
    assert noted.answer == "30分钟后开机"
    assert noted.answered_by
    assert "30分钟后开机" in client.get(f"/stations/{LAKE}").text


def test_a_viewer_notes_nothing_and_a_strange_station_has_no_such_request(
    sign_in: SignIn, request_id: int
) -> None:
    path = f"/requests/{request_id}/answer"
    assert sign_in(Role.VIEWER).post(f"/stations/{LAKE}{path}").status_code == 403
    assert sign_in(Role.OFFICER).post(f"/stations/{RESERVOIR}{path}").status_code == 404
