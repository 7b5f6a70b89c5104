"""The page of registers: entered and closed by officers, read by all."""

from flask import Flask
from sqlalchemy import select

from floodwatch.model.people import Role
from floodwatch.store.clockwork import setting
from floodwatch.store.tables import audit
from tests.web.conftest import NOW, Room, SignIn
from tests.web.small_district import RESERVOIR

HAZARD = {
    "station": RESERVOIR,
    "title": "<b>坝脚渗水</b>",
    "severity": "II",
    "owner": "示范技术",
    "due": "2026-06-20",
    "limit": "92.5",
}


def test_a_hazard_is_entered_shown_and_closed(app: Flask, sign_in: SignIn, room: Room) -> None:
    officer = sign_in(Role.OFFICER)
    assert officer.post("/registers/hazard", data=HAZARD).status_code == 302
    page = officer.get("/registers").text
    assert "&lt;b&gt;坝脚渗水" in page
    assert "92.50" in page
    with room.database.read() as connection:
        assert setting(connection, "entered") == [["hazard", RESERVOIR]]
        entry = connection.execute(select(audit).order_by(audit.c.id.desc())).first()
    assert entry is not None
    assert entry.action == "hazard add"
    assert entry.at == NOW
    assert officer.post("/registers/hazard/1/close", data={"note": "已导渗"}).status_code == 302
    page = officer.get("/registers").text
    assert "没有未销号的隐患" in page
    assert "已导渗" in page
    again = officer.post("/registers/hazard/1/close", headers={"Accept": "application/json"})
    assert again.status_code == 409


def test_a_viewer_reads_and_has_no_forms(app: Flask, sign_in: SignIn) -> None:
    sign_in(Role.OFFICER).post("/registers/hazard", data=HAZARD)
    page = sign_in(Role.VIEWER).get("/registers").text
    assert "坝脚渗水" in page
    assert 'action="/registers' not in page


def test_the_other_registers_are_entered(app: Flask, sign_in: SignIn) -> None:
    officer = sign_in(Role.OFFICER)
    forms = {
        "inspection": {"station": RESERVOIR, "result": "坝体正常"},
        "forecast": {
            "begins": "2026-06-18T08:00",
            "ends": "2026-06-19T08:00",
            "rainfall_mm": "62.5",
            "source": "示范气象台",
        },
        "backup_source": {"station": RESERVOIR, "state": "ready"},
    }
    for name, form in forms.items():
        assert officer.post(f"/registers/{name}", data=form).status_code == 302, name
    page = officer.get("/registers").text
    assert all(word in page for word in ("坝体正常", "62.5", "示范气象台", "可用"))


def test_what_cannot_be_is_refused(app: Flask, sign_in: SignIn) -> None:
    officer = sign_in(Role.OFFICER)
    accept = {"Accept": "application/json"}
    for change in ({"limit": "high"}, {"limit": "nan"}, {"severity": "red"}, {"station": "x"}):
        answer = officer.post("/registers/hazard", data=HAZARD | change, headers=accept)
        assert answer.status_code == 409, change
    assert officer.post("/registers/nothing", data={}, headers=accept).status_code == 404
