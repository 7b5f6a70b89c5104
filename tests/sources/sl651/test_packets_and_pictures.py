"""Messages of several packets, and the pictures that come in them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from floodwatch.model.clock import HOUR, MINUTE, SystemClock
from floodwatch.sources.sl651.encode import encode_packets, opening
from floodwatch.sources.sl651.frame import End, Packet
from floodwatch.sources.sl651.message import PICTURE
from floodwatch.sources.sl651.packets import Assembly
from tests.pipeline.telling import until
from tests.sources.sl651.serving import RESERVOIR, ZONE, Line, Served, served

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 12 + b"\x7e\x7e\x01\x00" * 9 + b"\xff\xd9"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as made:
        yield made


def photographed(serial: int, data: bytes = JPEG, *, minutes: int = 0) -> list[bytes]:
    """The packets of a picture of that many minutes ago."""
    now = SystemClock().wall() // MINUTE * MINUTE - minutes * MINUTE
    body = opening(serial, now, zone=ZONE) + b"\xf1\xf1" + bytes.fromhex(RESERVOIR) + b"K"
    body += b"\xf0\xf0" + opening(0, now, zone=ZONE)[2:7] + b"\xf3\xf3" + data
    return encode_packets(station=RESERVOIR, function=PICTURE, body=body, size=300)


def test_a_picture_in_packets_is_put_together_and_answered_once(server: Served) -> None:
    packets = photographed(5)
    assert len(packets) > 9
    with Line(server.server) as line:
        reply = line.send(b"".join(packets)).reply()
    assert (reply.end, reply.body[:2]) == (End.EOT, b"\x00\x05")
    assert reply.packet == Packet(len(packets), len(packets))
    found = server.picture()
    assert found is not None
    assert (found[0].mime, found[0].whole, found[1]) == ("image/jpeg", True, JPEG)
    assert [row.outcome for row in server.rows()] == ["taken"]


def test_packets_may_come_in_any_order_and_over_two_connections(server: Served) -> None:
    packets = photographed(6)
    with Line(server.server) as line:
        line.send(b"".join(packets[4:1:-1]))
        assert until(lambda: server.counts["frames"] == 3)
    with Line(server.server) as line:
        line.send(b"".join(packets[:2] + packets[5:])).reply()
    assert server.picture()[1] == JPEG  # type: ignore[index]


def test_a_missing_packet_is_asked_for_by_its_number(server: Served) -> None:
    packets = photographed(7)
    with Line(server.server) as line:
        asked = line.send(b"".join(packets[:3] + packets[4:])).reply()
        assert (asked.end, asked.packet) == (End.NAK, Packet(len(packets), 4))
        assert server.picture() is None
        assert line.send(packets[3]).reply().end is End.EOT
    assert server.picture()[1] == JPEG  # type: ignore[index]


def test_a_picture_sent_again_is_answered_again_and_kept_once(server: Served) -> None:
    packets = b"".join(photographed(8))
    with Line(server.server) as line:
        line.send(packets).reply()
        assert line.send(packets).reply().end is End.EOT
    assert until(lambda: [row.outcome for row in server.rows()] == ["taken", "repeated"])


def test_what_came_of_a_picture_is_kept_as_incomplete(server: Served) -> None:
    server.server.attendant.desk.assembly = Assembly(age=0)
    with Line(server.server) as line:
        line.send(b"".join(photographed(9)[:6]))
        assert until(lambda: server.picture() is not None)
    found, data = server.picture()  # type: ignore[misc]
    assert not found.whole
    assert JPEG.startswith(data[:900])


def test_a_whole_picture_takes_the_place_of_its_remains(server: Served) -> None:
    packets, desk = photographed(10), server.server.attendant.desk
    with Line(server.server) as line:
        desk.assembly = Assembly(age=0)
        line.send(b"".join(packets[:6]))
        assert until(lambda: server.picture() is not None)
        desk.assembly = Assembly(age=HOUR)
        line.send(b"".join(packets)).reply()
    found, data = server.picture()  # type: ignore[misc]
    assert (found.id, found.whole, data) == (1, True, JPEG)


def test_the_newest_picture_is_the_one_of_the_latest_time(server: Served) -> None:
    older = JPEG[:-2] + b"older\xff\xd9"
    with Line(server.server) as line:
        line.send(b"".join(photographed(11))).reply()
        line.send(b"".join(photographed(12, older, minutes=90))).reply()
    assert server.picture()[1] == JPEG  # type: ignore[index]
