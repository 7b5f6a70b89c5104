"""The words of muting, plans and the duty log."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Flask
from flask_babel import lazy_gettext as _l

from floodwatch.store.duty_log import Line
from floodwatch.web import reason_words, words
from floodwatch.web.alert_words import headline
from floodwatch.web.here import here
from floodwatch.web.language import _

MUTES = {"shelve": _l("已搁置"), "maintenance": _l("维护中")}
LOG = {
    "note": _l("记事"),
    "call": _l("电话"),
    "order": _l("指令"),
    "handover": _l("交接"),
    "plan": _l("预案"),
    "response": _l("应急响应"),
    "mute": _l("静默"),
}
TYPES = {"level": _l("水位、水深"), "rainfall": _l("雨量"), "rate": _l("涨落"), "stale": _l("失测")}
ACTS = {"start": _l("启动"), "change": _l("调整"), "end": _l("结束")}
ENDED = {"": _l("到期"), "resolved": _l("告警已解除"), "worse": _l("告警升级，自动结束")}


def muted(by: str) -> str:
    """Why nobody is told: 已搁置, 维护中, or the alert that speaks for it."""
    kind, _colon, number = by.partition(":")
    if kind == "alert":
        return _("由告警 #%(n)s 代述", n=number)
    return str(MUTES.get(kind, kind))


def said(event: Mapping[str, Any]) -> str:
    """The words beside an entry of the timeline or the log."""
    text, facts = event["text"] or "", event["facts"] or {}
    if event["kind"] in ("muted", "unmuted") and facts.get("by"):
        return "：".join(part for part in (muted(str(facts["by"])), text) if part)
    if event["kind"] in ("ticked", "unticked"):
        done = f"{facts.get('plan')}：{facts.get('step')}"
        return f"{done}（{text}）" if text else done
    if event["kind"] == "assigned" and not facts.get("party"):
        return _("无人跟进")
    return reason_words.told(event)


def merged(events: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The timeline without repetitions: one answer that ends several duties is told once."""
    found: list[Mapping[str, Any]] = []
    for event in events:
        last = found[-1] if found else None
        if last is None or _told_as(last) != _told_as(event):
            found.append(event)
    return found


def _told_as(event: Mapping[str, Any]) -> tuple[object, ...]:
    return event["kind"], event["at"], event["who"], said(event)


def of_line(line: Line) -> str:
    """What a line of the duty log is about."""
    if line.written:
        return line.text
    about = headline(line.alert) if line.alert else ""
    if line.kind == "assigned" and line.facts.get("party"):
        return f"{about} → {line.facts['party']}"
    more = said({"kind": line.kind, "text": line.text, "facts": line.facts})
    return " · ".join(part for part in (about, more) if part)


def install(app: Flask) -> None:
    """Teach the templates these words."""
    app.jinja_env.filters.update(
        muted=muted,
        rule_type=lambda key: str(TYPES.get(key, key)),
        date=lambda time: f"{words.local(time, here().tz):%Y-%m-%d}",
        hour=lambda time: f"{words.local(time, here().tz):%m-%d %H:%M}",
        told=said,
        merged=merged,
        log_line=of_line,
        log_kind=lambda key: str(LOG.get(key, key)),
        response_act=lambda key: str(ACTS.get(key, key)),
        mute_end=lambda key: str(ENDED.get(key, key)),
    )
