"""The telemetry server over real sockets: committed before it is answered, and never put off."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from floodwatch.sources.sl651.encode import serial_of
from floodwatch.sources.sl651.frame import Direction, End
from tests.pipeline.telling import until
from tests.sources.sl651.serving import (
    RESERVOIR,
    Line,
    Served,
    frame,
    served,
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as made:
        yield made


def test_a_reply_means_that_the_readings_are_committed(server: Served) -> None:
    with Line(server.server) as line:
        reply = line.send(frame(7, ("39", 95.12))).reply()
        assert server.stages() == [95.12]
    assert (reply.direction, reply.function, reply.end) == (Direction.DOWN, 0x32, End.EOT)
    assert (reply.station, serial_of(reply)) == (RESERVOIR, 7)
    (row,) = server.rows()
    assert (row.outcome, row.readings, row.station, row.serial) == ("taken", 1, "61990001", 7)


def test_a_frame_sent_again_is_answered_again_and_stored_once(server: Served) -> None:
    sent = frame(8, ("39", 95.2))
    with Line(server.server) as line:
        replies = line.send(sent).replies(1) + line.send(sent).replies(1)
    assert [serial_of(reply) for reply in replies] == [8, 8]
    assert until(lambda: [row.outcome for row in server.rows()] == ["taken", "repeated"])
    assert server.stages() == [95.2]


def test_a_frame_is_recognised_after_a_restart(tmp_path: Path) -> None:
    sent = frame(8, ("39", 95.2))
    with served(tmp_path) as first, Line(first.server) as line:
        line.send(sent).reply()
    with served(tmp_path) as second, Line(second.server) as line:
        line.send(sent).reply()
        assert until(lambda: [row.outcome for row in second.rows()] == ["taken", "repeated"])
