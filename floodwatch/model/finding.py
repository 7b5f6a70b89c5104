"""A finding: a rule's verdict at one moment, without memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from floodwatch.model.severity import Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule sees now.

    `severity`: the worst band that is open (its comparator is met), None if none is.
    `holding`: the worst band whose clear level is not passed yet (at least `severity`); this is
    the hysteresis, stated without memory. `known` False: nothing can be said (no data): opens
    nothing and clears nothing. `may_clear` False: it may open or worsen but never clear (a rain
    window with holes, a suspect low value, late data). `time` is the reading's, ms UTC.
    `recheck_at` asks to be judged again then, even without new data (service time, ms).
    """

    severity: Severity | None
    holding: Severity | None
    known: bool = True
    may_clear: bool = True
    band: str = ""  # the threshold's name
    label: str = ""  # its customary word
    limit: float | None = None
    value: float | None = None
    time: int | None = None
    suspect: bool = False
    recheck_at: int | None = None
    facts: Mapping[str, float | int | str] = field(default_factory=dict)


UNKNOWN = Finding(None, None, known=False, may_clear=False)
