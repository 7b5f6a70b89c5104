"""What a message is about: one transition of one alert, gathered for the wording."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from floodwatch.model.alert import RuleKey
from floodwatch.model.district import District
from floodwatch.model.severity import Severity
from floodwatch.model.station import Station

FIRED, WORSENED, RESOLVED = "fired", "worsened", "resolved"
MISSED = "missed"  # it came and went before anybody could be told
REMINDER = "reminder"
ESCALATED = "escalated"  # somebody else has not answered


@dataclass(frozen=True, slots=True)
class Occasion:
    """One thing to be said. Values in canonical units, times ms UTC.

    `facts` are the finding's; `also` counts further open matters of the same person; `silent`
    names those who have not answered.
    """

    kind: str
    alert_id: int
    rule: RuleKey
    severity: Severity
    now: int
    fired_at: int
    previous: Severity | None = None
    band: str = ""
    label: str = ""
    limit: float | None = None
    value: float | None = None
    time: int | None = None
    suspect: bool = False
    peak: float | None = None
    peak_at: int | None = None
    why: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    also: int = 0
    silent: tuple[str, ...] = ()

    def fact(self, name: str) -> float | None:
        """A number among the facts, None when there is none."""
        found = self.facts.get(name)
        return float(found) if isinstance(found, int | float) else None


@dataclass(frozen=True, slots=True)
class Text:
    """What one person is sent: a short text of one line, and for mail a subject and a body.

    `slots` are the pieces for a provider's template: place, value, limit, action, code.
    """

    short: str
    subject: str
    body: str
    slots: Mapping[str, str] = field(default_factory=dict)


def station_of(occasion: Occasion, district: District) -> Station | None:
    """The alert's station; None when it is no longer configured."""
    return district.stations.get(occasion.rule.station)
