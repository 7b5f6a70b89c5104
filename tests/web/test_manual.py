"""The page for readings by eye: several stations at once, doubts asked, corrections explained."""

import pytest
from flask.testing import FlaskClient

from floodwatch.model.errors import StorageError
from floodwatch.model.people import Role
from floodwatch.model.reading import SeriesKey
from floodwatch.store import tables as t
from tests.web.conftest import NOW, Room, SignIn, rows
from tests.web.seeding import put
from tests.web.small_district import HOSTILE, RESERVOIR

TIME = "2026-06-18T04:00"
STAGE = f"value/{RESERVOIR}/stage/0"
CONFIRM = f"confirm/{RESERVOIR}/stage/0"
REASON = f"reason/{RESERVOIR}/stage/0"


@pytest.fixture
def officer(sign_in: SignIn) -> FlaskClient:
    return sign_in(Role.OFFICER)


def enter(client: FlaskClient, **fields: str) -> str:
    """The page after entering; fields by their names."""
    return client.post("/manual", data={"time": TIME} | fields).text


def taken(room: Room) -> list[tuple[str, str | None, str, float | None]]:
    return [(r.station, r.gauge, r.variable, r.value) for b in room.batches for r in b.readings]


def test_several_stations_go_in_at_once_as_readings_by_hand(
    officer: FlaskClient, room: Room
) -> None:
    page = enter(officer, **{STAGE: "104.70", f"value/{HOSTILE}/stage/0": "２６．７５"})
    assert "入库 2 个" in page
    assert taken(room) == [
        (RESERVOIR, "manual", "stage", 104.7),
        (HOSTILE, "manual", "stage", 26.75),
    ]
    assert {b.source for b in room.batches} == {"manual"}
    told = [row for row in rows(room.database, t.audit) if row.action == "manual"]
    assert [row.who for row in told] == ["a officer"] * 2
    assert "104.70" in officer.get("/manual").text.split("最近录入")[1]


def test_a_slip_is_asked_about_while_the_others_go_in(officer: FlaskClient, room: Room) -> None:
    page = enter(officer, **{STAGE: "10477", f"value/{HOSTILE}/stage/0": "26.75"})
    assert "是，改成 104.77" in page
    assert 'value="10477"' in page
    assert [entry[0] for entry in taken(room)] == [HOSTILE]


def test_a_true_value_goes_in_once_it_is_confirmed(officer: FlaskClient, room: Room) -> None:
    assert "差得多" in enter(officer, **{STAGE: "102.10"})
    enter(officer, **{STAGE: "102.10", CONFIRM: "102.10"})
    assert taken(room) == [(RESERVOIR, "manual", "stage", 102.1)]


def test_a_confirmation_holds_for_the_number_it_was_given_for(
    officer: FlaskClient, room: Room
) -> None:
    enter(officer, **{STAGE: "101.10", CONFIRM: "102.10"})
    assert taken(room) == []


def test_a_correction_needs_its_reason_and_keeps_it(officer: FlaskClient, room: Room) -> None:
    key = SeriesKey(RESERVOIR, "manual", "stage")
    with room.database.write() as tx:
        put(tx.connection, key, [(NOW - 40 * 60_000, 104.50)], rev=tx.rev)
    assert "要更正请写原因" in enter(officer, **{STAGE: "104.70"})
    assert "更正要写原因" in enter(officer, **{STAGE: "104.70", CONFIRM: "104.70"})
    assert taken(room) == []
    enter(officer, **{STAGE: "104.70", CONFIRM: "104.70", REASON: "看错一格"})
    assert taken(room) == [(RESERVOIR, "manual", "stage", 104.7)]
    (told,) = [row for row in rows(room.database, t.audit) if row.action == "manual"]
    assert (told.before, told.after["reason"]) == (104.5, "看错一格")


@pytest.mark.parametrize("typed", ["水位", "1e999", "nan", "--5", "1" * 30])
def test_what_is_no_number_is_said_beside_its_field(
    officer: FlaskClient, room: Room, typed: str
) -> None:
    assert "不是数字" in enter(officer, **{STAGE: typed})
    assert taken(room) == []


def test_ponding_is_entered_in_centimetres(officer: FlaskClient, room: Room) -> None:
    enter(officer, **{"value/61990012/ponding_depth/0": "62"})
    assert taken(room) == [("61990012", "manual", "ponding_depth", 0.62)]


def test_a_database_that_fails_loses_nothing_that_was_typed(
    officer: FlaskClient, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Room, batch: object) -> None:
        raise StorageError("the disk is full")

    monkeypatch.setattr(Room, "submit", broken)
    page = enter(officer, **{STAGE: "104.70"})
    assert "没有存上" in page
    assert 'value="104.70"' in page


def test_an_empty_form_and_a_strange_time_are_said(officer: FlaskClient) -> None:
    assert officer.post("/manual", data={"time": TIME}).status_code == 409
    assert officer.post("/manual", data={"time": "soon", STAGE: "1"}).status_code == 409


def test_the_time_is_this_mornings_eight_during_the_morning(
    officer: FlaskClient, room: Room
) -> None:
    assert 'value="2026-06-18T04:40"' in officer.get("/manual").text


def test_viewers_do_not_enter_anything(sign_in: SignIn) -> None:
    assert sign_in(Role.VIEWER).get("/manual").status_code == 403
