"""The check value."""

from hypothesis import given
from hypothesis import strategies as st

from floodwatch.sources.sl651.crc import crc16


def bit_by_bit(data: bytes) -> int:
    """As the standard describes it (H.3.2), a bit at a time."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def test_the_check_value_of_the_nine_digits_is_4b37() -> None:
    assert crc16(b"123456789") == 0x4B37


def test_nothing_gives_the_start_value() -> None:
    assert crc16(b"") == 0xFFFF


@given(st.binary(max_size=300))
def test_two_bytes_at_a_time_give_what_single_bits_give(data: bytes) -> None:
    assert crc16(data) == bit_by_bit(data)
