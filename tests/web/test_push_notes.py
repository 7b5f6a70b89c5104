"""What pushing tokens bring is noted by token and shown among the sources."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from floodwatch.model.batch import Batch, Receipt
from floodwatch.model.errors import StorageError
from floodwatch.model.people import Role, TokenGrant
from floodwatch.pipeline import source_watch
from floodwatch.sources.push_bodies import Parsed
from floodwatch.sources.push_notes import EXTENSION, PushNotes
from floodwatch.sources.way import Way
from floodwatch.store import source_log
from floodwatch.store.source_log import SourceState
from floodwatch.web.push_app import create_push_app
from floodwatch.web.server import WebServer
from tests.web.conftest import NOW, Room, SignIn
from tests.web.small_district import RESERVOIR
from tests.web.test_api import token

AT = "2026-06-18T04:35:00+08:00"
GOOD = {"station": RESERVOIR, "variable": "stage", "time": AT, "value": 104.7}


def noted(room: Room, name: str = "push:t0") -> SourceState:
    with room.database.read() as connection:
        return source_log.states(connection)[name]


def pushed(app: Flask, room: Room, *bodies: Any) -> None:
    client, header = app.test_client(), token(room)
    for body in bodies:
        client.post("/api/v1/readings", json=body, headers=header)


def test_the_port_for_devices_notes_success_counts_newest_and_refusals(room: Room) -> None:
    devices = create_push_app(room)
    pushed(devices, room, [GOOD, GOOD | {"value": True}], "no list")
    devices.extensions[EXTENSION].flush()
    state = noted(room)
    assert (state.kind, state.last_success, state.newest) == ("push", NOW, NOW - 300_000)
    assert (state.counts.taken, state.counts.stored, state.counts.rejected) == (2, 1, 1)
    assert [(r.what, "value" in r.why) for r in state.refusals] == [
        ("request", False),
        ("row 2", True),
    ]


def test_the_page_shows_it_and_nobody_is_told_that_it_is_silent(
    app: Flask, room: Room, sign_in: SignIn
) -> None:
    pushed(app, room, [GOOD, GOOD | {"time": "noon"}])
    app.extensions[EXTENSION].flush()
    page = sign_in(Role.OFFICER).get("/sources").text
    assert "push:t0" in page
    assert "正常" in page
    assert "time must be ISO 8601" in page
    with room.database.read() as connection:
        found = source_watch.findings(connection, room.configuration.district, now=NOW * 2)
        assert dict(found) == {"push:t0": source_watch.CLEAR}


def test_what_a_server_has_not_written_yet_is_written_when_it_stops(app: Flask, room: Room) -> None:
    server = WebServer(app, host="127.0.0.1", port=0)
    pushed(app, room, [GOOD])
    server.start()
    server.stop()
    assert noted(room).counts.stored == 1


def test_a_push_that_cannot_be_stored_is_noted_and_so_is_what_could_not_be_written(
    room: Room,
) -> None:
    full = [True]

    def submit(batch: Batch) -> Receipt:
        raise StorageError("the disk is full")

    def write(ways: list[Way]) -> None:
        if full[0]:
            raise StorageError("the disk is full")
        seen.extend(ways)

    seen: list[Way] = []
    notes = PushNotes(
        submit, lambda: replace(room.configuration.district), clock=room.clock, write=write
    )
    with pytest.raises(StorageError):
        notes.submit(TokenGrant(1, "gateway"), Parsed((), (), ()))
    notes.flush()
    full[0] = False
    notes.flush()
    [way] = seen
    note = way.note()
    assert note is not None
    assert (note.failures, note.error) == (1, "not stored: the disk is full")
