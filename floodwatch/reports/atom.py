"""The Atom feed (RFC 4287) of CAP messages, newest first. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree import ElementTree

from floodwatch.model.district import District
from floodwatch.notify.figures import clean
from floodwatch.notify.message import compose
from floodwatch.reports.cap import Spoken, identifier, sender

NAMESPACE = "http://www.w3.org/2005/Atom"
CAP_TYPE = "application/cap+xml"


def feed(
    messages: Sequence[tuple[Spoken, str]], district: District, *, link: str, now: int
) -> bytes:
    """Entries of (message, address of its CAP document); `link` is the feed's own address."""
    root = ElementTree.Element("feed", xmlns=NAMESPACE)
    mark = "（示范数据 · 非真实）" if district.demonstration else ""
    _add(root, "id", f"urn:floodwatch:{sender(district)}:alerts")
    _add(root, "title", f"{clean(district.name)}内部告警{mark}")
    newest = max((spoken.occasion.now for spoken, _ in messages), default=now)
    _add(root, "updated", _time(newest))
    ElementTree.SubElement(root, "link", rel="self", href=link)
    author = ElementTree.SubElement(root, "author")
    _add(author, "name", clean(district.name))
    for spoken, address in messages:
        occasion = spoken.occasion
        entry = ElementTree.SubElement(root, "entry")
        _add(entry, "id", f"urn:floodwatch:{identifier(occasion.alert_id, spoken.seq, district)}")
        said = compose(occasion, district, language="zh", owes=False)
        _add(entry, "title", said.short)
        _add(entry, "updated", _time(occasion.now))
        ElementTree.SubElement(entry, "link", href=address, type=CAP_TYPE)
        ElementTree.SubElement(entry, "category", term=occasion.severity.name)
        _add(entry, "summary", said.short)
    written: bytes = ElementTree.tostring(root, "utf-8", xml_declaration=True)
    return written


def _add(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, name).text = text


def _time(moment: int) -> str:
    return datetime.fromtimestamp(moment // 1000, UTC).isoformat(timespec="seconds")
