"""The telemetry server over real sockets: committed before it is answered, and never put off."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from floodwatch.bootstrap import follow_folder
from floodwatch.bootstrap.telemetry import telemetry_server
from floodwatch.model.clock import HOUR, MINUTE, SystemClock
from floodwatch.sources.sl651.encode import encode_reply, encode_up, serial_of
from floodwatch.sources.sl651.frame import Direction, End
from floodwatch.sources.sl651.message import HEARTBEAT, TEST
from floodwatch.sources.sl651.scan import scan
from floodwatch.sources.sl651.settings import Sl651Table
from tests.pipeline.telling import until
from tests.sources.sl651.serving import RESERVOIR, STRANGER, ZONE, Line, Served, frame, served

DAY_ONE = SystemClock().wall() // HOUR * HOUR - 20 * HOUR


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


def test_frames_merged_in_one_segment_are_each_answered(server: Served) -> None:
    merged = b"".join(
        frame(n, ("39", 95 + n / 100), observed=n * MINUTE + DAY_ONE) for n in range(1, 41)
    )
    with Line(server.server) as line:
        replies = line.send(merged).replies(40)
    assert [serial_of(reply) for reply in replies] == list(range(1, 41))
    assert len(server.stages()) == 40


def test_a_frame_split_over_many_segments_is_one_frame(server: Served) -> None:
    sent = frame(9, ("39", 95.3))
    with Line(server.server) as line:
        line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start in range(0, len(sent), 3):
            line.send(sent[start : start + 3])
        assert serial_of(line.reply()) == 9


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("bad check value", lambda good: good[:-1] + bytes([good[-1] ^ 1])),
        ("a byte changed", lambda good: good[:30] + bytes([good[30] ^ 16]) + good[31:]),
        ("cut short", lambda good: good[:-9]),
        ("too long a length", lambda good: good[:12] + bytes([good[12] + 7]) + good[13:]),
        ("too short a length", lambda good: good[:12] + bytes([good[12] - 7]) + good[13:]),
        ("bytes behind", lambda good: b"\x7e" + b"AT+CIPSEND\r\n" + b"\x7e\x7e"),
        ("nothing", lambda good: b"\x00" * 300),
    ],
)
def test_damage_is_counted_and_costs_no_neighbour(
    server: Served, name: str, spoil: Callable[[bytes], bytes]
) -> None:
    good = frame(11, ("39", 95.4), observed=DAY_ONE)
    after = frame(12, ("39", 95.5), observed=DAY_ONE + MINUTE)
    with Line(server.server) as line:
        replies = line.send(spoil(good) + after).replies(1)
    assert [serial_of(reply) for reply in replies] == [12]
    assert server.stages() == [95.5]
    assert until(lambda: any(row.outcome == "refused" and row.problems for row in server.rows()))


def test_a_start_within_the_data_begins_no_frame(server: Served) -> None:
    within = b"\xff\x11\x20" + b"\x7e\x7e\x01\x00"
    with Line(server.server) as line:
        reply = line.send(frame(13, ("39", 95.6), extra=within)).reply()
    assert serial_of(reply) == 13
    assert server.stages() == [95.6]


def test_a_frame_that_announces_more_is_acknowledged(server: Served) -> None:
    with Line(server.server) as line:
        assert line.send(frame(14, ("39", 95.6), end=End.ETB)).reply().end is End.ACK


@pytest.mark.parametrize(("manner", "end"), [("eot", End.EOT), ("esc", End.ESC)])
def test_a_station_is_let_sleep_or_kept_on_line(tmp_path: Path, manner: str, end: End) -> None:
    with served(tmp_path, sl651=f'{{reply = "{manner}"}}') as made, Line(made.server) as line:
        assert line.send(frame(15, ("39", 95.6))).reply().end is end


def test_a_heartbeat_has_no_answer_and_a_test_no_series(server: Served) -> None:
    beat = frame(16, function=HEARTBEAT)
    with Line(server.server) as line:
        reply = line.send(beat + frame(17, ("39", 55.0), function=TEST)).reply()
    assert serial_of(reply) == 17
    assert server.stages() == []
    assert [row.outcome for row in server.rows()] == ["test"]
    assert server.counts["heartbeats"] == 1
    assert server.server.attendant.desk.heard["61990001"] > 0


def test_a_station_without_answers_is_silent_but_stored(tmp_path: Path) -> None:
    with served(tmp_path, sl651='{reply = "none"}') as made, Line(made.server) as line:
        line.send(frame(18, ("39", 95.7)))
        assert until(lambda: made.stages() == [95.7])
        assert made.counts["replies"] == 0


def test_an_unknown_station_gets_no_answer_and_no_series(server: Served) -> None:
    with Line(server.server) as line:
        reply = line.send(
            frame(19, ("39", 1.0), address=STRANGER) + frame(20, ("39", 95.8))
        ).reply()
    assert serial_of(reply) == 20
    assert until(lambda: len(server.rows()) == 2)
    refused = next(row for row in server.rows() if row.outcome == "refused")
    assert (refused.address, refused.station) == (STRANGER, None)
    assert refused.problems == ["unknown station address"]


def test_an_unknown_station_may_be_answered_all_the_same(tmp_path: Path) -> None:
    with served(tmp_path, allow_unknown=True) as made, Line(made.server) as line:
        assert serial_of(line.send(frame(21, ("39", 1.0), address=STRANGER)).reply()) == 21


def test_frames_of_somebody_unknown_do_not_fill_the_disk(server: Served) -> None:
    many = b"".join(frame(n, ("39", 1.0), address=f"00{n:08d}") for n in range(1, 301))
    with Line(server.server) as line:
        line.send(many + frame(22, ("39", 95.8))).reply()
        assert until(lambda: server.counts["refused"] == 300)
        line.send(frame(23, ("39", 95.8))).reply()
    assert len(server.rows()) <= 20


def test_a_password_that_is_configured_must_be_right(tmp_path: Path) -> None:
    with served(tmp_path, sl651='{frame_password = "1234"}') as made, Line(made.server) as line:
        wrong, right = frame(24, ("39", 95.9)), frame(25, ("39", 95.9))
        right = spelled(right, password="1234")
        assert serial_of(line.send(wrong + right).reply()) == 25


def test_frames_for_another_centre_are_refused(tmp_path: Path) -> None:
    with served(tmp_path, centre=9) as made, Line(made.server) as line:
        line.send(frame(26, ("39", 95.9)))
        assert until(lambda: made.counts["refused"] == 1)


def spelled(sent: bytes, *, password: str) -> bytes:
    """The same frame with another password."""
    (one,) = scan(sent).frames
    return encode_up(station=one.station, function=one.function, body=one.body, password=password)


def test_a_reply_of_a_centre_is_no_report(server: Served) -> None:
    (one,) = scan(frame(27, ("39", 95.9))).frames
    down = encode_reply(one, now=SystemClock().wall(), zone=ZONE, end=End.EOT)
    with Line(server.server) as line:
        assert serial_of(line.send(down + frame(28, ("39", 95.9))).reply()) == 28
    assert until(lambda: server.counts["refused"] == 1)


def test_datagrams_are_answered_to_where_they_came_from(server: Served) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.settimeout(20)
        line.sendto(b"\x00garbage", ("127.0.0.1", server.server.port))
        line.sendto(frame(29, ("39", 96.1)), ("127.0.0.1", server.server.port))
        (reply,) = scan(line.recv(4096)).frames
    assert serial_of(reply) == 29
    assert server.stages() == [96.1]


def test_answers_still_come_after_the_station_has_said_all(server: Served) -> None:
    with Line(server.server) as line:
        line.send(frame(30, ("39", 96.2)))
        line.socket.shutdown(socket.SHUT_WR)
        assert serial_of(line.reply()) == 30
        assert line.hung_up()


def test_a_changed_configuration_is_followed_while_stations_are_connected(
    server: Served, tmp_path: Path
) -> None:
    with Line(server.server) as line:
        line.send(frame(31, ("39", 96.3), address=STRANGER) + frame(32, ("39", 96.3))).reply()
        stations = tmp_path / "config" / "stations.toml"
        more = '[[station]]\ncode = "61999999"\nname = "示范新站"\nkind = "river"\n'
        more += 'gauges = [{variable = "stage"}]\n'
        stations.write_text(stations.read_text("utf-8") + more, "utf-8")
        follow_folder(server.services, who="test")
        assert until(lambda: STRANGER in server.server.attendant.desk.book.by_address)
        line.send(frame(33, ("39", 7.5), address=STRANGER)).reply()
    assert server.stages("61999999") == [7.5]


def test_the_port_can_be_taken(server: Served, tmp_path: Path) -> None:
    again = telemetry_server(
        server.services, Sl651Table(host="127.0.0.1", port=server.server.port), server.way
    )
    with pytest.raises(OSError, match="in use"):
        again.start()


def test_what_the_server_has_counted_goes_on_after_a_restart(tmp_path: Path) -> None:
    with served(tmp_path) as made, Line(made.server) as line:
        line.send(frame(34, ("39", 96.3))).reply()
    note = made.way.note()
    assert note is not None
    assert note.cursor["counts"]["taken"] == 1
    assert list(note.cursor["heard"]) == ["61990001"]
    assert note.counts.stored == 1
