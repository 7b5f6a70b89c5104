"""Frames in a stream: merged, split, damaged, with bytes between them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from floodwatch.sources.sl651.crc import crc16
from floodwatch.sources.sl651.frame import LONGEST_FRAME, Direction, Encoding, End, Fault
from floodwatch.sources.sl651.scan import Scan, scan
from tests.sources.sl651.reports import (
    ASCII,
    COLD,
    CORPUS,
    HEARTBEAT,
    HOURLY,
    PACKETS,
    STATION,
    TIMED,
)


def faults(found: Scan) -> list[Fault]:
    return [damage.fault for damage in found.problems]


def raws(found: Scan) -> list[bytes]:
    return [frame.raw for frame in found.frames]


def fed(chunks: list[bytes]) -> Scan:
    """What a stream gives that arrives in these pieces."""
    pieces, rest = [], b""
    for chunk in chunks:
        found = scan(rest + chunk)
        pieces += found.pieces
        rest = found.rest
    last = scan(rest, final=True)
    return Scan((*pieces, *last.pieces), last.rest)


def test_the_header_of_a_frame_is_read() -> None:
    (frame,) = scan(TIMED).frames
    assert (frame.station, frame.centre, frame.password) == (STATION, 1, "0000")
    assert (frame.function, frame.direction, frame.end) == (0x32, Direction.UP, End.ETX)
    assert frame.encoding is Encoding.HEX


def test_the_header_of_an_ascii_frame_is_read_the_same() -> None:
    (frame,) = scan(ASCII).frames
    assert (frame.station, frame.centre, frame.function) == (STATION, 1, 0x32)
    assert frame.encoding is Encoding.ASCII


def test_merged_frames_come_apart_in_order() -> None:
    assert raws(scan(TIMED + ASCII + COLD + HEARTBEAT)) == [TIMED, ASCII, COLD, HEARTBEAT]


@pytest.mark.parametrize("frame", CORPUS)
def test_a_frame_that_comes_byte_by_byte_is_one_frame(frame: bytes) -> None:
    found = fed([bytes((byte,)) for byte in frame])
    assert (raws(found), found.problems) == ([frame], ())


@given(st.lists(st.sampled_from(CORPUS), min_size=1, max_size=5), st.data())
def test_frames_split_anywhere_are_all_found(frames: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(frames)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    bounds = [0, *cuts, len(stream)]
    found = fed([stream[a:b] for a, b in pairwise(bounds)])
    assert (raws(found), found.problems) == (frames, ())


def test_a_frame_not_yet_all_there_waits() -> None:
    found = scan(TIMED[:-1])
    assert (found.pieces, found.rest) == ((), TIMED[:-1])


def test_a_frame_that_will_not_be_completed_is_truncated() -> None:
    found = scan(TIMED[:-1], final=True)
    assert (faults(found), found.rest) == ([Fault.TRUNCATED], b"")


def test_a_header_cut_short_is_truncated_too() -> None:
    assert faults(scan(TIMED[:9], final=True)) == [Fault.TRUNCATED]


def test_a_truncated_frame_does_not_hold_up_the_one_behind_it() -> None:
    found = scan(TIMED[:-30] + HEARTBEAT)
    assert (raws(found), faults(found)) == ([HEARTBEAT], [Fault.TRUNCATED])


def test_a_frame_that_runs_into_the_next_one_has_no_end_where_its_length_says() -> None:
    found = scan(TIMED[:-8] + COLD)
    assert (raws(found), faults(found)) == ([COLD], [Fault.LENGTH])


def test_a_frame_with_a_wrong_check_value_is_refused_and_its_neighbours_stand() -> None:
    bad = TIMED[:-1] + bytes((TIMED[-1] ^ 1,))
    found = scan(COLD + bad + ASCII)
    assert (raws(found), faults(found)) == ([COLD, ASCII], [Fault.CRC])


def test_a_refused_frame_shows_whose_it_seems_to_be() -> None:
    (damage,) = scan(TIMED[:-1] + bytes((TIMED[-1] ^ 1,))).problems
    assert damage.frame is not None
    assert damage.frame.station == STATION


@pytest.mark.parametrize("length", [0, 1, 20, 80, 4095])
def test_a_wrong_length_costs_only_its_own_frame(length: int) -> None:
    bad = TIMED[:11] + length.to_bytes(2) + TIMED[13:]
    found = fed([COLD + bad, HEARTBEAT + HOURLY])
    assert raws(found) == [COLD, HEARTBEAT, HOURLY]
    assert len(found.problems) == 1


@pytest.mark.parametrize("extra", [b"\x7e", b"\x7e\x7e", b"\x00", b"\r\n", b"\x01", b"\xff" * 40])
def test_bytes_between_frames_are_counted_and_lose_nothing(extra: bytes) -> None:
    found = fed([TIMED + extra + COLD])
    assert (raws(found), faults(found)) == ([TIMED, COLD], [Fault.STRAY])
    assert found.problems[0].raw == extra


def test_a_start_within_data_does_not_cut_the_frame() -> None:
    assert any(b"\x7e\x7e" in packet[2:] for packet in PACKETS)
    assert raws(scan(b"".join(PACKETS))) == list(PACKETS)


def test_the_packet_number_is_read_and_is_not_of_the_body() -> None:
    first = scan(PACKETS[0]).frames[0]
    assert first.packet is not None
    assert (first.packet.total, first.packet.sequence) == (len(PACKETS), 1)
    assert first.body[:2] == b"\x00\x05"


@given(st.binary(max_size=600))
def test_every_byte_is_accounted_for(data: bytes) -> None:
    found = scan(TIMED[: len(data) // 8] + data + COLD)
    told = b"".join(piece.raw for piece in found.pieces) + found.rest
    assert told == TIMED[: len(data) // 8] + data + COLD


def test_what_waits_never_grows_beyond_a_frame() -> None:
    endless = (b"\x7e\x7e" + bytes(9) + b"\x0f\xff\x02") * 2000
    rest = b""
    for start in range(0, len(endless), 100):
        rest = scan(rest + endless[start : start + 100]).rest
        assert len(rest) <= LONGEST_FRAME


def test_bytes_made_to_look_like_frames_cost_no_more_than_a_few_readings_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checked = []

    def counted(data: bytes) -> int:
        checked.append(len(data))
        return crc16(data)

    monkeypatch.setattr("floodwatch.sources.sl651.frame.crc16", counted)
    header_upon_header = (b"\x7e\x7e" + bytes(9) + b"\x0f\xe0\x02\x03\x03") * 4096
    found = scan(header_upon_header + TIMED, final=True)
    assert sum(checked) < 8 * len(header_upon_header)
    assert raws(found) == [TIMED]


def test_an_empty_buffer_holds_nothing() -> None:
    assert scan(b"", final=True) == Scan((), b"")
