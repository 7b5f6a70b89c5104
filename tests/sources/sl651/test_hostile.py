"""Clients that mean harm, or are broken: the others do not notice."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack
from pathlib import Path

import pytest

from floodwatch.model.batch import Receipt
from floodwatch.model.errors import StorageError
from floodwatch.sources.sl651.encode import serial_of
from floodwatch.sources.sl651.message import HEARTBEAT
from tests.pipeline.telling import until
from tests.sources.sl651.serving import Line, Served, frame, served

HOSTILE = "127.0.0.2"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path, per_address=20, connections=60) as made:
        yield made


def inside(server: Served) -> int:
    return len(server.server._doors.inside)


def test_one_address_holds_only_so_many_connections_that_prove_nothing(server: Served) -> None:
    with ExitStack() as stack:
        for _ in range(400):
            stack.enter_context(Line(server.server, source=HOSTILE))
        with Line(server.server) as line:
            assert serial_of(line.send(frame(1, ("39", 95.1))).reply()) == 1
        assert inside(server) <= 21
        assert server.counts["turned away"] >= 300


def test_connections_of_stations_do_not_count_against_their_address(server: Served) -> None:
    with ExitStack() as stack:
        lines = []
        for number in range(30):  # all behind one address translation
            line = stack.enter_context(Line(server.server))
            line.send(frame(number, ("39", 95.1))).reply()
            lines.append(line)
        assert inside(server) == 30
        assert serial_of(lines[0].send(frame(99, ("39", 95.2))).reply()) == 99


def test_when_all_places_are_taken_the_oldest_stranger_goes(tmp_path: Path) -> None:
    with served(tmp_path, connections=16) as server, ExitStack() as stack:
        strangers = [stack.enter_context(Line(server.server, source=HOSTILE)) for _ in range(16)]
        assert until(lambda: inside(server) == 16)
        line = stack.enter_context(Line(server.server))
        assert serial_of(line.send(frame(1, ("39", 95.1))).reply()) == 1
        assert strangers[0].hung_up()


def test_a_drop_a_second_keeps_no_place_for_ever(tmp_path: Path) -> None:
    with served(tmp_path, first="1s") as server:
        slow = Line(server.server, source=HOSTILE)
        begun = frame(1, ("39", 95.1))

        def drip() -> None:
            try:
                for byte in begun:
                    slow.send(bytes([byte]))
                    time.sleep(0.3)
            except OSError:
                return  # hung up on: that is what is waited for

        thread = threading.Thread(target=drip)
        thread.start()
        with Line(server.server) as line:
            assert serial_of(line.send(frame(2, ("39", 95.1))).reply()) == 2
        thread.join(30)
        assert not thread.is_alive()
        assert inside(server) == 0
        slow.socket.close()


def test_a_connection_of_garbage_is_given_up(server: Served) -> None:
    with Line(server.server, source=HOSTILE) as line:
        try:
            for _ in range(40):
                line.send(b"\x00\x7e\x7e" * 3000)
        except OSError:
            return
        assert line.hung_up()


def test_a_station_that_reads_no_answers_is_hung_up_on(server: Served) -> None:
    repeated = frame(3, ("39", 95.1))
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        deaf.settimeout(20)
        deaf.connect(("127.0.0.1", server.server.port))
        try:
            for _ in range(5000):
                deaf.sendall(repeated * 200)
        except OSError:
            pass
        else:
            pytest.fail("it was listened to for ever")
    with Line(server.server) as line:
        assert serial_of(line.send(frame(4, ("39", 95.1))).reply()) == 4


def test_a_flood_of_heartbeats_holds_nobody_up(server: Served) -> None:
    with Line(server.server, source=HOSTILE) as flood, Line(server.server) as line:
        flood.send(frame(5, function=HEARTBEAT) * 3000)
        assert serial_of(line.send(frame(6, ("39", 95.1))).reply()) == 6
        assert until(lambda: server.counts["heartbeats"] == 3000)
    assert [row.serial for row in server.rows()] == [6]


def test_only_the_networks_of_the_stations_are_let_in(tmp_path: Path) -> None:
    with served(tmp_path, networks=["127.0.0.1/32"]) as server:
        with Line(server.server, source=HOSTILE) as line:
            assert line.hung_up()
        with Line(server.server) as line:
            assert serial_of(line.send(frame(7, ("39", 95.1))).reply()) == 7


def test_frames_that_cannot_be_stored_are_not_answered_until_they_can(server: Served) -> None:
    writer = server.services.writer
    real, broken = writer.enqueue, threading.Event()

    def enqueue(batch, beside=None):  # type: ignore[no-untyped-def]
        if not broken.is_set():
            return real(batch, beside)
        failed: Future[Receipt] = Future()
        failed.set_exception(StorageError("the disk is full"))
        return failed

    writer.enqueue = enqueue  # type: ignore[method-assign]
    broken.set()
    sent = frame(8, ("39", 95.1))
    with Line(server.server) as line:
        line.send(sent)
        assert until(lambda: server.counts["unstored"] == 1)
        assert server.stages() == []
        broken.clear()
        assert serial_of(line.send(sent).reply()) == 8
        assert server.stages() == [95.1]
        assert server.counts["repeated"] == 0
    note = server.way.note()
    assert note is not None
    assert "disk is full" in str(note.error)


def test_a_database_that_is_locked_holds_the_answer_back(server: Served) -> None:
    with server.services.database.write() as tx, Line(server.server) as line:
        line.send(frame(9, ("39", 95.1)))
        assert until(lambda: server.server.attendant.waiting == 1)
        line.socket.settimeout(0.3)
        with pytest.raises(TimeoutError):
            line.reply()
        assert tx.rev
        tx_ended = True
    assert tx_ended
    with Line(server.server) as line:
        assert serial_of(line.send(frame(9, ("39", 95.1), at=1)).reply()) == 9
