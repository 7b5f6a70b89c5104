"""Quality flags (QARTOD) and their reasons, packed into one small integer beside each value."""

from enum import IntEnum


class Flag(IntEnum):
    """QARTOD flags. Data are never deleted for a flag."""

    GOOD = 1
    NOT_EVALUATED = 2
    SUSPECT = 3
    FAIL = 4
    MISSING = 9


class Reason(IntEnum):
    """Why a reading carries its flag. Numbers are stored: never renumber."""

    NONE = 0
    IMPOSSIBLE = 1  # cannot be a value of the variable at all
    GROSS_RANGE = 2  # outside the gauge's configured range
    SPIKE = 3  # faster than the storage curve and rain allow, back again at once
    RATE = 4  # rate of change above what is believable
    FLAT = 5  # the same digits for longer than the water allows
    CLOCK = 6  # the device's clock runs ahead
    GAP = 7  # first reading after a gap
    MISDATED = 8  # date jumps away from its neighbours and back
    MAKER = 9  # flagged by the file or device itself
    RELEASED = 10  # released from quarantine by a person
    DECIMAL = 11  # its decimal point seems lost: a power of ten away from its neighbours


def pack(flag: Flag, reason: Reason = Reason.NONE) -> int:
    """Flag and reason in one integer: reason * 10 + flag."""
    return int(reason) * 10 + int(flag)


def flag_of(quality: int) -> Flag:
    """The flag of a packed quality."""
    return Flag(quality % 10)


def reason_of(quality: int) -> Reason:
    """The reason of a packed quality."""
    return Reason(quality // 10)


GOOD = pack(Flag.GOOD)
NOT_EVALUATED = pack(Flag.NOT_EVALUATED)
