"""The occasions of an alert's life as its timeline has kept them. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from floodwatch.model.alert import RuleKey
from floodwatch.model.district import District
from floodwatch.model.severity import Severity
from floodwatch.notify.occasion import RESOLVED, Occasion

SPOKEN = ("fired", "worsened", "eased", RESOLVED)
Row = Mapping[str, Any]


def occasions(
    row: Row, events: Sequence[Row], district: District
) -> Iterator[tuple[Row, Occasion]]:
    """Each transition that concerns others, with what was known then."""
    rule = RuleKey(*(row[name] for name in RuleKey._fields))
    limits = {
        each.name: each
        for each in district.thresholds
        if (each.station, each.gauge, each.variable) == (rule.station, rule.gauge, rule.variable)
    }
    for event in events:
        if event["kind"] not in SPOKEN:
            continue
        facts = dict(event["facts"] or {})
        limit = limits.get(str(facts.get("band") or ""))
        yield (
            event,
            Occasion(
                kind=event["kind"],
                alert_id=row["id"],
                rule=rule,
                severity=Severity(event["severity"] or row["severity"]),
                now=event["at"],
                fired_at=row["fired_at"],
                previous=Severity(event["previous"]) if event["previous"] else None,
                band=limit.name if limit else row["band"],
                label=limit.label if limit else row["label"],
                limit=limit.value if limit else row["limit_value"],
                value=event["value"],
                time=event["value_time"],
                suspect=bool(row["suspect"]),
                peak=row["peak"] if event["kind"] == RESOLVED else None,
                peak_at=row["peak_at"] if event["kind"] == RESOLVED else None,
                why=event["text"] or "",
                facts=facts,
            ),
        )
