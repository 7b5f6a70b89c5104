"""Every route by which something is changed leaves a line in the audit, with who did it."""

import io
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from floodwatch.model.district import Plan, RuleSetting
from floodwatch.model.people import Role
from floodwatch.model.severity import Severity
from floodwatch.sources.http_settings import HttpTable
from floodwatch.store import city_requests, passwords, people, plans
from floodwatch.store import tables as t
from floodwatch.store.clockwork import set_setting
from floodwatch.store.sessions import digest
from tests.web.conftest import NOW, Room, SignIn, rows, signed_in
from tests.web.small_district import HOSTILE, POINT, RESERVOIR
from tests.web.test_delivery import link
from tests.web.test_imports import finished, upload

PATROL = "示范丙三"
STEP = Plan("超设计洪水位", Severity.II, kind="reservoir", steps=("到岗", "巡坝"))
WORD = "a long password 1"

# What is no act of a person on the service: readings carry their source with them, the language
# is a wish in the visitor's own cookie, and a rehearsal changes nothing.
EXEMPT = {
    *(
        "push.readings",
        "push.write_v1",
        "push.write_v2",
        "push.query",
    ),  # devices, with their tokens
    "auth.language",
    *("rehearsal.run", "rehearsal.cancel"),  # they change nothing
}

# endpoint -> (role, path, what is sent)
FORMS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "accounts.user": (
        *(Role.ADMIN, "/accounts/users"),
        {"action": "add", "name": "new", "role": "viewer", "password": WORD},
    ),
    "accounts.token": (Role.ADMIN, "/accounts/tokens", {"action": "add", "name": "pump"}),
    "alerts.acknowledge": (Role.OFFICER, "/alerts/1/ack", {}),
    "alerts.answer": (Role.OFFICER, "/alerts/1/answer", {"party": PATROL}),
    "api.shelve": (Role.OFFICER, "/api/v1/alerts/1/shelve", {"reason": "核实"}),
    "api.acknowledge": (Role.OFFICER, "/api/v1/alerts/1/ack", {}),
    "auth.enter": ("", "/login", {"name": "a officer", "password": WORD}),
    "auth.logout": (Role.OFFICER, "/logout", {}),
    "auth.change_password": (Role.OFFICER, "/password", {"old": WORD, "new": WORD + "2"}),
    "auth.first_user": ("", "/first-run/printed", {"name": "first", "password": WORD}),
    "calls.record": (Role.OFFICER, "/calls", {"person": PATROL, "result": "no_answer"}),
    "care.shelve": (Role.OFFICER, "/alerts/1/shelve", {"minutes": "60", "reason": "核实"}),
    "care.assign": (Role.OFFICER, "/alerts/1/assign", {"to": PATROL}),
    "care.comment": (Role.OFFICER, "/alerts/1/comment", {"text": "已到坝上"}),
    "care.maintain": (Role.OFFICER, "/mutes", {"station": RESERVOIR, "reason": "换探头"}),
    "care.end": (Role.OFFICER, "/mutes/1/end", {}),
    "delivery.start_exercise": (Role.OFFICER, "/exercise", {"scope": ""}),
    "delivery.confirm": ("", "/answer/link", {"alert": "1"}),
    "demo.steer": (Role.OFFICER, "/demo", {"speed": "0"}),
    "duty_log.write": (Role.OFFICER, "/log", {"text": "开启一号闸"}),
    "imports.upload": (Role.ENGINEER, "/imports/upload", {}),
    "imports.run": (Role.ENGINEER, "/imports/new/token", {"station": RESERVOIR, "unit": "m"}),
    "imports.save_profile": (
        *(Role.ENGINEER, "/imports/new/token/profile"),
        {"station": RESERVOIR, "profile_name": "石桥"},
    ),
    "imports.delete_profile": (Role.ENGINEER, "/imports/profiles/delete", {"name": "石桥"}),
    "imports.cancel": (Role.ENGINEER, "/imports/job/token/cancel", {}),
    "imports.undo": (Role.ENGINEER, "/imports/1/undo", {}),
    "manual.enter": (
        *(Role.OFFICER, "/manual"),
        {"time": "2026-06-18T04:00", f"value/{RESERVOIR}/stage/0": "104.70"},
    ),
    "plans.tick": (
        *(Role.OFFICER, "/alerts/1/ticks"),
        {"plan": STEP.title, "step": STEP.steps[0]},
    ),
    "plans.undo": (Role.OFFICER, "/ticks/1/undo", {}),
    "registers.enter": (
        *(Role.OFFICER, "/registers/inspection"),
        {"station": RESERVOIR, "result": "坝体正常"},
    ),
    "registers.close": (Role.OFFICER, "/registers/hazard/1/close", {}),
    "responses.record": (
        *(Role.OFFICER, "/response"),
        {"action": "start", "level": "III", "document": "示防〔2026〕9号"},
    ),
    "sheets.send_bulletin": (Role.OFFICER, "/bulletin", {"person": PATROL}),
    "sources.poll": (Role.ENGINEER, "/sources/poll", {"name": "http:upstream"}),
    "sheets.send_handover": (Role.OFFICER, "/handover", {"person": PATROL}),
    "station.answered": (
        *(Role.OFFICER, f"/stations/{HOSTILE}/requests/1/answer"),
        {"answer": "30分钟后开机"},
    ),
}


def test_every_route_that_changes_something_is_tried_here(app: Flask) -> None:
    changing = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if (rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}
    }
    assert changing - EXEMPT == set(FORMS)


@pytest.fixture
def ready(app: Flask, room: Room) -> Room:
    """Something to act on: a plan, a request to the city, a hazard, a mute, a tick."""
    lake = RuleSetting("level", station=HOSTILE, parameters={"asks": POINT})
    district = room.configuration.district
    room.configuration.district = replace(
        district, rules=(lake,), plans=(STEP,), version=district.version + 1
    )
    with room.database.write() as tx:
        city_requests.ask(tx, POINT, "请开机", who="系统", now=NOW)
    return room


def _prepare(endpoint: str, app: Flask, room: Room, client: FlaskClient) -> str | None:
    """Whatever else this route needs beforehand; another path where it has one."""
    if endpoint == "care.end":
        client.post("/alerts/1/shelve", data={"minutes": "60", "reason": "核实"})
    elif endpoint == "plans.undo":
        with room.database.write() as tx:
            plans.tick(tx, 1, plan=STEP.title, step=STEP.steps[0], who="甲", now=NOW)
    elif endpoint == "registers.close":
        hazard = {"station": RESERVOIR, "title": "渗水", "owner": "甲", "severity": "II"}
        client.post("/registers/hazard", data=hazard)
    elif endpoint in ("auth.enter", "auth.change_password"):
        signed_in(app, room.database, Role.OFFICER)
        with room.database.write() as tx:
            people.set_password(tx.connection, "a officer", password=passwords.hashed(WORD))
        if endpoint == "auth.change_password":
            client.post("/login", data={"name": "a officer", "password": WORD})
    elif endpoint == "auth.first_user":
        with room.database.write() as tx:
            kept = {"hash": digest("printed"), "expires": room.clock.wall() + 60_000}
            set_setting(tx, "first_run", kept)
    elif endpoint == "delivery.confirm":
        return link(room)
    elif endpoint == "sources.poll":
        upstream = HttpTable(name="upstream", preset="ea", sites=["1"])
        room.configuration.district = replace(
            room.configuration.district, sources={"http": [upstream]}
        )
    elif endpoint == "demo.steer":
        room.configuration.district = replace(room.configuration.district, demonstration=True)
    elif endpoint.startswith("imports."):
        return _imported(endpoint, client)
    return None


def _imported(endpoint: str, client: FlaskClient) -> str | None:
    if endpoint == "imports.upload":
        return None
    token = upload(client)
    if endpoint == "imports.run":
        return f"/imports/new/{token}"
    if endpoint == "imports.save_profile":
        return f"/imports/new/{token}/profile"
    if endpoint == "imports.delete_profile":
        client.post(f"/imports/new/{token}/profile", data={"profile_name": "石桥"})
        return None
    client.post(f"/imports/new/{token}", data={"station": RESERVOIR, "unit": "m"})
    finished(client, token)
    return f"/imports/job/{token}/cancel" if endpoint == "imports.cancel" else None


@pytest.mark.parametrize("endpoint", sorted(FORMS))
def test_a_change_leaves_a_line_in_the_audit(
    app: Flask, ready: Room, sign_in: SignIn, endpoint: str
) -> None:
    role, path, form = FORMS[endpoint]
    app.config["WTF_CSRF_ENABLED"] = False
    client = sign_in(role) if role else app.test_client()
    path = _prepare(endpoint, app, ready, client) or path
    before = len(rows(ready.database, t.audit))
    if endpoint == "imports.upload":
        form = {"files": (io.BytesIO(b"a,b\n1,2\n"), "a.csv")}
    given: dict[str, Any] = {"json": form} if path.startswith("/api/") else {"data": form}
    answer = client.post(path, **given)
    assert answer.status_code < 400, answer.text
    if endpoint == "imports.run":
        finished(client, path.rsplit("/", 1)[1])
    added = rows(ready.database, t.audit)[before:]
    assert added, endpoint
    assert all(line.who and line.action for line in added)
