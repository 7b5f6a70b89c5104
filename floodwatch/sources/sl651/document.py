"""Frames and what they say as JSON documents, for people and scripts."""

from datetime import datetime, tzinfo
from typing import Any

from floodwatch.sources.sl651.decode import PLAIN, decode
from floodwatch.sources.sl651.frame import Damage, Frame
from floodwatch.sources.sl651.message import Dialect, Element, Message

_UNREAD = dict.fromkeys(("encoding", "direction", "address", "centre", "function", "end", "packet"))
_SHOWN = 64  # bytes of a value that are written out


def frame_document(frame: Frame, message: Message, zone: tzinfo) -> dict[str, Any]:
    """A good frame; times are local to `zone`, written with their offset."""
    return {
        **_header(frame),
        "serial": message.serial,
        "sent": _iso(message.sent, zone),
        "crc_ok": True,
        "station_class": message.station_class,
        "elements": [_element(element, zone) for element in message.elements],
        "parameters": [_element(element, zone) for element in message.parameters],
        "problems": [_problem(problem.fault, problem.text) for problem in message.problems],
        "rest": message.rest.hex().upper(),
        "bytes": len(frame.raw),
    }


def damage_document(damage: Damage, dialect: Dialect = PLAIN) -> dict[str, Any]:
    """Bytes that are no good frame: header, serial and time as they read, and why it is refused.

    None of it can be trusted, and its elements are not read.
    """
    message = decode(damage.frame, dialect) if damage.frame else None
    return {
        **(_header(damage.frame) if damage.frame else _UNREAD),
        "serial": message and message.serial,
        "sent": _iso(message.sent, dialect.zone) if message else None,
        "crc_ok": False,
        "station_class": "",
        "elements": [],
        "parameters": [],
        "problems": [_problem(damage.fault, damage.text)],
        "rest": damage.raw.hex().upper(),
        "bytes": len(damage.raw),
    }


def _header(frame: Frame) -> dict[str, Any]:
    packet = frame.packet
    return {
        "encoding": frame.encoding.value,
        "direction": frame.direction.value,
        "address": frame.station,
        "centre": frame.centre,
        "function": f"{frame.function:02X}",
        "end": frame.end.name,
        "packet": packet and {"total": packet.total, "sequence": packet.sequence},
    }


def _element(element: Element, zone: tzinfo) -> dict[str, Any]:
    value = element.value
    many = isinstance(value, tuple)
    return {
        "element": element.id,
        "variable": element.variable,
        "gauge": element.gauge if element.variable else None,
        "value": list(value) if isinstance(value, tuple) else value,
        "unit": element.unit,
        "time": _iso(element.time, zone),
        **({"times": [_iso(time, zone) for time, _ in element.slots()]} if many else {}),
        "period_s": element.period // 1000 or None,
        "station": element.station,
        "text": element.text,
        "raw": element.raw[:_SHOWN].hex().upper(),
        "bytes": len(element.raw),
    }


def _problem(fault: str, text: str) -> dict[str, str]:
    return {"fault": str(fault), "text": text}


def _iso(moment: int | None, zone: tzinfo) -> str | None:
    if moment is None:
        return None
    return datetime.fromtimestamp(moment // 1000, zone).isoformat()
