"""The page behind an answer link, exercises, messages that came in."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from floodwatch.model.notification import Sent
from floodwatch.model.people import Role
from floodwatch.notify.link import LASTS, Grant, signed
from floodwatch.pipeline import answer_link, lines
from floodwatch.store import incoming
from floodwatch.store import tables as t
from floodwatch.store.incoming import Taken
from tests.web.conftest import NOW, Room, SignIn, rows, stand_at

PATROL, OTHER = "示范丙三", "示范丙一"


def link(room: Room, person: str = PATROL, expires: int = NOW + LASTS) -> str:
    with room.database.write() as tx:
        key = answer_link.made_key(tx)
    return f"/answer/{signed(Grant(person, 1, expires), key)}"


def states(room: Room) -> dict[str, str]:
    with room.database.read() as connection:
        found = connection.execute(select(t.obligation.c.party, t.obligation.c.state))
        return {row.party: row.state for row in found}


def form(page: str) -> dict[str, Any]:
    """The hidden fields of the page's own form."""
    inside = page.split('action="/answer/')[1].split("</form>", maxsplit=1)[0]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', inside))


def test_looking_at_a_link_answers_nothing(app: Flask, room: Room) -> None:
    path, client = link(room), app.test_client()
    for method in ("GET", "HEAD", "OPTIONS", "GET"):
        assert client.open(path, method=method).status_code == 200
    assert set(states(room).values()) == {"open"}
    assert "石桥水库" in client.get(path).text


def test_the_button_answers_for_that_person_alone(app: Flask, room: Room) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    path, client = link(room), app.test_client()
    answer = client.post(path, data=form(client.get(path).text))
    assert answer.status_code == 200
    assert "已记下" in answer.text
    assert states(room) == {"room": "open", PATROL: "answered", OTHER: "open"}
    with room.database.read() as connection:
        via = connection.execute(select(t.obligation.c.via).filter_by(party=PATROL)).scalar_one()
    assert via == "link"


def test_without_the_pages_own_token_nothing_is_answered(app: Flask, room: Room) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    path = link(room)
    assert app.test_client().post(path, data={"alert": "1"}).status_code == 400
    assert set(states(room).values()) == {"open"}


def test_a_link_ends_only_what_its_page_has_shown(app: Flask, room: Room) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    path = link(room)
    app.test_client().post(path, data={"alert": "2", "party": OTHER, "person": OTHER})
    assert set(states(room).values()) == {"open"}


def test_answering_twice_says_so_and_changes_nothing(app: Flask, room: Room) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    path, client = link(room), app.test_client()
    client.post(path, data={"alert": "1"})
    assert "没有待您应答的事项" in client.get(path).text
    assert client.post(path, data={"alert": "1"}).status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_forged_or_old_link_is_refused(app: Flask, room: Room, method: str) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    good = link(room)
    wrong = [
        good[:-4] + ("AAAA" if good[-4:] != "AAAA" else "BBBB"),
        "/answer/nonsense",
        link(room, expires=NOW - 1),
        link(room, person="nobody"),
        f"/answer/{signed(Grant(PATROL, 1, NOW + LASTS), b'another key')}",
    ]
    for path in wrong:
        assert app.test_client().open(path, method=method, data={"alert": "1"}).status_code == 400
    assert set(states(room).values()) == {"open"}


def test_before_any_link_was_sent_none_is_valid(app: Flask, room: Room) -> None:
    path = f"/answer/{signed(Grant(PATROL, 1, NOW + LASTS), b'')}"
    assert app.test_client().get(path).status_code == 400


def test_a_link_ends_with_its_time(app: Flask, room: Room) -> None:
    path = link(room)
    stand_at(room.database, NOW + LASTS + 1)
    assert app.test_client().get(path).status_code == 400


def test_a_link_opens_no_other_page(app: Flask, room: Room) -> None:
    client = app.test_client()
    client.get(link(room))
    assert client.get("/alerts").status_code == 302


# -- exercises and what came in ---------------------------------------------------------------


def test_the_officer_starts_an_exercise_and_sees_who_has_answered(
    room: Room, sign_in: SignIn, app: Flask
) -> None:
    client = sign_in(Role.OFFICER)
    answer = client.post("/exercise", data={"scope": ""}, follow_redirects=True)
    assert "演练第 1 号已发出" in answer.text
    sent = rows(room.database, t.outbox)
    assert {row.kind for row in sent} == {"exercise"}
    assert all(row.body.startswith("【演练】") for row in sent)
    page = app.test_client().get(link(room)).text
    assert "防汛通知演练第 1 号" in page
    app.config["WTF_CSRF_ENABLED"] = False
    app.test_client().post(link(room), data={"exercise": "1"})
    people = len({row.person for row in sent})
    assert f"1/{people} 人已应答" in client.get("/exercise?number=1").text
    assert states(room)[PATROL] == "open"  # an exercise is not the alert


def test_a_viewer_starts_nothing(sign_in: SignIn, room: Room) -> None:
    assert sign_in(Role.VIEWER).post("/exercise", data={"scope": ""}).status_code == 403
    assert rows(room.database, t.outbox) == []


def test_what_came_in_is_shown_with_what_it_was_taken_for(room: Room, sign_in: SignIn) -> None:
    with room.database.write() as tx:
        incoming.keep(
            tx, Taken("sms_gammu", "1", "+861", NOW, "<b>路断了</b>", PATROL, "not_understood", [])
        )
        incoming.keep(tx, Taken("sms_gammu", "2", "+862", NOW, "收到", PATROL, "answered", [1]))
    page = sign_in(Role.OFFICER).get("/incoming").text
    assert "&lt;b&gt;路断了&lt;/b&gt;" in page
    assert "看不懂，请核实" in page
    assert 'href="/alerts/1"' in page


def test_a_channel_that_is_down_is_shown(room: Room, sign_in: SignIn) -> None:
    kept = lines.Lines({})
    for _ in range(5):
        kept.heard("log", Sent.RETRY, detail="the disk is full", at=NOW)
    with room.database.write() as tx:
        kept.write(tx)
    page = sign_in(Role.OFFICER).get("/incoming").text
    assert "中断" in page
    assert "the disk is full" in page


def test_a_channel_that_is_down_is_shown_on_the_health_page_too(
    room: Room, sign_in: SignIn
) -> None:
    assert "no modem" not in sign_in(Role.VIEWER).get("/health").text
    kept = lines.Lines({})
    for _ in range(5):
        kept.heard("sms_gammu", Sent.RETRY, detail="no modem", at=NOW)
    with room.database.write() as tx:
        kept.write(tx)
    assert "no modem" in sign_in(Role.VIEWER).get("/health").text
