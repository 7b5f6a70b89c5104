"""The check value of SL 651 frames: CRC-16 with the polynomial X^16+X^15+X^2+1 (Modbus)."""

import struct
from array import array
from collections.abc import Iterator

_REFLECTED = 0xA001


def crc16(data: bytes) -> int:
    """The CRC-16 of `data`: start value FFFF, reflected, no final xor; "123456789" gives 4B37.

    SL 651 6.4.2 and 6.5.2: over all bytes before it, sent with the high byte first.
    """
    crc = 0xFFFF
    pairs = _PAIRS
    for (word,) in _words(data):
        crc = pairs[crc ^ word]
    if len(data) & 1:
        crc = (crc >> 8) ^ _BYTES[(crc ^ data[-1]) & 0xFF]
    return crc


def _words(data: bytes) -> Iterator[tuple[int]]:
    """The bytes two by two, as the register takes them; a last single byte is left out."""
    whole = len(data) & ~1
    return struct.iter_unpack("<H", memoryview(data)[:whole])


def _after_byte(value: int) -> int:
    for _ in range(8):
        value = (value >> 1) ^ (_REFLECTED if value & 1 else 0)
    return value


_BYTES = tuple(_after_byte(value) for value in range(256))
_SECOND = tuple((value >> 8) ^ _BYTES[value & 0xFF] for value in _BYTES)
# One look-up for two bytes: the register is 16 bits wide, so two bytes replace all of it.
_PAIRS = array("H", (_SECOND[low] ^ high for high in _BYTES for low in range(256)))
