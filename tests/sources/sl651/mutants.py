"""Frames as bad lines and bad devices make them, and what must hold whatever comes."""

import random
from collections.abc import Callable, Sequence

from floodwatch.sources.sl651.decode import decode
from floodwatch.sources.sl651.frame import LONGEST_FRAME, Damage, Encoding, Frame
from floodwatch.sources.sl651.message import Dialect, Target
from floodwatch.sources.sl651.packets import Assembly
from floodwatch.sources.sl651.scan import scan
from tests.sources.sl651.test_crc import bit_by_bit

# The check value by another way than the code under test: a bit at a time, once for each byte.
_TABLE = [bit_by_bit(bytes((byte,))) ^ (0xFFFF >> 8) for byte in range(256)]
_BY_BYTE = [_TABLE[byte ^ 0xFF] for byte in range(256)]
DIALECTS = (
    Dialect(),
    Dialect(
        bases={1: 10.0, 2: -3.0},
        zero_is_missing=True,
        hunan=True,
        sentinels=frozenset({9999.999}),
        targets={"FF11": Target("piezometric_stage", "P1"), "39": Target("stage", "2", "cm")},
    ),
)


def check_value(data: bytes) -> int:
    """CRC-16 as the standard has it, byte by byte."""
    crc = 0xFFFF
    for byte in data:
        crc = (crc >> 8) ^ _BY_BYTE[(crc ^ byte) & 0xFF]
    return crc


def signed(frame: bytes) -> bytes:
    """The frame with the check value that its bytes have now."""
    if frame[:1] == b"\x01":
        return frame[:-4] + f"{check_value(frame[:-4]):04X}".encode()
    return frame[:-2] + check_value(frame[:-2]).to_bytes(2)


def _flip(frame: bytearray, dice: random.Random) -> None:
    frame[dice.randrange(len(frame))] ^= 1 << dice.randrange(8)


def _change(frame: bytearray, dice: random.Random) -> None:
    for _ in range(dice.randrange(1, 6)):
        frame[dice.randrange(len(frame))] = dice.randrange(256)


def _cut(frame: bytearray, dice: random.Random) -> None:
    del frame[dice.randrange(1, len(frame)) :]


def _drop(frame: bytearray, dice: random.Random) -> None:
    start = dice.randrange(len(frame))
    del frame[start : start + dice.randrange(1, 9)]


def _insert(frame: bytearray, dice: random.Random) -> None:
    start = dice.randrange(len(frame))
    frame[start:start] = dice.randbytes(dice.randrange(1, 9))


def _starts(frame: bytearray, dice: random.Random) -> None:
    start = dice.randrange(len(frame))
    frame[start:start] = dice.choice((b"\x7e", b"\x7e\x7e", b"\x01", b"\x7e\x7e\x7e", frame[:14]))


def _length(frame: bytearray, dice: random.Random) -> None:
    if len(frame) > 13:
        frame[11:13] = (dice.randrange(4096) | dice.choice((0, 0x8000))).to_bytes(2)


def _special(frame: bytearray, dice: random.Random) -> None:
    start = dice.randrange(len(frame))
    piece = dice.choice(
        (b"\xf0\xf0", b"\xf1\xf1", b"\xf4\x60", b"\xf5\xc0", b"\xff\xff", b"\x04\x18")
    )
    frame[start : start + 2] = piece


MUTATIONS: Sequence[Callable[[bytearray, random.Random], None]] = (
    *(_flip, _change, _cut, _drop, _insert, _starts, _length, _special),
)


def mutant(frames: Sequence[bytes], dice: random.Random) -> bytes:
    """One frame changed; every other one bears the check value of what it has become."""
    frame = bytearray(dice.choice(frames))
    for _ in range(dice.choice((1, 1, 1, 2, 4))):
        if len(frame) > 1:
            dice.choice(MUTATIONS)(frame, dice)
    return signed(bytes(frame)) if dice.random() < 0.5 and len(frame) > 5 else bytes(frame)


def _overlapped(frame: bytes, pieces: Sequence[Frame | Damage]) -> bool:
    """Whether a piece with a right check value reaches into where `frame` stood.

    A 16-bit check value is right by chance once in 65,536 times; a damaged length with an end
    character there then takes its neighbour with it, and no receiver can know better.
    """
    stream = b"".join(piece.raw for piece in pieces)
    start = stream.find(frame)
    at = 0
    for piece in pieces:
        end = at + len(piece.raw)
        if isinstance(piece, Frame) and at < start + len(frame) and end > start:
            return True
        at = end
    return False


class Trial:
    """Sends mutants through the codec and holds what must be true of each against it."""

    def __init__(self, frames: Sequence[bytes], seed: int) -> None:
        self.frames, self.dice = frames, random.Random(seed)
        self.assembly = Assembly(messages=8, octets=100_000)
        self.frames_read = self.refused = self.coincidences = 0

    def once(self, number: int) -> None:
        """One mutant: alone, between two good frames, or in pieces."""
        bad = mutant(self.frames, self.dice)
        if number % 4:
            self._judge([bad], good=())
        else:
            before, after = self.dice.choice(self.frames), self.dice.choice(self.frames)
            stream = before + bad + after
            cut = self.dice.randrange(len(stream))
            self._judge([stream[:cut], stream[cut:]], good=(before, after))

    def _judge(self, chunks: list[bytes], *, good: tuple[bytes, ...]) -> None:
        pieces: list[Frame | Damage] = []
        rest = b""
        for chunk in chunks:
            found = scan(rest + chunk)
            pieces += found.pieces
            rest = found.rest
            assert len(rest) <= LONGEST_FRAME
        pieces += scan(rest, final=True).pieces
        assert b"".join(piece.raw for piece in pieces) == b"".join(chunks)
        for piece in pieces:
            self._read(piece)
        raws = [piece.raw for piece in pieces if isinstance(piece, Frame)]
        for frame in good:
            if frame not in raws:
                assert _overlapped(frame, pieces), (b"".join(chunks).hex(), frame.hex())
                self.coincidences += 1

    def _read(self, piece: Frame | Damage) -> None:
        if isinstance(piece, Damage):
            self.refused += 1
            return
        self.frames_read += 1
        check = 2 if piece.encoding is Encoding.HEX else 4
        given = piece.raw[-check:]
        told = int.from_bytes(given) if check == 2 else int(given, 16)
        assert told == check_value(piece.raw[:-check]), piece.raw.hex()
        message = decode(piece, DIALECTS[self.frames_read % 2])
        for element in message.elements:
            list(element.slots())
        self.assembly.add(piece, self.frames_read)
        assert len(self.assembly) <= 8
