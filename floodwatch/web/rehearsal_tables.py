"""What a rehearsal has found, as the tables of its page and of its CSV file."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from floodwatch.charts.paint import axis_time
from floodwatch.model.clock import HOUR
from floodwatch.model.district import District
from floodwatch.model.severity import Severity
from floodwatch.pipeline.comparing import Change, Comparison, Differing
from floodwatch.pipeline.rehearsed import Lead, Rehearsed, Room, Told
from floodwatch.web.csv_cells import safe
from floodwatch.web.language import _
from floodwatch.web.words import local

MOST = 500  # differences shown; the CSV file has all
GRADES = tuple(sorted(Severity, reverse=True))
NOBODY = Told("", 0, 0, 0, 0, 0)
PATTERN = "%Y-%m-%d %H:%M:%S"


class Pair(NamedTuple):
    """A figure at present and under the draft."""

    present: float
    draft: float

    @property
    def apart(self) -> float:
        """How much more."""
        return self.draft - self.present


class Person(NamedTuple):
    """One person at present and under the draft."""

    name: str
    present: Told
    draft: Told

    def pair(self, field: str) -> Pair:
        """One of the figures."""
        return Pair(getattr(self.present, field), getattr(self.draft, field))


class Place(NamedTuple):
    """The alerts of one station by severity, gravest first."""

    code: str
    counts: tuple[Pair, ...]
    total: Pair


class Different(NamedTuple):
    """A difference with the part of the station's chart that shows it (local ms of its axis)."""

    one: Differing
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Report:
    """All tables of the page."""

    by_severity: tuple[tuple[Severity, Pair], ...]
    total: Pair
    said: tuple[tuple[str, Pair], ...]
    leads: tuple[tuple[Severity, Lead | None, Lead | None], ...]
    people: tuple[Person, ...]
    room: tuple[Room, Room]
    sums: tuple[tuple[str, Pair], ...]
    places: tuple[Place, ...]
    differing: tuple[Different, ...]
    left_out: int  # differences that are not shown
    counts: tuple[tuple[Change, int], ...]
    same: int


def report(found: Comparison, district: District) -> Report:
    """The tables of a comparison."""
    old, new = found.present, found.draft
    shown = [_different(one, district) for one in found.differing[:MOST]]
    people = _people(found)
    rooms = [side.people.room if side.people else Room(0, 0, 0) for side in (old, new)]
    return Report(
        tuple((g, Pair(old.by_severity[g], new.by_severity[g])) for g in GRADES),
        Pair(len(old.alerts), len(new.alerts)),
        tuple((kind, Pair(old.said[kind], new.said[kind])) for kind in new.said),
        tuple(_leads(found)),
        people,
        (rooms[0], rooms[1]),
        tuple(
            (name, Pair(*(sum(getattr(t, name) for t in side) for side in _told(people))))
            for name in ("messages", "calls", "sms_parts", "night_calls")
        ),
        tuple(_places(found)),
        tuple(shown),
        len(found.differing) - len(shown),
        tuple((change, found.count(change)) for change in Change),
        found.same,
    )


def _told(people: tuple[Person, ...]) -> tuple[list[Told], list[Told]]:
    return [one.present for one in people], [one.draft for one in people]


def _people(found: Comparison) -> tuple[Person, ...]:
    sides = [
        {one.person: one for one in (side.people.told if side.people else ())}
        for side in (found.present, found.draft)
    ]
    names = {*sides[0], *sides[1]}
    people = [Person(n, sides[0].get(n, NOBODY), sides[1].get(n, NOBODY)) for n in names]
    return tuple(sorted(people, key=lambda p: (-p.draft.calls, -p.draft.messages, p.name)))


def _leads(found: Comparison) -> Iterator[tuple[Severity, Lead | None, Lead | None]]:
    sides = [{lead.severity: lead for lead in s.leads()} for s in (found.present, found.draft)]
    for grade in GRADES:
        pair = sides[0].get(grade), sides[1].get(grade)
        if pair != (None, None):
            yield grade, *pair


def _places(found: Comparison) -> Iterator[Place]:
    sides = [
        Counter((alert.rule.station, alert.severity) for alert in side.alerts)
        for side in (found.present, found.draft)
    ]
    codes = sorted({code for side in sides for code, _grade in side})
    for code in codes:
        counts = tuple(Pair(sides[0][code, g], sides[1][code, g]) for g in GRADES)
        total = Pair(sum(p.present for p in counts), sum(p.draft for p in counts))
        yield Place(code, counts, total)


def _different(one: Differing, district: District) -> Different:
    alerts = [alert for alert in (one.present, one.draft) if alert is not None]
    start = min(alert.fired_at for alert in alerts) - 3 * HOUR
    end = max(alert.resolved_at or alert.fired_at + 12 * HOUR for alert in alerts) + 3 * HOUR
    tz = district.zone_of(one.rule.station)
    return Different(one, axis_time(start, tz), axis_time(end, tz))


def as_csv(found: Comparison, district: District) -> str:
    """One line a matter: what the present rules say of it, and what the draft says."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(_heads())
    for one in found.differing:
        writer.writerow(_cells(district, one.changes, one.present, one.draft))
    for present, draft in found.alike:
        writer.writerow(_cells(district, (), present, draft))
    return text.getvalue()


def _heads() -> list[str]:
    return [
        *(_("站码"), _("站点"), _("测项"), _("测点"), _("规则"), _("差别")),
        *(_("现行级别"), _("现行开始"), _("现行解除"), _("现行峰值")),
        *(_("草案级别"), _("草案开始"), _("草案解除"), _("草案峰值")),
    ]


def _cells(
    district: District,
    changes: tuple[Change, ...],
    present: Rehearsed | None,
    draft: Rehearsed | None,
) -> list[str | float]:
    known = present or draft
    assert known is not None  # noqa: S101 - a matter has at least one side
    rule = known.rule
    station = district.stations.get(rule.station)
    return [
        safe(rule.station),
        safe(station.name if station else district.name),
        rule.variable,
        safe(rule.gauge),
        rule.type,
        " ".join(changes),
        *_side(district, present),
        *_side(district, draft),
    ]


def _side(district: District, alert: Rehearsed | None) -> list[str | float]:
    if alert is None:
        return ["", "", "", ""]
    tz = district.zone_of(alert.rule.station)
    ends = alert.resolved_at
    return [
        alert.severity.name,
        local(alert.fired_at, tz).strftime(PATTERN),
        "" if ends is None else local(ends, tz).strftime(PATTERN),
        "" if alert.peak is None else alert.peak,
    ]
