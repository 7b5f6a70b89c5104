"""What a frame of SL 651 holds, and reading one whose place in the bytes is known (HEX/BCD)."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from floodwatch.sources.sl651.crc import crc16


class Encoding(StrEnum):
    """The two ways of writing a frame (6.4 and 6.5)."""

    HEX = "hex"
    ASCII = "ascii"


class Direction(StrEnum):
    """Up: from the station to the centre."""

    UP = "up"
    DOWN = "down"


class End(IntEnum):
    """The control character before the check value: what the sender expects next."""

    ETX = 0x03  # up: the last frame, the station leaves the line unless told otherwise
    ETB = 0x17  # up: more frames follow
    ENQ = 0x05  # down: a command
    ACK = 0x06  # down: received, go on
    NAK = 0x15  # down: send the packet named again
    EOT = 0x04  # down: received, done; the station may sleep
    ESC = 0x1B  # down: received, stay on line


STX, SYN, SOH = 0x02, 0x16, 0x01
LONGEST_BODY = 4095
LONGEST_FRAME = 24 + LONGEST_BODY + 5  # the ASCII writing is the longer one


class Fault(StrEnum):
    """Why bytes are no frame, or what is wrong within a good one."""

    STRAY = "stray"  # bytes between frames that belong to none
    TRUNCATED = "truncated"  # the frame stops before its length
    LENGTH = "length"  # no end character where the length says
    CRC = "crc"  # the check value differs
    BODY = "body"  # the body is too short or its order is not that of the standard
    TIME = "time"  # a date or time that does not exist
    ELEMENT = "element"  # an element's value cannot be read


@dataclass(frozen=True, slots=True)
class Packet:
    """Which packet of a message this is (mode M3): 1 to `total`."""

    total: int
    sequence: int


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame whose check value is right.

    `station` is ten hex digits (real ones hold letters), `password` four; `body` is what stands
    between the start and the end character, without the packet number; `raw` is the whole frame.
    `packet` is None for frames that stand alone and for messages put together from packets.
    """

    encoding: Encoding
    direction: Direction
    centre: int
    station: str
    password: str
    function: int
    body: bytes
    end: End
    packet: Packet | None
    raw: bytes


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes that are not a good frame: why, the bytes, and the header as read where there is one.

    `frame` is for people to recognise the sender by; nothing in it can be trusted.
    """

    fault: Fault
    text: str
    raw: bytes
    frame: Frame | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """What reading at one place gave: a frame (at least its header), what is wrong, its length."""

    frame: Frame
    fault: Fault | None
    text: str
    length: int = 0


ENDS: dict[int, End] = {end.value: end for end in End}


def read_hex(buffer: bytes, at: int) -> Attempt:
    """Read the HEX/BCD frame that begins at `at`, where a plausible header stands (6.5)."""
    size = int.from_bytes(buffer[at + 11 : at + 13]) & 0x0FFF
    down = buffer[at + 11] & 0x80
    first = at + 14
    last = first + size
    address = buffer[at + 2 : at + 8].hex().upper()
    packed = buffer[at + 13] == SYN
    number = int.from_bytes(buffer[first : min(first + 3, last)]) if packed else 0
    end = ENDS.get(buffer[last]) if last < len(buffer) else None
    frame = Frame(
        encoding=Encoding.HEX,
        direction=Direction.DOWN if down else Direction.UP,
        centre=buffer[at + 7] if down else buffer[at + 2],
        station=address[:10] if down else address[2:],
        password=buffer[at + 8 : at + 10].hex().upper(),
        function=buffer[at + 10],
        body=buffer[first + 3 * packed : last],
        end=end or End.ETX,
        packet=Packet(number >> 12, number & 0x0FFF) if packed else None,
        raw=buffer[at : last + 3],
    )
    return judged(frame, end, have=len(buffer) - at, size=size, checked=2)


def judged(frame: Frame, end: End | None, *, have: int, size: int, checked: int) -> Attempt:
    """Whether a frame read is a good one; `checked` bytes at its end are the check value."""
    raw, total = frame.raw, len(frame.raw)
    header = 14 if frame.encoding is Encoding.HEX else 24
    wanted = header + size + 1 + checked
    if have < wanted:
        return Attempt(frame, Fault.TRUNCATED, f"{have} bytes of {wanted}")
    if end is None or (frame.packet is not None and size < (3 if checked == 2 else 6)):
        return Attempt(frame, Fault.LENGTH, f"no end character after {size} bytes of body")
    given = raw[total - checked :]
    value = crc16(raw[: total - checked])
    told = int.from_bytes(given) if checked == 2 else hex_number(given)
    if told != value:
        shown = given.hex().upper() if checked == 2 else given.decode("latin-1")
        return Attempt(frame, Fault.CRC, f"check value {shown}, computed {value:04X}")
    return Attempt(frame, None, "", wanted)


def hex_number(digits: bytes) -> int:
    """The number of hex digits in ASCII; -1 when they are none."""
    try:
        return int(digits, 16) if digits.isalnum() else -1
    except ValueError:
        return -1
