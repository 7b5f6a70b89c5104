"""What a leader is told when one person alone shelves a grade I, and the second person of two."""

from collections.abc import Mapping
from typing import Any

from floodwatch.model.district import District
from floodwatch.model.severity import Severity
from floodwatch.notify.figures import clean, grade, short_time
from floodwatch.notify.message import DEMONSTRATION, alert_number
from floodwatch.notify.type_words import type_word


def shelved_alone(
    row: Mapping[str, Any], district: District, *, who: str, reason: str, until: int
) -> str:
    """To the leader."""
    return _text(row, district, f"{clean(who)}单人搁置至", reason, until)


def shelved_by_two(
    row: Mapping[str, Any], district: District, *, who: str, reason: str, until: int
) -> str:
    """To the second person, whose name was given."""
    return _text(row, district, f"{clean(who)}报您同意，搁置至", reason, until)


def _text(row: Mapping[str, Any], district: District, act: str, reason: str, until: int) -> str:
    station = district.stations.get(row["station"])
    name = clean(station.name if station else row["station"])
    what = clean(row["label"] or type_word(row["type"], "zh"))
    mark = DEMONSTRATION if district.demonstration else ""
    at = short_time(until, district.zone_of(row["station"]), "zh")
    head = f"{mark}【内部告警{grade(Severity(row['severity']), 'zh')}】"
    return f"{head}{name}{what}告警由{act}{at}，原因：{clean(reason)}。{alert_number(row['id'])}"
