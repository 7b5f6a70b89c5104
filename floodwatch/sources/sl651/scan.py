"""Finding frames in a stream of bytes: merged, split, damaged, with bytes between them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from floodwatch.sources.sl651.ascii_frame import read_ascii
from floodwatch.sources.sl651.frame import SOH, Attempt, Damage, Fault, Frame, read_hex

# A header that can be one: the direction is 0 or 8 and the body starts with STX or SYN. What looks
# like a start within data (7E7E in a picture) hardly ever passes, and then the check value tells.
_HEADER = re.compile(
    rb"\x7e\x7e(?=.{9}[\x00-\x0f\x80-\x8f].[\x02\x16])"
    rb"|\x01(?=[0-9A-Fa-f]{18}[08][0-9A-Fa-f]{3}[\x02\x16])",
    re.DOTALL,
)
# The beginning of a header at the end of the bytes: the rest of it is still on its way.
_HEADLESS = re.compile(
    rb"(?:\x7e|\x7e\x7e.{0,9}|\x7e\x7e.{9}[\x00-\x0f\x80-\x8f].?"
    rb"|\x01[0-9A-Fa-f]{0,18}|\x01[0-9A-Fa-f]{18}[08][0-9A-Fa-f]{0,3})\Z",
    re.DOTALL,
)
_LONGEST_HEADER = 24
_PATIENCE = 16_384  # bytes of frames that are none, beyond four times the buffer
_SHORTEST_STUB = 4  # bytes that look like a header cut short and not like a stray 7E


@dataclass(frozen=True, slots=True)
class Scan:
    """What a buffer held, in the order of its bytes, and the bytes that wait for more.

    Every byte of the buffer is in one piece's `raw` or in `rest`.
    """

    pieces: tuple[Frame | Damage, ...]
    rest: bytes

    @property
    def frames(self) -> tuple[Frame, ...]:
        """The good frames."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Frame))

    @property
    def problems(self) -> tuple[Damage, ...]:
        """What was no good frame, each with its reason."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Damage))


def scan(buffer: bytes | bytearray, *, final: bool = False) -> Scan:
    """Cut a buffer into frames and damaged pieces; never raises.

    `rest` is the beginning of a frame that is not all there (at most LONGEST_FRAME bytes): hand
    it in again in front of the next bytes. With `final`, nothing more comes: what would wait is
    reported as truncated. A damaged frame never hides a good one behind or within it.
    """
    buffer = bytes(buffer)
    pieces: list[Frame | Damage] = []
    open_damage: Attempt | None = None  # damage goes on until the next header
    taken = 0  # bytes that are in a piece
    good = -1  # where the next whole good frame is known to begin, found by looking ahead
    for at, attempt in _headers(buffer):
        if at < taken:
            continue
        if attempt.fault is Fault.TRUNCATED and not final:
            if good <= at:
                good = _next_good(buffer, at + 1)
            if good < 0:
                _close(pieces, buffer[taken:at], open_damage)
                return Scan(tuple(pieces), buffer[at:])
        _close(pieces, buffer[taken:at], open_damage)
        taken, open_damage = at, attempt
        if attempt.fault is None:
            pieces.append(attempt.frame)
            taken, open_damage = at + attempt.length, None
    rest = _headless(buffer, taken)
    if not final:
        _close(pieces, buffer[taken:rest], open_damage)
        return Scan(tuple(pieces), buffer[rest:])
    if len(buffer) - rest < _SHORTEST_STUB or open_damage is not None:
        rest = len(buffer)
    _close(pieces, buffer[taken:rest], open_damage)
    if rest < len(buffer):
        text = "the frame stops within its header"
        pieces.append(Damage(Fault.TRUNCATED, text, buffer[rest:]))
    return Scan(tuple(pieces), b"")


def _headers(buffer: bytes, start: int = 0) -> Iterator[tuple[int, Attempt]]:
    """The places from `start` on where a header stands, and what reading there gives.

    Behind a frame that is none, the search goes on within it: its length may be what is wrong.
    Bytes made to look like header after header would cost a check value each; after so many in
    vain the rest is taken at its word.
    """
    at, vain = start, _PATIENCE + 4 * len(buffer)
    while match := _HEADER.search(buffer, at):
        at = match.start()
        attempt = read_ascii(buffer, at) if buffer[at] == SOH else read_hex(buffer, at)
        yield at, attempt
        if attempt.fault is None:
            at += attempt.length
            continue
        if attempt.fault is Fault.CRC:
            vain -= len(attempt.frame.raw)
        at += len(attempt.frame.raw) if vain < 0 and attempt.fault is Fault.CRC else 1


def _next_good(buffer: bytes, start: int) -> int:
    """Where the next whole good frame begins, -1 when there is none."""
    return next((at for at, attempt in _headers(buffer, start) if attempt.fault is None), -1)


def _headless(buffer: bytes, taken: int) -> int:
    """Where bytes begin that may become a header, the end of the buffer when none do."""
    match = _HEADLESS.search(buffer, max(taken, len(buffer) - _LONGEST_HEADER))
    return match.start() if match else len(buffer)


def _close(pieces: list[Frame | Damage], raw: bytes, damage: Attempt | None) -> None:
    """Account for the bytes before a header: a damaged frame, or bytes of none."""
    if not raw:
        return
    if damage is None:
        pieces.append(Damage(Fault.STRAY, f"{len(raw)} bytes that belong to no frame", raw))
    else:
        fault = damage.fault or Fault.STRAY
        pieces.append(Damage(fault, damage.text, raw, damage.frame))
