"""Messages of several packets."""

import pytest

from floodwatch.model.clock import HOUR
from floodwatch.sources.sl651.decode import decode
from floodwatch.sources.sl651.encode import encode_packets
from floodwatch.sources.sl651.frame import Encoding, Frame, Packet
from floodwatch.sources.sl651.packets import Added, Assembly
from tests.sources.sl651.reports import PACKETS, PICTURE, STATION, TIMED, one

FRAMES = [one(packet) for packet in PACKETS]


def put(assembly: Assembly, frames: list[Frame]) -> list[Added]:
    return [assembly.add(frame, 0) for frame in frames]


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1)])
def test_packets_in_any_order_make_the_whole_message(order: slice) -> None:
    whole = put(Assembly(), FRAMES[order])[-1].whole
    assert whole is not None
    assert whole.packet is None
    assert decode(whole).elements[0].raw == PICTURE


def test_the_whole_message_has_the_bytes_of_all_packets() -> None:
    whole = put(Assembly(), FRAMES)[-1].whole
    assert whole is not None
    assert whole.raw == b"".join(PACKETS)


def test_a_packet_that_is_missing_at_the_end_is_named_and_completes_it_later() -> None:
    assembly = Assembly()
    last = put(assembly, [FRAMES[0], *FRAMES[2:]])[-1]
    assert last == Added(missing=Packet(len(FRAMES), 2))
    assert assembly.add(FRAMES[1], 0).whole is not None


def test_a_packet_that_comes_twice_counts_once() -> None:
    whole = put(Assembly(), [FRAMES[0], *FRAMES])[-1].whole
    assert whole is not None
    assert decode(whole).elements[0].raw == PICTURE


def test_a_frame_that_stands_alone_comes_back_as_it_is() -> None:
    frame = one(TIMED)
    assert Assembly().add(frame, 0) == Added(whole=frame)


def test_a_new_message_takes_the_place_of_an_unfinished_one() -> None:
    body = bytes.fromhex("0006260701090005") + bytes(700)
    others = encode_packets(station=STATION, function=0x36, body=body, size=256)
    fresh = [one(packet) for packet in others][: len(FRAMES)]
    assembly = Assembly()
    assembly.add(FRAMES[0], 0)
    whole = put(assembly, fresh)[-1].whole
    assert whole is not None
    assert (whole.body, assembly.dropped) == (body, 1)


def test_packets_of_different_stations_do_not_mix() -> None:
    others = encode_packets(station="0061990002", function=0x36, body=b"x" * 600)
    assembly = Assembly()
    mixed = [f for pair in zip(FRAMES, map(one, others), strict=False) for f in pair]
    wholes = [added.whole for added in put(assembly, mixed + FRAMES) if added.whole]
    assert {whole.station for whole in wholes} == {STATION, "0061990002"}


@pytest.mark.parametrize("packet", [Packet(3, 0), Packet(3, 4), Packet(0, 0)])
def test_numbers_that_cannot_be_are_dropped(packet: Packet) -> None:
    from dataclasses import replace

    assembly = Assembly()
    assert assembly.add(replace(FRAMES[0], packet=packet), 0) == Added()
    assert (len(assembly), assembly.dropped) == (0, 1)


def test_unfinished_messages_are_bounded_in_number() -> None:
    assembly = Assembly(messages=3)
    for number in range(10):
        packets = encode_packets(station=f"{number:010d}", function=0x36, body=bytes(600))
        assembly.add(one(packets[0]), 0)
    assert (len(assembly), assembly.dropped) == (3, 7)


def test_unfinished_messages_are_bounded_in_bytes() -> None:
    assembly = Assembly(octets=1000)
    for number in range(10):
        packets = encode_packets(station=f"{number:010d}", function=0x36, body=bytes(900), size=400)
        assembly.add(one(packets[0]), 0)
    assert len(assembly) == 2


def test_unfinished_messages_are_given_up_in_time() -> None:
    assembly = Assembly()
    assembly.add(FRAMES[0], 0)
    other = encode_packets(station="0061990002", function=0x36, body=bytes(600))
    assembly.add(one(other[0]), HOUR)
    assert (len(assembly), assembly.dropped) == (1, 1)


def test_ascii_packets_are_put_together_too() -> None:
    body = f"0001260701080005ST {STATION} H TT 2607010800 Z 10.5 VT 12.5 ".encode()
    packets = encode_packets(
        station=STATION, function=0x32, body=body, size=30, encoding=Encoding.ASCII
    )
    whole = put(Assembly(), [one(packet) for packet in packets])[-1].whole
    assert whole is not None
    assert [(e.id, e.value) for e in decode(whole).elements] == [("Z", 10.5), ("VT", 12.5)]
