"""Alerts in the Common Alerting Protocol 1.2 (OASIS), one message a transition. Pure.

An internal warning to named people: scope Restricted. Status is Test for the demonstration,
Exercise for an exercise, else Actual. What ends is an Update with AllClear, which says that the
danger is past; Cancel would say that the alert was wrong.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from xml.etree import ElementTree

from floodwatch.model.district import District
from floodwatch.model.severity import Severity
from floodwatch.model.station import Station, StationKind
from floodwatch.notify.figures import clean
from floodwatch.notify.message import compose
from floodwatch.notify.occasion import RESOLVED, Occasion
from floodwatch.reports.cap_events import occasions

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
SEVERITIES = {
    Severity.IV: "Minor",
    Severity.III: "Moderate",
    Severity.II: "Severe",
    Severity.I: "Extreme",
}
URGENCIES = {
    Severity.IV: "Expected",
    Severity.III: "Expected",
    Severity.II: "Immediate",
    Severity.I: "Immediate",
}
_RESTRICTION = "internal warning to the persons on duty; not a public warning"
_EVENTS = {
    StationKind.RESERVOIR: "Reservoir level",
    StationKind.RIVER: "River level",
    StationKind.LAKE: "Lake level",
    StationKind.WATERLOGGING: "Waterlogging",
    StationKind.RAIN: "Heavy rain",
    StationKind.SUPPLY: "Water supply",
}


class Spoken(NamedTuple):
    """One transition of an alert: its sequence number, its words, and those before it."""

    seq: int
    occasion: Occasion
    before: tuple["Earlier", ...] = ()
    exercise: bool = False


class Earlier(NamedTuple):
    """A message of the same alert that this one updates."""

    seq: int
    at: int


def sender(district: District) -> str:
    """Who sends: the address in `[service] address` without scheme, else a name of this service."""
    address = str(district.service.get("address") or "")
    host = address.partition("://")[2].partition("/")[0] or "floodwatch.invalid"
    return f"floodwatch@{host}"


def identifier(alert_id: int, seq: int, district: District) -> str:
    """Unique among this sender's messages; no space, comma, < or &, as the standard asks."""
    host = sender(district).partition("@")[2].replace(":", ".")
    return f"{host}.alert.{alert_id}.{seq}"


def document(spoken: Spoken, district: District) -> bytes:
    """The message as XML in UTF-8."""
    occasion = spoken.occasion
    root = ElementTree.Element("alert", xmlns=NAMESPACE)
    status = "Test" if district.demonstration else "Exercise" if spoken.exercise else "Actual"
    _add(root, "identifier", identifier(occasion.alert_id, spoken.seq, district))
    _add(root, "sender", sender(district))
    _add(root, "sent", _time(occasion.now, district))
    _add(root, "status", status)
    _add(root, "msgType", "Update" if spoken.before else "Alert")
    _add(root, "source", "FloodWatch")
    _add(root, "scope", "Restricted")
    _add(root, "restriction", _RESTRICTION)
    if district.demonstration:
        _add(root, "note", "示范数据 · 非真实 / demonstration data, not real")
    if spoken.before:
        _add(root, "references", " ".join(_reference(e, occasion, district) for e in spoken.before))
    station = district.stations.get(occasion.rule.station)
    for language in ("zh", "en"):
        _info(root, spoken, station, district, language)
    written: bytes = ElementTree.tostring(root, "utf-8", xml_declaration=True)
    return written


def _reference(earlier: Earlier, occasion: Occasion, district: District) -> str:
    number = identifier(occasion.alert_id, earlier.seq, district)
    return f"{sender(district)},{number},{_time(earlier.at, district)}"


def _info(
    root: ElementTree.Element,
    spoken: Spoken,
    station: Station | None,
    district: District,
    language: str,
) -> None:
    occasion = spoken.occasion
    over = occasion.kind == RESOLVED
    said = compose(occasion, district, language=language, owes=False)
    info = ElementTree.SubElement(root, "info")
    _add(info, "language", "zh-CN" if language == "zh" else "en")
    for category in _categories(occasion, station):
        _add(info, "category", category)
    _add(info, "event", _event(occasion, station))
    _add(info, "responseType", "AllClear" if over else _response(occasion.severity))
    _add(info, "urgency", "Past" if over else URGENCIES[occasion.severity])
    _add(info, "severity", SEVERITIES[occasion.severity])
    _add(info, "certainty", _certainty(occasion))
    if occasion.time is not None:
        _add(info, "onset", _time(occasion.fired_at, district))
    _add(info, "senderName", clean(district.name))
    _add(info, "headline", said.short)
    _add(info, "description", _lines(said.body))
    for name, value in _parameters(occasion).items():
        pair = ElementTree.SubElement(info, "parameter")
        _add(pair, "valueName", name)
        _add(pair, "value", value)
    _area(info, station, district)


def _categories(occasion: Occasion, station: Station | None) -> Sequence[str]:
    if station is None:
        return ("Infra",)
    if station.kind is StationKind.SUPPLY:
        return ("Health", "Infra")
    return ("Met", "Safety") if occasion.rule.type == "rainfall" else ("Geo", "Safety")


def _event(occasion: Occasion, station: Station | None) -> str:
    if occasion.rule.type in ("stale", "rise_silent", "offline", "feed"):
        return "Gauge silent"
    return _EVENTS.get(station.kind, "Water works") if station else "Service fault"


def _response(severity: Severity) -> str:
    if severity is Severity.I:
        return "Evacuate"
    return "Prepare" if severity >= Severity.III else "Monitor"


def _certainty(occasion: Occasion) -> str:
    if occasion.suspect:
        return "Possible"
    return "Likely" if occasion.rule.type in ("eta", "rise_silent", "rain_capacity") else "Observed"


def _parameters(occasion: Occasion) -> dict[str, str]:
    found = {
        "rule": str(occasion.rule),
        "severity": occasion.severity.name,
        "threshold": occasion.band,
        "limit": "" if occasion.limit is None else f"{occasion.limit:g}",
        "value": "" if occasion.value is None else f"{occasion.value:g}",
    }
    return {name: clean(value) for name, value in found.items() if value}


def _area(info: ElementTree.Element, station: Station | None, district: District) -> None:
    area = ElementTree.SubElement(info, "area")
    _add(area, "areaDesc", clean(station.name if station else district.name))
    if station is not None and station.lat is not None and station.lon is not None:
        _add(area, "circle", f"{station.lat:.6f},{station.lon:.6f} 0")
    if station is not None:
        pair = ElementTree.SubElement(area, "geocode")
        _add(pair, "valueName", "station")
        _add(pair, "value", clean(station.code))


def _add(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, name).text = text


def _lines(text: str) -> str:
    """A text of several lines without the control characters that XML 1.0 does not allow."""
    return "\n".join(clean(line) for line in text.splitlines()).strip()


def _time(moment: int, district: District) -> str:
    """Local with its offset and whole seconds: the only form that the standard takes."""
    local = datetime.fromtimestamp(moment // 1000, UTC).astimezone(district.tz)
    return local.isoformat(timespec="seconds")


def spoken_of(
    row: Mapping[str, Any], events: Sequence[Mapping[str, Any]], district: District
) -> list[Spoken]:
    """The messages of an alert from its row and timeline, oldest first."""
    found: list[Spoken] = []
    for event, occasion in occasions(row, events, district):
        before = tuple(Earlier(each.seq, each.occasion.now) for each in found)
        found.append(Spoken(int(event["seq"]), occasion, before))
    return found
