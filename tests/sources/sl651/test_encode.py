"""Writing frames."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from floodwatch.sources.sl651.elements import BY_IDENT
from floodwatch.sources.sl651.encode import (
    encode_body,
    encode_element,
    encode_packets,
    encode_reply,
    encode_up,
    serial_of,
)
from floodwatch.sources.sl651.frame import Direction, Encoding, End, Packet
from tests.sources.sl651.reports import (
    ASCII,
    NOW,
    PACKETS,
    STATION,
    TIMED,
    ZONE,
    at,
    one,
    only,
    read,
    report,
)


@pytest.mark.parametrize("sent", [TIMED, ASCII])
@pytest.mark.parametrize("end", [End.EOT, End.ESC, End.ACK])
def test_a_reply_bears_serial_function_and_the_centres_time(sent: bytes, end: End) -> None:
    frame = one(sent)
    reply = one(encode_reply(frame, now=NOW + 60_000, zone=ZONE, end=end))
    message = read(reply.raw)
    assert (reply.direction, reply.end, reply.function) == (Direction.DOWN, end, 0x32)
    assert (reply.station, reply.centre) == (STATION, 1)
    assert (message.serial, message.sent) == (1, NOW + 60_000)


def test_a_reply_is_byte_by_byte_the_public_one() -> None:
    asked = encode_up(
        station="0012345678",
        function=0x32,
        centre=2,
        password="04D2",
        body=bytes.fromhex("0012141205110002"),
    )
    reply = encode_reply(one(asked), now=at("2014-12-05T11:00:02"), zone=ZONE, end=End.ESC)
    assert reply.hex().upper() == "7E7E00123456780204D23280080200121412051100021BBD6C"


def test_a_missing_packet_is_asked_for_by_its_number() -> None:
    asked = encode_reply(
        one(PACKETS[0]), now=NOW, zone=ZONE, end=End.NAK, packet=Packet(len(PACKETS), 2)
    )
    assert (one(asked).end, one(asked).packet) == (End.NAK, Packet(len(PACKETS), 2))


def test_packets_hold_the_body_in_order() -> None:
    body = bytes(range(200)) * 5
    frames = [one(p) for p in encode_packets(station=STATION, function=0x36, body=body)]
    assert b"".join(frame.body for frame in frames) == body
    assert [frame.end for frame in frames] == [End.ETB] * (len(frames) - 1) + [End.ETX]


def test_a_body_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="encode_packets"):
        encode_up(station=STATION, function=0x36, body=bytes(4096))


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="ten hex digits"):
        encode_up(station="61990001", function=0x32, body=b"")


def test_a_number_with_too_many_digits_is_refused() -> None:
    with pytest.raises(ValueError, match="more digits"):
        encode_element("VT", 1250.0)


def test_the_serial_of_a_later_packet_is_none() -> None:
    assert (serial_of(one(PACKETS[0])), serial_of(one(PACKETS[1]))) == (5, None)


def test_no_groups_are_serial_and_time_alone() -> None:
    assert encode_body(7, NOW, groups=[], zone=ZONE).hex() == "0007260701080005"


@given(
    st.sampled_from(["Z", "ZU", "ZB", "Q", "AI", "PT", "VT", "WP1", "SYL8"]),
    st.integers(-(10**9), 10**9),
    st.sampled_from(Encoding),
)
def test_every_number_comes_back_as_it_was_written(
    ident: str, number: int, encoding: Encoding
) -> None:
    kind = BY_IDENT[ident]
    number = abs(number) % 10**kind.digits * (1 if number > 0 else -1)
    value = number / 10**kind.decimals
    assert only(read(report([(ident, value)], encoding=encoding))).value == value


@given(st.sampled_from(["Z", "NS", "PT"]), st.sampled_from(Encoding))
def test_no_value_comes_back_as_no_value(ident: str, encoding: Encoding) -> None:
    assert only(read(report([(ident, None)], encoding=encoding))).value is None


@pytest.mark.parametrize("encoding", Encoding)
def test_status_bits_are_written_as_bits(encoding: Encoding) -> None:
    assert only(read(report([("ZT", 0x483)], encoding=encoding))).value == 0x483
