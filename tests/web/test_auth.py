"""Signing in, the first run, and passwords."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from floodwatch.model.people import Role
from floodwatch.store import passwords, people
from floodwatch.store import tables as t
from floodwatch.web import create_app, first_run_link
from tests.web.conftest import Room, SignIn, rows

PASSWORD = "a long enough one"


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Nobody yet."""
    app.config["WTF_CSRF_ENABLED"] = False
    return app.test_client()


def enter(client: FlaskClient, name: str, password: str, **more: str) -> int:
    """The status of a login."""
    answer = client.post("/login", data={"name": name, "password": password, **more})
    return answer.status_code


@pytest.fixture
def user(room: Room) -> str:
    """A user with PASSWORD."""
    with room.database.write() as tx:
        stored = passwords.hashed(PASSWORD)
        people.add_user(tx.connection, "甲", role=Role.OFFICER, password=stored, now=0)
    return "甲"


def test_the_right_password_opens_a_session_that_the_server_keeps(
    client: FlaskClient, room: Room, user: str
) -> None:
    assert enter(client, user, PASSWORD) == 302
    assert client.get("/").status_code == 200
    assert len(rows(room.database, t.session)) == 1
    client.post("/logout")
    assert rows(room.database, t.session) == []


def test_a_stolen_cookie_is_worthless_after_logout(client: FlaskClient, user: str) -> None:
    enter(client, user, PASSWORD)
    cookie = client.get_cookie("floodwatch")
    assert cookie
    client.post("/logout")
    client.set_cookie("floodwatch", cookie.value)
    assert client.get("/").status_code == 302


@pytest.mark.parametrize(("name", "password"), [("甲", "wrong"), ("nobody", PASSWORD), ("甲", "")])
def test_wrong_names_and_passwords_get_the_same_answer(
    client: FlaskClient, user: str, name: str, password: str
) -> None:
    assert enter(client, name, password) == 401


def test_a_refused_login_is_in_the_audit_without_what_was_typed_as_password(
    client: FlaskClient, room: Room, user: str
) -> None:
    assert enter(client, user, "guessed-word") == 401
    [line] = [row for row in rows(room.database, t.audit) if row.action == "login refused"]
    assert (line.who, line.what) == ("127.0.0.1", user)
    assert "guessed-word" not in str(line)
    for _ in range(15):
        enter(client, user, "guessed-word")
    refused = [row for row in rows(room.database, t.audit) if row.action == "login refused"]
    assert len(refused) == 10, "what the limit refuses is not written down"


def test_guessing_is_slowed_down(client: FlaskClient, user: str) -> None:
    answers = [enter(client, "乙", "guess") for _ in range(11)]
    assert answers[-1] == 429


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil", "x"])
def test_login_never_leads_away(client: FlaskClient, user: str, target: str) -> None:
    answer = client.post("/login", data={"name": user, "password": PASSWORD, "next": target})
    assert answer.headers["Location"] == "/"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(
    client: FlaskClient, user: str
) -> None:
    answer = client.post("/login", data={"name": user, "password": PASSWORD})
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_behind_tls_the_cookie_is_bound_to_the_host(room: Room) -> None:
    app = create_app(room, secure_cookies=True)
    cookie = app.test_client().get("/login").headers["Set-Cookie"]
    assert cookie.startswith("__Host-floodwatch=")
    assert "Secure" in cookie


def test_without_users_a_link_makes_the_first_administrator_once(
    client: FlaskClient, room: Room
) -> None:
    link = first_run_link(room.database, "http://x", clock=room.clock)
    assert link
    path = link.removeprefix("http://x")
    assert client.get(path).status_code == 200
    answer = client.post(path, data={"name": "管理员", "password": PASSWORD})
    assert answer.status_code == 302
    assert rows(room.database, t.user)[0].role == Role.ADMIN
    assert client.get(path).status_code == 404
    assert first_run_link(room.database, "http://x", clock=room.clock) is None


def test_a_wrong_link_or_a_weak_password_makes_nobody(client: FlaskClient, room: Room) -> None:
    link = first_run_link(room.database, "http://x", clock=room.clock)
    assert link
    path = link.removeprefix("http://x")
    assert client.post(path + "x", data={"name": "a", "password": PASSWORD}).status_code == 404
    assert client.post(path, data={"name": "a", "password": "short"}).status_code == 400
    assert rows(room.database, t.user) == []


def test_the_secret_of_the_link_is_not_in_the_database(room: Room) -> None:
    link = first_run_link(room.database, "http://x", clock=room.clock)
    assert link
    assert link.rsplit("/", 1)[1] not in str(rows(room.database, t.setting))


def test_the_demonstration_is_entered_with_one_click(demonstration: Room) -> None:
    app = create_app(demonstration)
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    for _ in range(2):
        link = first_run_link(
            demonstration.database, "http://x", clock=demonstration.clock, demonstration=True
        )
        assert link
        client.post(link.removeprefix("http://x"))
        page = client.get("/").text
        assert "示范值班员甲" in page
        assert "示范数据 · 非真实" in page


def test_a_new_password_ends_the_other_sessions(
    client: FlaskClient, app: Flask, room: Room, user: str
) -> None:
    other = app.test_client()
    enter(client, user, PASSWORD)
    enter(other, user, PASSWORD)
    answer = client.post("/password", data={"old": PASSWORD, "new": "another long one"})
    assert answer.status_code == 302
    assert client.get("/").status_code == 200
    assert other.get("/").status_code == 302


def test_the_administrator_adds_a_user_and_cannot_remove_himself(
    sign_in: SignIn, room: Room
) -> None:
    client = sign_in(Role.ADMIN)
    form = {"action": "add", "name": "乙", "password": PASSWORD, "role": "viewer"}
    assert client.post("/accounts/users", data=form).status_code == 302
    change = {"action": "role", "name": "乙", "role": "officer"}
    assert client.post("/accounts/users", data=change).status_code == 302
    [changed] = [row for row in rows(room.database, t.audit) if row.action == "user role"]
    assert (changed.before, changed.after) == ({"role": "viewer"}, {"role": "officer"})
    last = client.post("/accounts/users", data={"action": "disable", "name": "a admin"})
    assert last.status_code == 409
    assert any(row.action == "user add" for row in rows(room.database, t.audit))
