"""The HTTP interface for programs."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from floodwatch.model.people import Role
from floodwatch.store import tables as t
from floodwatch.store import tokens
from floodwatch.web.push_app import create_push_app
from tests.web.conftest import Room, SignIn, rows
from tests.web.small_district import HOSTILE, RESERVOIR


def token(room: Room, *stations: str) -> dict[str, str]:
    """The header of a new token."""
    with room.database.write() as tx:
        secret = tokens.add_token(
            tx.connection, f"t{len(stations)}", stations=stations or None, now=room.clock.wall()
        )
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A program."""
    return app.test_client()


def test_latest_says_value_unit_flag_and_time(client: FlaskClient, room: Room) -> None:
    found = client.get("/api/v1/latest?station=61990003", headers=token(room)).json
    stage = next(each for each in found if each["variable"] == "stage")
    assert stage["time"] == "2026-06-17T20:40:00Z"
    assert (stage["unit"], stage["flag"], stage["gauge"]) == ("m", 1, "1")


def test_readings_of_a_span_and_fewer_to_draw_them(client: FlaskClient, room: Room) -> None:
    header = token(room)
    query = "station=61990003&variable=stage&from=2026-06-18T04:00&to=2026-06-18T04:10"
    found = client.get(f"/api/v1/readings?{query}", headers=header).json
    assert [each["time"] for each in found["readings"]] == [
        "2026-06-17T20:00:00Z",
        "2026-06-17T20:05:00Z",
        "2026-06-17T20:10:00Z",
    ]
    query = "station=61990003&variable=stage&max_points=16"
    assert len(client.get(f"/api/v1/readings?{query}", headers=header).json["readings"]) < 40


@pytest.mark.parametrize(
    "query",
    [
        "station=61990003&variable=x",
        "station=61990003&variable=stage&from=noon",
        "station=61990003&variable=stage&max_points=0",
        "station=61990003&variable=stage&max_points=1e9",
    ],
)
def test_questions_that_make_no_sense_are_refused_in_words(
    client: FlaskClient, room: Room, query: str
) -> None:
    answer = client.get(f"/api/v1/readings?{query}", headers=token(room))
    assert answer.status_code == 400
    assert answer.json["error"] == "Bad Request"
    assert answer.json["detail"]


def test_alerts_have_names_of_severity_and_times(client: FlaskClient, room: Room) -> None:
    header = token(room)
    first = client.get("/api/v1/alerts", headers=header).json[0]
    assert (first["severity"], first["state"]) == ("II", "firing")
    detail: dict[str, Any] = client.get("/api/v1/alerts/1", headers=header).json
    assert (detail["events"][0]["kind"], detail["events"][0]["severity"]) == ("fired", "II")
    assert {each["severity"] for each in detail["obligations"]} == {"II"}
    assert len(detail["obligations"]) == 3


def test_a_token_sees_only_its_stations(client: FlaskClient, room: Room) -> None:
    header = token(room, HOSTILE)
    seen = {each["station"] for each in client.get("/api/v1/latest", headers=header).json}
    assert seen == {HOSTILE}
    assert client.get("/api/v1/alerts/1", headers=header).status_code == 404
    query = f"station={RESERVOIR}&variable=stage"
    assert client.get(f"/api/v1/readings?{query}", headers=header).status_code == 403
    assert client.get("/api/v1/events", headers=header).status_code == 403


def test_a_program_acknowledges_under_its_own_name(client: FlaskClient, room: Room) -> None:
    answer = client.post("/api/v1/alerts/1/ack", json={"note": "n"}, headers=token(room))
    assert answer.status_code == 200
    assert rows(room.database, t.alert)[0].acked_by == "token:t0"


def test_an_alert_that_never_was_cannot_be_acknowledged(client: FlaskClient, room: Room) -> None:
    answer = client.post("/api/v1/alerts/77/ack", json={}, headers=token(room))
    assert (answer.status_code, answer.json["detail"]) == (404, "there is no alert 77")


def test_the_port_for_devices_says_errors_as_json(room: Room) -> None:
    devices = create_push_app(room).test_client()
    for answer in (devices.get("/"), devices.get("/api/v1/readings")):
        assert set(answer.json or {}) == {"error", "detail"}


def test_a_token_of_stations_may_not_acknowledge(client: FlaskClient, room: Room) -> None:
    header = token(room, RESERVOIR)
    assert client.post("/api/v1/alerts/1/ack", json={}, headers=header).status_code == 403


def test_without_a_token_it_says_what_to_send(client: FlaskClient) -> None:
    answer = client.get("/api/v1/latest")
    assert (answer.status_code, answer.json["error"]) == (401, "Unauthorized")
    assert "Bearer" in answer.json["detail"]


def test_a_bad_token_is_worse_than_none(sign_in: SignIn) -> None:
    answer = sign_in(Role.VIEWER).get("/api/v1/latest", headers={"Authorization": "Bearer x"})
    assert answer.status_code == 401


def test_pushing_goes_through_with_a_token_and_notes_its_use(
    client: FlaskClient, room: Room
) -> None:
    reading = {"station": RESERVOIR, "variable": "stage", "time": "2026-06-18T04:45", "value": 1}
    answer = client.post("/api/v1/readings", json=[reading], headers=token(room))
    assert answer.json["accepted"] == 1
    assert room.batches[0].source == "push:t0"
    assert rows(room.database, t.token)[0].last_used is not None


def test_a_cookie_is_no_right_to_push(sign_in: SignIn) -> None:
    assert sign_in(Role.ADMIN).post("/api/v1/readings", json=[]).status_code == 401


def test_every_route_of_the_interface_is_in_its_document(client: FlaskClient, room: Room) -> None:
    document = client.get("/api/v1/openapi.json", headers=token(room)).json
    routes = {
        str(rule).replace("<int:alert_id>", "{id}").replace("<int:seq>", "{seq}")
        for rule in client.application.url_map.iter_rules()
        if str(rule).startswith("/api/v1/")
    }
    assert routes - {"/api/v1/openapi.json"} <= set(document["paths"])
