"""How far a reading's flag lets a rule trust its value."""

from floodwatch.model.quality import Flag, Reason

# A wrong clock, a gap before it or a person's release say nothing against the value itself.
VALUE_STANDS = frozenset({int(Reason.CLOCK), int(Reason.GAP), int(Reason.RELEASED)})


def failed(quality: int) -> bool:
    """Whether the number cannot be a value of the variable at all: never judged."""
    return quality % 10 in (Flag.FAIL, Flag.MISSING)


def doubtful(quality: int) -> bool:
    """Whether the value is suspect: it may open or worsen an alert, and clears nothing."""
    return quality % 10 == Flag.SUSPECT and quality // 10 not in VALUE_STANDS
