"""/health, /healthz and /metrics: what people, the supervisor and the buddy see of the service."""

from dataclasses import replace

import pytest

from floodwatch.loops import Loops, path_of
from floodwatch.model.clock import MINUTE, SetClock, SystemClock
from floodwatch.model.people import Role
from floodwatch.pipeline import machine
from floodwatch.pipeline.machine import Room as Space
from floodwatch.store.clockwork import Lease, set_setting, setting
from tests.web.conftest import NOW, Room, SignIn

CLOCK = SystemClock()


def engine(room: Room, *, standing: bool = False) -> None:
    """The stamps of an engine of this machine; when `standing`, its sender hangs."""
    late = SetClock(round(CLOCK.monotonic() * 1000) - 20_000)
    Loops(path_of(room.data, "engine"), late if standing else CLOCK).loop("sender")


def test_healthz_tells_loops_beat_and_canary(sign_in: SignIn, room: Room) -> None:
    engine(room)
    epoch = Lease().claim(room.database, holder="test", clock=CLOCK)
    with room.database.write() as tx:
        set_setting(tx, "canary", {"at": NOW, "lag_ms": 212})
    answer = sign_in(Role.VIEWER).get("/healthz")
    assert answer.status_code == 200
    assert answer.json["status"] == "ok"
    assert (answer.json["epoch"], answer.json["beat"]) == (epoch, 0)
    assert answer.json["loops"]["sender"]["fresh"] is True
    assert answer.json["canary_lag_ms"] == 212


def test_a_loop_that_stands_is_a_503_and_stands_out_on_the_page(
    sign_in: SignIn, room: Room
) -> None:
    engine(room, standing=True)
    client = sign_in(Role.VIEWER)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json["status"] == "a loop stands"
    assert "<b>停了" in client.get("/health").text
    assert 'floodwatch_loop_age_seconds{loop="sender"} 2' in client.get("/metrics").text


def test_a_canary_that_has_not_arrived_for_long_is_a_503(sign_in: SignIn, room: Room) -> None:
    with room.database.write() as tx:
        set_setting(tx, "canary", {"at": NOW - 13 * MINUTE, "lag_ms": 212})
    answer = sign_in(Role.VIEWER).get("/healthz")
    assert answer.status_code == 503
    assert answer.json["status"] == "alerts do not get out"


def expects_buddy(room: Room) -> None:
    room.configuration.district = replace(room.configuration.district, watch={"buddy": True})


def seen(room: Room) -> object:
    with room.database.read() as connection:
        return setting(connection, "buddy_seen")


def test_where_a_secret_is_set_only_who_knows_it_counts_as_the_buddy(
    sign_in: SignIn, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in(Role.VIEWER)
    expects_buddy(room)
    monkeypatch.setenv("FLOODWATCH_BUDDY_SECRET", "一把钥匙")
    client.get("/healthz?buddy=a")
    client.get("/healthz?buddy=a&key=wrong")
    assert seen(room) is None
    assert client.get("/healthz?buddy=a&key=一把钥匙").status_code in (200, 503)
    assert "'name': 'a'" in str(seen(room))
    monkeypatch.delenv("FLOODWATCH_BUDDY_SECRET")
    monkeypatch.setenv("FLOODWATCH_BUDDY_SECRET_FILE", "/nowhere")
    assert client.get("/healthz?buddy=b").status_code in (200, 503)


def test_a_buddy_that_asks_is_written_down(sign_in: SignIn, room: Room) -> None:
    client = sign_in(Role.VIEWER)
    client.get("/healthz?buddy=%E4%B9%99%E6%9C%BA")
    assert seen(room) is None, "nobody expects one"
    expects_buddy(room)
    assert "还没有来过" in client.get("/health").text
    client.get("/healthz?buddy=%E4%B9%99%E6%9C%BA%0A" + "x" * 100)
    found = seen(room)
    assert isinstance(found, dict)
    assert found["name"] == "乙机" + "x" * 38
    client.get("/healthz?buddy=other")
    assert seen(room) == found, "not at each question"
    assert "乙机" in client.get("/health").text


def test_the_page_tells_what_is_wrong_with_the_machine_and_the_ways(
    sign_in: SignIn, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "room", lambda *_: Space(0.031, 300 << 20))
    expects_buddy(room)
    with room.database.write() as tx:
        set_setting(tx, "buddy_seen", {"at": NOW - 20 * MINUTE, "name": "乙机"})
        set_setting(tx, "audit", {"to": NOW, "unexplained": 3, "first": "no alert: <b>x</b>"})
        set_setting(tx, "heartbeat", {"at": NOW, "error": "HTTP 500"})
    page = sign_in(Role.VIEWER).get("/health").text
    for wrong in ("<b>3%</b>", "<b>300.0 MB</b>", "<b>3 处对不上</b>", "&lt;b&gt;x"):
        assert wrong in page
    assert "后没有来过" in page
