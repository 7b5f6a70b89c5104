"""Frames of this project's own making: what stations send, and moments in their zone."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from floodwatch.sources.sl651.decode import decode
from floodwatch.sources.sl651.encode import Group, Item, encode_body, encode_packets, encode_up
from floodwatch.sources.sl651.frame import Encoding, Frame
from floodwatch.sources.sl651.message import Dialect, Element, Message
from floodwatch.sources.sl651.scan import scan

ZONE = ZoneInfo("Asia/Shanghai")
STATION = "0061990001"


def at(text: str) -> int:
    """ms UTC of a local time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp()) * 1000


NOW = at("2026-07-01T08:00:05")
OBSERVED = at("2026-07-01T08:00")


def report(
    items: Sequence[Item],
    *,
    function: int = 0x32,
    station: str = STATION,
    letter: str = "K",
    serial: int = 1,
    encoding: Encoding = Encoding.HEX,
) -> bytes:
    """A report of one station with these elements."""
    group = Group(station, letter, OBSERVED, items)
    body = encode_body(serial, NOW, groups=[group], zone=ZONE, encoding=encoding)
    return encode_up(station=station, function=function, body=body, encoding=encoding)


def raw_report(
    body: str, *, function: int = 0x32, sent: str = "260701080005", letter: str = "48"
) -> bytes:
    """A report whose body behind the station group is written out in hex."""
    data = bytes.fromhex(f"0001{sent}F1F1{STATION}{letter}{body}".replace(" ", ""))
    return encode_up(station=STATION, function=function, body=data)


def one(frame: bytes) -> Frame:
    """The only frame in the bytes."""
    (found,) = scan(frame, final=True).frames
    return found


def read(frame: bytes, dialect: Dialect | None = None) -> Message:
    """What the only frame in the bytes says."""
    return decode(one(frame), dialect or Dialect())


def only(message: Message) -> Element:
    """The only element of a message."""
    (element,) = message.elements
    return element


def values(message: Message) -> list[tuple[str, object]]:
    """Ids and values."""
    return [(element.id, element.value) for element in message.elements]


TIMED = report([("ZU", 95.2), ("PJ", 12.5), ("PT", 1234.5), ("VT", 12.6)])
COLD = report([("Z", -0.345), ("AI", -12.3), ("VT", 12.6)], letter="H", serial=2)
ASCII = report([("Z", 6.38), ("PJ", 12.5), ("VT", 12.5)], letter="H", encoding=Encoding.ASCII)
HOURLY = raw_report(
    "F0F02607010705 F460 00050A0000FF000000000000"
    "F0F02607010800 26190001230"
    "F0F02607010705 F5C0 003100310031003100310031003100310031003100 31FFFF"
    "F0F02607010800 3923 00010490 3812 1250".replace("26190001230", "2619000123"),
    function=0x34,
)
UNIFORM = raw_report("F0F02607010800 0418 000005 3923 00010490 FFFFFFFF 00010500", function=0x31)
HEARTBEAT = encode_up(station=STATION, function=0x2F, body=bytes.fromhex("0001260701080005"))
PICTURE = bytes.fromhex("FFD8") + bytes(range(256)) * 3 + bytes.fromhex("7E7EFFD9")
PACKETS = encode_packets(
    station=STATION,
    function=0x36,
    body=bytes.fromhex(f"0005260701080005F1F1{STATION}48F0F02607010800F3F3") + PICTURE,
)
CORPUS = (TIMED, COLD, ASCII, HOURLY, UNIFORM, HEARTBEAT, *PACKETS)
