"""Writing frames: the station's reports and the centre's replies and commands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from floodwatch.sources.sl651.crc import crc16
from floodwatch.sources.sl651.elements import BY_IDENT, KINDS, STATUS_BITS, Kind
from floodwatch.sources.sl651.frame import (
    SOH,
    STX,
    SYN,
    Encoding,
    End,
    Frame,
    Packet,
)

Item = tuple[str, float | None]


@dataclass(frozen=True, slots=True)
class Group:
    """Values of one station at one time: ids ("39", "FF22") or identifiers ("Z") and values."""

    station: str
    station_class: str
    observed: int  # ms UTC
    items: Sequence[Item]


def encode_up(
    *,
    station: str,
    function: int,
    body: bytes,
    centre: int = 1,
    password: str = "0000",  # noqa: S107 - the default of stations, sent in clear
    end: End = End.ETX,
    packet: Packet | None = None,
    encoding: Encoding = Encoding.HEX,
) -> bytes:
    """A frame from a station to the centre; `body` at most 4095 bytes (with the packet number).

    Raises ValueError for a body that is too long or an address that is not ten hex digits.
    """
    address = f"{centre:02X}{station}"
    header = f"{address}{password}{function:02X}{_length(body, packet, encoding):04X}"
    return _framed(header, body, end, packet=packet, encoding=encoding)


def encode_down(
    *,
    station: str,
    function: int,
    body: bytes,
    centre: int = 1,
    password: str = "0000",  # noqa: S107 - the default of stations, sent in clear
    end: End = End.ENQ,
    packet: Packet | None = None,
    encoding: Encoding = Encoding.HEX,
) -> bytes:
    """A frame from the centre to a station: the addresses stand the other way round."""
    address = f"{station}{centre:02X}"
    size = 0x8000 | _length(body, packet, encoding)
    header = f"{address}{password}{function:02X}{size:04X}"
    return _framed(header, body, end, packet=packet, encoding=encoding)


def encode_reply(
    frame: Frame, *, now: int, zone: tzinfo, end: End, packet: Packet | None = None
) -> bytes:
    """The centre's answer to a frame: same function and serial, the centre's time (6.6.4).

    `end`: EOT (done), ESC (stay on line), ACK (go on) or NAK (send `packet` again). The answer to
    a message of several packets bears `packet`: of the last one, or of the one that is missing.
    `now` is ms UTC; the time sent is local to `zone`. A frame without a serial gets serial 0.
    """
    serial = serial_of(frame) or 0
    return encode_down(
        station=frame.station,
        function=frame.function,
        body=opening(serial, now, zone=zone, encoding=frame.encoding),
        centre=frame.centre,
        password=frame.password,
        end=end,
        packet=packet,
        encoding=frame.encoding,
    )


def encode_packets(
    *,
    station: str,
    function: int,
    body: bytes,
    size: int = 256,
    centre: int = 1,
    password: str = "0000",  # noqa: S107 - the default of stations, sent in clear
    encoding: Encoding = Encoding.HEX,
) -> list[bytes]:
    """A long body as the packets of mode M3, `size` bytes each: ETB, the last one ETX."""
    parts = [body[start : start + size] for start in range(0, len(body), size)] or [b""]
    return [
        encode_up(
            station=station,
            function=function,
            body=part,
            centre=centre,
            password=password,
            end=End.ETX if number == len(parts) else End.ETB,
            packet=Packet(len(parts), number),
            encoding=encoding,
        )
        for number, part in enumerate(parts, 1)
    ]


def serial_of(frame: Frame) -> int | None:
    """The serial number a body begins with; None when it is too short or none is there."""
    if frame.packet is not None and frame.packet.sequence > 1:
        return None
    try:
        if frame.encoding is Encoding.ASCII:
            return int(frame.body[:4], 16) if len(frame.body) >= 4 else None
        return int.from_bytes(frame.body[:2]) if len(frame.body) >= 2 else None
    except ValueError:
        return None


def opening(serial: int, sent: int, *, zone: tzinfo, encoding: Encoding = Encoding.HEX) -> bytes:
    """What every body begins with: serial number and send time (8 bytes, 16 in ASCII)."""
    text = f"{serial & 0xFFFF:04X}{_stamp(sent, zone, '%y%m%d%H%M%S')}"
    return text.encode() if encoding is Encoding.ASCII else bytes.fromhex(text)


def encode_body(
    serial: int,
    sent: int,
    *,
    groups: Sequence[Group],
    zone: tzinfo,
    encoding: Encoding = Encoding.HEX,
) -> bytes:
    """The body of a report: a station opens with F1 once, each of its times with F0 (6.6.3)."""
    parts = [opening(serial, sent, zone=zone, encoding=encoding)]
    station = None
    for group in groups:
        if group.station != station:
            parts.append(_station(group, encoding))
            station = group.station
        stamp = _stamp(group.observed, zone, "%y%m%d%H%M")
        if encoding is Encoding.ASCII:
            parts.append(f"TT {stamp} ".encode())
        else:
            parts.append(b"\xf0\xf0" + bytes.fromhex(stamp))
        parts += (encode_element(name, value, encoding=encoding) for name, value in group.items)
    return b"".join(parts)


def encode_element(name: str, value: float | None, *, encoding: Encoding = Encoding.HEX) -> bytes:
    """One element of the standard's table with its value; None is written as missing.

    `name` is its lead byte in hex or its ASCII identifier. Raises ValueError for one the table
    does not have and for a number that has more digits than its element.
    """
    kind = BY_IDENT.get(name) or KINDS.get(int(name, 16))
    if kind is None:
        raise ValueError(f"no element {name} in table C.1")
    if encoding is Encoding.ASCII:
        return f"{kind.ident} {_shown(value, kind)} ".encode()
    if kind.lead == STATUS_BITS and value is not None:
        digits = int(value).to_bytes(4)
    else:
        digits = bcd(value, kind)
    return bytes((kind.lead, len(digits) << 3 | kind.decimals)) + digits


def _shown(value: float | None, kind: Kind) -> str:
    if value is None:
        return "M"
    return f"{int(value):08X}" if kind.lead == STATUS_BITS else f"{value:.{kind.decimals}f}"


def bcd(value: float | None, kind: Kind) -> bytes:
    """A number in the BCD of its element: FF before a negative one (6.6.3.3 a)."""
    width = kind.digits + kind.digits % 2
    if value is None:
        return b"\xff" * (width // 2)
    number = f"{round(abs(value) * 10**kind.decimals):0{width}d}"
    if len(number) > width:
        raise ValueError(f"{value} has more digits than {kind.ident}, N({kind.digits})")
    return bytes.fromhex(("FF" if value < 0 else "") + number)


def _station(group: Group, encoding: Encoding) -> bytes:
    if encoding is Encoding.ASCII:
        return f"ST {group.station} {group.station_class} ".encode()
    return b"\xf1\xf1" + bytes.fromhex(group.station) + group.station_class.encode("latin-1")


def _stamp(moment: int, zone: tzinfo, pattern: str) -> str:
    return datetime.fromtimestamp(moment // 1000, zone).strftime(pattern)


def _length(body: bytes, packet: Packet | None, encoding: Encoding) -> int:
    number = 0 if packet is None else 3 if encoding is Encoding.HEX else 6
    if len(body) + number > 4095:
        raise ValueError(f"a body of {len(body)} bytes; a frame takes 4095: use encode_packets")
    return len(body) + number


def _framed(
    header: str, body: bytes, end: End, *, packet: Packet | None, encoding: Encoding
) -> bytes:
    number = "" if packet is None else f"{packet.total:03X}{packet.sequence:03X}"
    start = STX if packet is None else SYN
    if len(header) != 22:
        raise ValueError(f"header {header}: a station is ten hex digits, a password four")
    if encoding is Encoding.ASCII:
        frame = bytes((SOH,)) + header.encode() + bytes((start,)) + number.encode() + body
    else:
        frame = b"\x7e\x7e" + bytes.fromhex(header) + bytes((start,)) + bytes.fromhex(number) + body
    frame += bytes((end,))
    value = crc16(frame)
    return frame + (f"{value:04X}".encode() if encoding is Encoding.ASCII else value.to_bytes(2))
