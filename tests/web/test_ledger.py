"""The ledger of calls: on a page, as CSV, and the tones of the night."""

import csv
import io

import pytest
from sqlalchemy import insert

from floodwatch.model.alert import CallResult
from floodwatch.model.clock import MINUTE
from floodwatch.model.people import Role
from floodwatch.store import alert_log, ledger, obligation_log
from floodwatch.store import tables as t
from floodwatch.store.obligation_log import Owing
from tests.web.conftest import NOW, Room, SignIn


@pytest.fixture
def answered(room: Room) -> Room:
    """丙三 has answered; 丙一 was called by hand in vain, and a leader answered in his place."""
    with room.database.write() as tx:
        alert_log.answer(tx, "示范丙三", who="示范丙三", via="sms", now=NOW, alert_id=1)
        alert_log.record_call(
            tx, "示范丙一", result=CallResult.NO_ANSWER, officer="officer", now=NOW
        )
        leader = Owing(1, "示范带班领导丙", 3, 5 * MINUTE, stands_for="示范丙一")
        obligation_log.open(tx, [leader], now=NOW)
        alert_log.answer(
            tx, "示范带班领导丙", who="示范带班领导丙", via="page", now=NOW + 3 * MINUTE, alert_id=1
        )
    return room


def test_each_line_says_how_it_ended(answered: Room) -> None:
    with answered.database.read() as connection:
        found = {line.party: line for line in ledger.lines(connection, alert_id=1)}
    assert found["示范丙三"].outcome == ledger.REACHED
    assert found["示范丙三"].minutes == 15
    silent = found["示范丙一"]
    assert (silent.outcome, silent.ended_by) == (ledger.PASSED, "示范带班领导丙")
    assert [(result, officer) for _, result, officer in silent.by_hand] == [
        ("no_answer", "officer")
    ]
    assert found["示范带班领导丙"].stands_for == "示范丙一"
    assert found["room"].outcome == ledger.OPEN


def test_the_page_shows_one_alert_or_one_day(answered: Room, sign_in: SignIn) -> None:
    client = sign_in(Role.VIEWER)
    page = client.get("/calls/ledger?alert=1").text
    assert page.count("转他人") >= 1
    assert "代 示范丙一" in page
    assert "示范丙三" in client.get("/calls/ledger?date=2026-06-18").text
    assert "这段时间没有叫应" in client.get("/calls/ledger?date=2026-06-19").text


@pytest.mark.parametrize("query", ["alert=x", "date=yesterday", "alert=1e3", "date=9999-12-31"])
def test_what_is_no_date_or_number_is_refused_and_breaks_nothing(
    sign_in: SignIn, query: str
) -> None:
    assert sign_in(Role.VIEWER).get(f"/calls/ledger?{query}").status_code in (200, 409)


def test_the_spreadsheet_has_the_same_lines(answered: Room, sign_in: SignIn) -> None:
    answer = sign_in(Role.VIEWER).get("/calls/ledger.csv?alert=1")
    assert answer.headers["Content-Disposition"].endswith('"ledger-1.csv"')
    rows = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert len(rows) == 5
    people = {row[5]: row for row in rows[1:]}
    assert people["示范丙三"][10] == "15"
    assert people["示范丙一"][11] == "示范带班领导丙"


def test_the_overview_counts_the_tones_of_the_night(room: Room, sign_in: SignIn) -> None:
    with room.database.write() as tx:
        for minutes in (1, 2, 600):
            tone = {"at": NOW - minutes * MINUTE, "alert_id": 1, "severity": 3, "kind": "new"}
            tx.connection.execute(insert(t.sound).values(**tone, rev=tx.rev))
    assert "今夜 2 响" in sign_in(Role.VIEWER).get("/").text


def test_whom_the_machine_could_not_reach_is_on_every_page(room: Room, sign_in: SignIn) -> None:
    client = sign_in(Role.OFFICER)
    assert 'id="unreached"' not in client.get("/stations").text
    with room.database.write() as tx:
        values = {"step": obligation_log.GAVE_UP, "due": None}
        mine = t.obligation.c.party == "示范丙一"
        tx.connection.execute(t.obligation.update().where(mine).values(**values))
    page = client.get("/stations").text
    assert 'id="unreached"' in page
    assert "未叫应：示范丙一" in page
