"""How far a reading's flag lets a rule trust its value."""

from floodwatch.model.quality import Flag


def failed(quality: int) -> bool:
    """Whether the number cannot be a value of the variable at all: never judged."""
    return quality % 10 in (Flag.FAIL, Flag.MISSING)


def doubtful(quality: int) -> bool:
    """Whether the value is suspect: it may open or worsen an alert, and clears nothing."""
    return quality % 10 == Flag.SUSPECT
