"""When the duty room hears a tone: at once for what is worse, otherwise collected. Pure.

An officer who hears one tone looks at the screen and sees everything that is open; a second tone a
minute later tells nothing new, and a night of forty tones is slept through. So tones keep a
distance, which grows with their number in one night; only what is worse than the last breaks it.
"""

from collections.abc import Sequence
from typing import NamedTuple

from floodwatch.model.clock import MINUTE
from floodwatch.model.severity import Severity

# (tones of this night so far, distance to the next one of no worse severity)
DISTANCES = ((6, 5 * MINUTE), (12, 10 * MINUTE), (16, 20 * MINUTE))
LONGEST = 90 * MINUTE
GRAVE = 2 * MINUTE  # between two new matters of grade I
REPEATS = (3 * MINUTE, 10 * MINUTE, 10 * MINUTE, 20 * MINUTE, 30 * MINUTE)  # of an unanswered I
MOST_REPEATED = 14  # tones of a night after which nothing is repeated but the hand list and calls


class Tone(NamedTuple):
    """A tone the room heard. `kind`: new | worse | repeat."""

    at: int  # service ms
    severity: int
    kind: str


def due_at(heard: Sequence[Tone], severity: Severity, *, now: int, tonight: int) -> int:
    """From when a new matter of this severity may sound; not after `now`: at once.

    `heard`: the tones of the last hours, oldest first; `tonight`: how many of this night.
    """
    distance = next((gap for most, gap in DISTANCES if tonight < most), LONGEST)
    if severity is Severity.I:  # however many there were: no promise of quiet is worth one
        distance = GRAVE
    as_bad = [tone.at for tone in heard if tone.severity >= severity]
    return max([now, *(at + distance for at in as_bad)])


def repeat_at(heard: Sequence[Tone], *, now: int, tonight: int) -> int | None:
    """When an unanswered grade I sounds again; None when it no longer does."""
    if tonight >= MOST_REPEATED:
        return None
    repeats = 0
    for tone in reversed(heard):
        if tone.kind != "repeat":
            break
        repeats += 1
    last = heard[-1].at if heard else now
    return max(last + REPEATS[min(repeats, len(REPEATS) - 1)], now + 1)
