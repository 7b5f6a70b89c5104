"""Reading one frame in the ASCII writing, whose place in the bytes is known (SL 651 6.4)."""

from floodwatch.sources.sl651.frame import (
    ENDS,
    SYN,
    Attempt,
    Direction,
    Encoding,
    End,
    Frame,
    Packet,
    hex_number,
    judged,
)


def read_ascii(buffer: bytes, at: int) -> Attempt:
    """Read the ASCII frame that begins with SOH at `at`, where a plausible header stands.

    Each byte of the header is two hex characters; start, end and body are as they are.
    """
    header = buffer[at + 1 : at + 23].decode("ascii").upper()
    size = int(header[19:22], 16)
    down = header[18] == "8"
    first = at + 24
    last = first + size
    packed = buffer[at + 23] == SYN
    number = max(hex_number(buffer[first : min(first + 6, last)]), 0) if packed else 0
    end = ENDS.get(buffer[last]) if last < len(buffer) else None
    frame = Frame(
        encoding=Encoding.ASCII,
        direction=Direction.DOWN if down else Direction.UP,
        centre=int(header[10:12] if down else header[:2], 16),
        station=header[:10] if down else header[2:12],
        password=header[12:16],
        function=int(header[16:18], 16),
        body=buffer[first + 6 * packed : last],
        end=end or End.ETX,
        packet=Packet(number >> 12, number & 0x0FFF) if packed else None,
        raw=buffer[at : last + 5],
    )
    return judged(frame, end, have=len(buffer) - at, size=size, checked=4)
