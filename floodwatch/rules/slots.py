"""When rules that look only now and then look again: each at its own minute, not all at once."""

from zlib import crc32

from floodwatch.model.alert import RuleKey


def next_slot(key: RuleKey, now: int, *, every: int) -> int:
    """The next service time (ms) of a rule that looks once in `every` ms."""
    offset = crc32(str(key).encode()) % every
    return now - (now - offset) % every + every
