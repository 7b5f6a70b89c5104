"""Reasons in the reader's language, and the map's drawing."""

from dataclasses import replace

import pytest
from flask import Flask, session

from floodwatch.model.district import District
from floodwatch.store import tables as t
from floodwatch.web.board_rows import Known, rows
from floodwatch.web.map_view import drawing
from floodwatch.web.reason_words import delivery, told
from tests.web.conftest import NOW, Room, SignIn
from tests.web.small_district import HOSTILE, RESERVOIR, small_district


@pytest.mark.parametrize(
    ("reason", "zh"),
    [
        ("in the inbox", "已进示范手机"),
        ("the alert resolved before it could be sent", "发出之前告警已解除"),
        ("given up after 6 h: 450 busy", "6 小时后放弃：450 busy"),
        ("there is no channel 'smtp' any more", "已没有通道 smtp"),
        ("250 2.0.0 Ok: queued as 4F1", "250 2.0.0 Ok: queued as 4F1"),
        (None, ""),
    ],
)
def test_a_delivery_says_why_in_chinese(app: Flask, reason: str | None, zh: str) -> None:
    with app.test_request_context():
        assert delivery(reason) == zh


def test_the_timeline_speaks_the_readers_language(app: Flask) -> None:
    event = {"kind": "fired", "text": "no verdict within six minutes", "facts": {}}
    reminder = {"kind": "reminded", "text": "x", "facts": {"party": "room", "step": 2}}
    note = {
        "kind": "note",
        "text": "示范甲 送不到（smtp: refused for good），改用 inbox",
        "facts": {"delivery": "failed", "person": "示范甲", "next": "inbox"},
    }
    with app.test_request_context():
        assert told(event) == "六分钟内未能核实，按真实处置"
        assert told(reminder) == "值班室 第 2 次未应答"
        assert told(note) == "示范甲 送不到 (邮件: 被拒，不再重试) → 示范手机"
    with app.test_request_context():
        session["language"] = "en"
        assert told(event) == "not decided within six minutes: taken as real"
        assert "cannot be delivered (Mail: refused for good)" in told(note)


def test_a_doubtful_alert_says_what_it_waits_for(sign_in: SignIn, room: Room) -> None:
    with room.database.write() as tx:
        tx.connection.execute(t.alert.update().where(t.alert.c.id == 1).values(suspect=True))
    client = sign_in("viewer")
    for path in ("/", "/alerts/1"):
        assert "疑似异常 · 待下一读数核实" in client.get(path).text


def test_the_map_holds_every_placed_station_inside_with_the_worst_on_top() -> None:
    district = small_district()
    alerts = [{"id": 1, "station": HOSTILE, "severity": 4}]
    drawn = drawing(district, rows(district, Known(NOW, {}, {}, {}, {}, alerts)))
    assert drawn
    assert [mark.row.code for mark in drawn.marks] == [RESERVOIR, HOSTILE]
    assert all(0 < m.x < drawn.width and 0 < m.y < drawn.height for m in drawn.marks)
    assert [shape.kind for shape in drawn.shapes] == ["river"]


def test_a_district_without_places_has_no_map() -> None:
    made = small_district()
    bare: District = replace(
        made, stations={c: replace(s, lon=None, lat=None) for c, s in made.stations.items()}
    )
    assert drawing(bare, rows(bare, Known(NOW, {}, {}, {}, {}, []))) is None
