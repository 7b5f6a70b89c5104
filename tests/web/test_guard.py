"""Who may do what, and what every answer carries."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from floodwatch.model.people import Role
from floodwatch.store import sessions
from floodwatch.store import tables as t
from floodwatch.web.guard import DEVICE, PUBLIC, TOKEN, declared, may
from tests.web.conftest import Room, SignIn, rows
from tests.web.small_district import HOSTILE, HOSTILE_NAME, RESERVOIR

PAGES = (
    "/",
    "/board.txt",
    "/stations",
    f"/stations/{RESERVOIR}",
    f"/stations/{RESERVOIR}/table",
    f"/stations/{RESERVOIR}/chart.json",
    f"/stations/{HOSTILE}",
    "/alerts",
    "/alerts?state=all",
    "/alerts/1",
    "/alerts/2",
    "/calls",
    "/calls/ledger",
    "/calls/ledger.csv",
    "/calls/ledger?alert=1",
    "/frames",
    "/sources",
    "/inbox",
    "/health",
    "/registers",
    "/incoming",
    "/exercise",
    "/log",
    "/mutes",
    "/plans",
    "/response",
    "/imports",
    "/manual",
    "/rehearsal",
    "/accounts",
    "/password",
)


def test_every_route_declares_who_may_call_it(app: Flask) -> None:
    known = {PUBLIC, TOKEN, DEVICE, *Role.ORDER}
    missing = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if declared(app, rule.endpoint) not in known
    ]
    assert missing == []


def test_a_route_without_a_role_is_refused_to_the_administrator(
    app: Flask, sign_in: SignIn
) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    assert sign_in(Role.ADMIN).get("/forgotten").status_code == 403


@pytest.mark.parametrize("role", [None, *Role.ORDER])
def test_each_role_reaches_exactly_its_routes(
    app: Flask, sign_in: SignIn, role: str | None
) -> None:
    client = sign_in(role) if role else app.test_client()
    for rule in app.url_map.iter_rules():
        needed = declared(app, rule.endpoint)
        if needed in (PUBLIC, DEVICE) or rule.endpoint == "live.events":
            continue
        method = "GET" if "GET" in (rule.methods or ()) else "POST"
        if needed == TOKEN:
            needed = Role.VIEWER if method == "GET" else Role.OFFICER
        path = str(rule).replace("<code>", RESERVOIR).replace("<token>", "0" * 24)
        path = re.sub(r"<int:\w+>", "999", path)
        answer = client.open(path, method=method, headers={"Accept": "application/json"})
        if role is None:
            assert answer.status_code == 401, path
        elif may(role, str(needed)):
            assert answer.status_code not in (401, 403), (role, path)
        else:
            assert answer.status_code == 403, (role, path)


def test_a_visitor_is_sent_to_the_login_page_and_back(app: Flask) -> None:
    answer = app.test_client().get("/alerts?state=all")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/login?next=/alerts?state%3Dall"


@pytest.mark.parametrize("path", [*PAGES, "/nowhere", "/static/style.css", "/login", "/healthz"])
def test_every_answer_carries_the_security_headers(sign_in: SignIn, path: str) -> None:
    with sign_in(Role.ADMIN).get(path) as answer:
        headers = answer.headers
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert all(part in policy for part in ("object-src 'none'", "frame-ancestors 'none'"))
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("path", PAGES)
def test_names_of_stations_and_limits_are_never_markup(sign_in: SignIn, path: str) -> None:
    answer = sign_in(Role.ADMIN).get(path)
    assert answer.status_code == 200, path
    if answer.mimetype == "text/html":
        assert HOSTILE_NAME not in answer.text
        assert "<img src=x" not in answer.text


def test_every_inline_script_and_style_carries_the_nonce_of_the_policy(sign_in: SignIn) -> None:
    answer = sign_in(Role.ADMIN).get(f"/stations/{RESERVOIR}")
    nonce = answer.headers["Content-Security-Policy"].split("'nonce-")[1].split("'")[0]
    assert answer.text.count("<script nonce=") == answer.text.count(f'<script nonce="{nonce}"')
    assert 'style="' not in answer.text
    assert " onclick" not in answer.text


@pytest.mark.parametrize(
    "path",
    ["/alerts/1/ack", "/calls", "/demo", "/accounts/users", "/logout", "/api/v1/alerts/1/ack"],
)
def test_a_change_without_a_csrf_token_is_refused(sign_in: SignIn, room: Room, path: str) -> None:
    client = sign_in(Role.ADMIN, csrf=True)
    answer = client.post(path, headers={"Accept": "application/json"})
    assert answer.status_code == 400
    assert "CSRF" in answer.json["detail"]
    assert all(row.acked_by is None for row in rows(room.database, t.alert))


def test_the_token_of_the_page_lets_a_script_change_something(sign_in: SignIn, room: Room) -> None:
    client = sign_in(Role.OFFICER, csrf=True)
    page = client.get("/").text
    token = page.split('name="csrf-token" content="')[1].split('"')[0]
    answer = client.post(
        "/alerts/1/ack",
        data={"who": "示范值班员甲", "note": "已叫"},
        headers={"X-CSRFToken": token, "Accept": "application/json"},
    )
    assert answer.status_code == 200
    assert rows(room.database, t.alert)[0].acked_by == "示范值班员甲"


def test_reading_pages_changes_nothing(sign_in: SignIn, room: Room) -> None:
    client = sign_in(Role.ADMIN)
    with room.database.read() as connection:
        before = connection.execute(t.revision.select()).all()
    for path in PAGES:
        client.get(path)
    with room.database.read() as connection:
        assert connection.execute(t.revision.select()).all() == before


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"/alerts/{'9' * 25}", 404),
        (f"/api/v1/alerts/{'9' * 25}", 404),
        ("/alerts?severity=²", 200),
        ("/log?day=0001-01-01", 409),
        ("/bulletin?date=0001-01-01", 409),
        ("/bulletin/0001-01-01.txt", 409),
        ("/calls/ledger?date=0001-01-01", 409),
        ("/handover?since=0001-01-01", 409),
        ("/handover?since=9999-12-31", 409),
    ],
)
def test_numbers_and_days_out_of_all_range_are_no_fault_of_ours(
    app: Flask, sign_in: SignIn, path: str, code: int
) -> None:
    app.testing = False
    assert sign_in(Role.ADMIN).get(path).status_code == code


def test_a_disabled_user_is_out_at_once(sign_in: SignIn, room: Room) -> None:
    client = sign_in(Role.VIEWER)
    assert client.get("/").status_code == 200
    with room.database.write() as tx:
        tx.connection.execute(t.user.update().values(disabled=True))
    assert client.get("/").status_code == 302


def test_an_idle_session_ends(sign_in: SignIn, room: Room) -> None:
    client = sign_in(Role.VIEWER)
    with room.database.write() as tx:
        long_ago = room.clock.wall() - sessions.IDLE - 1
        tx.connection.execute(t.session.update().values(seen_at=long_ago))
    assert client.get("/").status_code == 302


def test_an_unexpected_error_shows_a_number_and_no_trace(
    app: Flask, sign_in: SignIn, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> str:
        raise RuntimeError("inner secret")

    broken.needs = Role.VIEWER  # type: ignore[attr-defined]
    app.add_url_rule("/broken", "broken", broken)
    app.testing = False
    answer = sign_in(Role.VIEWER).get("/broken")
    assert answer.status_code == 500
    assert "inner secret" not in answer.text
    assert "inner secret" in caplog.text


def test_the_interface_answers_errors_as_json(app: Flask) -> None:
    client: FlaskClient = app.test_client()
    answer = client.get("/api/v1/nothing")
    assert answer.json == {"error": "Not Found", "detail": answer.json["detail"]}
