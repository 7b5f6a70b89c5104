"""The stream of changes: what it says, how it resumes, and how it ends."""

import json
from collections.abc import Iterator

import pytest
from flask import Flask

from floodwatch.model.people import Role
from floodwatch.model.reading import SeriesKey
from floodwatch.store import tables as t
from floodwatch.store.reset import begin_again
from floodwatch.web.boards import Boards
from floodwatch.web.changes import Hub, Stream
from tests.web.conftest import NOW, Room, SignIn, stand_at
from tests.web.seeding import put, put_alert
from tests.web.small_district import POINT, RESERVOIR

STAGE = SeriesKey(RESERVOIR, "1", "stage")


@pytest.fixture
def hub(room: Room) -> Iterator[Hub]:
    """A hub that looks when it is told to."""
    made = Hub(room, Boards(), most=2)
    made._thread = made._thread or _never()
    made.step(whole=True)
    yield made
    made._thread = None
    made.close()


def _never() -> object:
    """In the place of the thread."""
    return object()


def joined(hub: Hub, last: int | None = None) -> Stream:
    """A stream that must be had."""
    stream = hub.join(last)
    assert stream is not None
    return stream


def texts(stream: Stream) -> list[tuple[str, dict[str, object]]]:
    """(event, data) waiting in a stream."""
    found = []
    while not stream._queue.empty():
        text = stream._queue.get()
        lines = dict(line.split(": ", 1) for line in (text or "").splitlines() if ": " in line)
        if "event" in lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


def change(room: Room, value: float, at: int = NOW + 300_000) -> None:
    """One more reading of the reservoir."""
    with room.database.write() as tx:
        put(tx.connection, STAGE, [(at, value)], rev=tx.rev)


def events(stream: Stream) -> list[str]:
    """The names of what waits, without the clock."""
    return [name for name, _data in texts(stream) if name != "clock"]


def test_a_new_reading_is_told_with_its_value(hub: Hub, room: Room) -> None:
    stream = joined(hub)
    change(room, 104.80)
    hub.step()
    found = dict(texts(stream))
    assert found["reading"]["value"] == 104.80
    assert found["change"]["topics"] == ["reading"]
    assert found["change"]["stations"] == [RESERVOIR]


def test_a_new_alert_is_told(hub: Hub, room: Room) -> None:
    stream = joined(hub)
    with room.database.write() as tx:
        put_alert(tx.connection, rev=tx.rev, station=POINT, fired_at=NOW, variable="ponding_depth")
    hub.step()
    found = dict(texts(stream))
    assert found["alert"]["station"] == POINT
    assert "alert" in found["change"]["topics"]


def test_silence_that_comes_by_time_alone_is_told(hub: Hub, room: Room) -> None:
    stream = joined(hub)
    stand_at(room.database, NOW + 3 * 3_600_000)
    hub.step(whole=True)
    found = dict(texts(stream))
    assert found["coverage"]["live"] == 0
    assert found["clock"]["now"] == NOW + 3 * 3_600_000


def test_nothing_is_said_when_nothing_changed(hub: Hub) -> None:
    stream = joined(hub)
    hub.step()
    hub.step(whole=True)
    assert events(stream) == []


def test_a_client_resumes_where_it_was_cut_off(hub: Hub, room: Room) -> None:
    before = hub._seen
    change(room, 104.80)
    hub.step()
    change(room, 104.81, NOW + 600_000)
    hub.step()
    assert events(joined(hub, before)) == ["reading", "change", "reading", "change"]
    assert events(joined(hub, hub._seen)) == []


@pytest.mark.parametrize("last", [-5, 10**9])
def test_a_client_that_is_too_far_behind_starts_afresh(hub: Hub, last: int) -> None:
    assert events(joined(hub, last)) == ["reset"]


def test_above_the_cap_nobody_is_let_in(hub: Hub) -> None:
    first = joined(hub)
    joined(hub)
    assert hub.join(None) is None
    first.close()
    assert hub.join(None) is not None


def test_a_client_that_does_not_listen_is_told_to_start_afresh(hub: Hub) -> None:
    stream = joined(hub)
    for _ in range(3000):
        stream.put("x")
    sent = list(stream.messages(lambda: True))
    assert "event: reset" in sent[-1]


def test_when_the_demonstration_begins_again_everybody_starts_afresh(hub: Hub, room: Room) -> None:
    stream = joined(hub)
    with room.database.write() as tx:
        begin_again(tx, NOW)
    hub.step()
    hub.step(whole=True)
    assert events(stream)


def test_the_stream_ends_when_the_server_stops(app: Flask, sign_in: SignIn) -> None:
    client = sign_in(Role.VIEWER)
    with client.get("/api/v1/events") as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert answer.headers["X-Accel-Buffering"] == "no"
        pieces = iter(answer.response)
        assert b"retry" in next(pieces)
        app.extensions["floodwatch.hub"].close()
        assert all(b"event" in piece or piece.startswith(b":") for piece in pieces)


def test_the_stream_says_503_above_its_cap(app: Flask, sign_in: SignIn) -> None:
    app.extensions["floodwatch.hub"].most = 0
    answer = sign_in(Role.VIEWER).get("/api/v1/events")
    assert answer.status_code == 503
    assert "0 streams" in answer.json["detail"]


def test_a_tone_of_the_room_reaches_every_page(room: Room, hub: Hub) -> None:
    stream = joined(hub)
    with room.database.write() as tx:
        tone = {"at": NOW, "alert_id": 1, "severity": 3, "kind": "new"}
        tx.connection.execute(t.sound.insert().values(**tone, rev=tx.rev))
    hub.step()
    [heard] = [data for event, data in texts(stream) if event == "sound"]
    assert {name: heard[name] for name in tone} == tone
