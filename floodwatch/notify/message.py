"""Words a message: place, value, limit and action within the first 70 characters. Pure."""

import logging
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from floodwatch.model.district import District
from floodwatch.notify import mail_body, phrases, text_fields, text_template
from floodwatch.notify.figures import amount, clean, grade, name_of, plain, short_time
from floodwatch.notify.occasion import (
    ESCALATED,
    MISSED,
    REMINDER,
    RESOLVED,
    WORSENED,
    Occasion,
    Text,
)
from floodwatch.notify.sms_text import SINGLE, clipped, units

_log = logging.getLogger(__name__)

DEMONSTRATION = "【示范】"
DEMONSTRATION_EN = "[DEMO]"
# Rules whose finding says how it stands when it is over; of others only the alarm's words remain.
SAYS_HOW_IT_IS = frozenset(
    {"level", "stale", "rise_silent", "rise_flat", "stuck", "offline", "feed"}
)
# What gives way last, one after the other: the day is the receiver's, doubt needs two letters, and
# the grade says how bad it is without the word that it rose.
_LAST = (
    (re.compile(r"\d+日(?=\d\d:\d\d)"), ""),
    (re.compile("疑似异常(?=，)"), "疑似"),
    (re.compile("升级，"), ""),
)


def compose(occasion: Occasion, district: District, *, language: str, owes: bool) -> Text:
    """The message to one person; `owes`: an answer is expected from that person.

    A fault of the wording delays no alert: then the built-in text goes out.
    """
    try:
        return _worded(occasion, district, language=language, owes=owes)
    except Exception:  # noqa: BLE001 - whatever it is, the alert goes out
        _log.exception("alert %s cannot be worded; it goes out plain", occasion.alert_id)
        return built_in(occasion, demonstration=district.demonstration)


def built_in(occasion: Occasion, *, demonstration: bool) -> Text:
    """The plainest text there is: what is known, as it is known."""
    at = "?" if occasion.time is None else datetime.fromtimestamp(occasion.time / 1_000, UTC)
    facts = f"{occasion.rule} = {occasion.value} (> {occasion.limit}) {at}"
    if occasion.rule.direction in ("down", "fall"):
        facts = facts.replace(">", "<")
    mark = DEMONSTRATION if demonstration else ""
    short = f"{mark}【内部告警{occasion.severity.name}】{occasion.kind} {facts}"
    return Text(short, f"{short} {alert_number(occasion.alert_id)}", f"{short}\n")


def _worded(occasion: Occasion, district: District, *, language: str, owes: bool) -> Text:
    own = _own(occasion, district, language, owes)
    short = _mark(district, language) + (own or _short(occasion, district, language, owes))
    subject = short if units(short) <= SINGLE + 20 else short[: SINGLE + 19] + "…"
    number = alert_number(occasion.alert_id)
    body = mail_body.compose(occasion, district, short=short, language=language, owes=owes)
    subject = subject if subject.endswith(number) else f"{subject} {number}"
    return Text(short, subject, body, text_fields.slots(occasion, district, language))


def _own(occasion: Occasion, district: District, language: str, owes: bool) -> str:
    """The district's own wording; empty without one, or when it does not fit the first message."""
    template = district.texts.get(language, {}).get(occasion.kind, "")
    if not template:
        return ""
    fields = text_fields.fields(occasion, district, language, owes=owes)
    text = text_template.filled(template, fields)
    seen = clipped(text, _room(district, language))
    if all(fields[name] in seen for name in text_template.NEEDED):
        return text
    _log.info("the district's text for %r is too long here; the built-in one goes", occasion.kind)
    return ""


def alert_number(alert_id: int) -> str:
    """The number by which people speak of an alert; a repeat is known by it."""
    return f"警〔{alert_id}〕"


def repeated(text: str, alert_id: int | None) -> str:
    """A text that is sent again because nobody knows whether it arrived."""
    number = alert_number(alert_id) if alert_id is not None else ""
    mark = f"【重发{number}】"
    if text.startswith(DEMONSTRATION):
        return f"{DEMONSTRATION}{mark}{text[len(DEMONSTRATION) :]}"
    if text.startswith("["):
        mark = f"[重发 REPEAT {number}] " if number else "[重发 REPEAT] "
        head, rest = "", text
        if text.startswith(DEMONSTRATION_EN):
            head, rest = DEMONSTRATION_EN + " ", text[len(DEMONSTRATION_EN) :].lstrip()
        return f"{head}{mark}{rest}"
    return mark + text


def _mark(district: District, language: str) -> str:
    if not district.demonstration:
        return ""
    return DEMONSTRATION if language == "zh" else f"{DEMONSTRATION_EN} "


def _room(district: District, language: str) -> int:
    """How many characters are left of the first 70 beside signature and marks."""
    signature = str(district.service.get("signature") or "")
    taken = units(signature) + 2 if signature and not district.demonstration else 0
    return SINGLE - taken - units(_mark(district, language))


def _head(occasion: Occasion, district: District, language: str) -> str:
    degree = grade(occasion.severity, language)
    public = district.service.get("wording") == "public"
    authority = clean(district.service.get("authority") or "") if public else ""
    zh = language == "zh"
    if occasion.kind == RESOLVED:
        name = f"{authority}告警解除" if authority else "内部告警解除"
        return f"【{name}】" if zh else f"[{authority or 'Internal'} alert: all clear] "
    if occasion.kind == MISSED:
        return f"【错过的告警{degree}，已解除】" if zh else f"[Missed alert {degree}, over] "
    who = authority or ("内部" if zh else "Internal")
    return f"【{who}告警{degree}】" if zh else f"[{who} alert {degree}] "


def _before(occasion: Occasion, language: str, *, brief: bool) -> str:
    """What the reader must know before the value."""
    words = _before_zh(occasion, brief=brief) if language == "zh" else _before_en(occasion)
    stop = "，" if language == "zh" else "; "
    return "".join(f"{word}{stop}" for word in words)


def _before_zh(occasion: Occasion, *, brief: bool) -> Iterator[str]:
    if occasion.kind == REMINDER:
        yield "催办" if brief else "未应答，再次提醒"
    if occasion.kind == ESCALATED:
        yield "越级" if brief else f"{_some(occasion.silent)}未应答"
    if occasion.kind == WORSENED:
        known = occasion.previous is not None and not brief
        yield f"由{occasion.previous.numeral}升级" if known and occasion.previous else "升级"
    if occasion.why == phrases.DENIED:
        yield "此前数值疑似异常"
    if occasion.facts.get("clock"):
        yield "站钟有误，按收到时间"
    elif occasion.suspect:
        yield "疑似异常"


def _before_en(occasion: Occasion) -> Iterator[str]:
    if occasion.kind == REMINDER:
        yield "no answer yet"
    if occasion.kind == ESCALATED:
        yield f"no answer from {', '.join(occasion.silent[:3])}"
    if occasion.kind == WORSENED:
        yield f"worse than {occasion.previous.name}" if occasion.previous else "worse"
    if occasion.why == phrases.DENIED:
        yield "the value before was in doubt"
    if occasion.facts.get("clock"):
        yield "station clock wrong, time of receipt"
    elif occasion.suspect:
        yield "value in doubt"


def _some(names: Sequence[str]) -> str:
    return "、".join(names[:3]) + ("等" if len(names) > 3 else "")


def _short(occasion: Occasion, district: District, language: str, owes: bool) -> str:
    """Fuller wordings give way until action and all before it fit the first 70 characters."""
    if occasion.kind == RESOLVED:
        return _over_again(occasion, district, language)
    room = _room(district, language)
    for brief in (False, True):
        for later in (False, True):
            said, rest = _core(occasion, district, language, brief=brief, later=later)
            if units(said) <= room:
                break
        else:
            continue
        break
    else:
        name = phrases.place(occasion, district, language)
        if language == "zh":
            said = said.replace(name, phrases.short_enough(name, units(said) - room), 1)
            for longer, shorter in _LAST:
                if units(said) > room:
                    said = longer.sub(shorter, said, count=1)
    if brief and occasion.silent and language == "zh":
        rest.append(f"{_some(occasion.silent)}未应答")
    stop = "。" if language == "zh" else ". "
    return (said + stop + stop.join([*rest, *_tail(occasion, district, language, owes)])).strip()


def _core(
    occasion: Occasion, district: District, language: str, *, brief: bool, later: bool
) -> tuple[str, list[str]]:
    """Everything up to the action, and what may come after it."""
    comma = "，" if language == "zh" else ", "
    said = _head(occasion, district, language) + _before(occasion, language, brief=brief)
    said += phrases.when(occasion, district, language, brief=brief) + " "
    name = phrases.place(occasion, district, language)
    said += _joined(name, phrases.what(occasion, district, language), language)
    if limit := phrases.over(occasion, language, brief=brief):
        said += comma + limit
    beside = [
        phrases.since(occasion, district, language, brief=brief),
        phrases.trend(occasion, language),
        phrases.level_of(occasion, language),
        phrases.why(occasion, language),
    ]
    more = comma.join(phrase for phrase in beside if phrase)
    act = _action(occasion, district, language, brief=brief)
    parts = [said, act] if later else [said, more, act]
    return comma.join(part for part in parts if part), [more] if later and more else []


def _joined(name: str, what: str, language: str) -> str:
    return f"{name}{what}" if language == "zh" else f"{name} {what}".strip()


def _action(occasion: Occasion, district: District, language: str, *, brief: bool) -> str:
    if occasion.kind == MISSED:
        return ""
    return text_fields.wanted(occasion, district, language, brief=brief)


def _tail(occasion: Occasion, district: District, language: str, owes: bool) -> list[str]:
    zh = language == "zh"
    said = []
    if occasion.kind == MISSED:
        zone = district.zone_of(occasion.rule.station)
        begun, ended = (
            short_time(moment, zone, language) for moment in (occasion.fired_at, occasion.now)
        )
        said.append(
            f"{begun}至{ended}，未能及时送达" if zh else f"{begun} to {ended}, not told in time"
        )
    if occasion.also:
        said.append(f"另有{occasion.also}项待应答" if zh else f"{occasion.also} more open")
    if owes:
        said.append("收到回1" if zh else "Reply 1")
    return said or [""]


def _over_again(occasion: Occasion, district: District, language: str) -> str:
    """The all-clear."""
    zh = language == "zh"
    zone = district.zone_of(occasion.rule.station)
    said = [*_what_is_over(occasion, district, language)]
    if reason := phrases.why(occasion, language) or phrases.moved(occasion, language):
        said.append(reason)
    if (peak := _peak(occasion, district, language)) and occasion.rule.type == "level":
        said.append(peak)
    text = ("，" if zh else ", ").join(said) + ("。" if zh else ". ")
    head = _head(occasion, district, language) + short_time(occasion.now, zone, language)
    return f"{head} {text}{alert_number(occasion.alert_id)}"


def _what_is_over(occasion: Occasion, district: District, language: str) -> Iterator[str]:
    zh, kind = language == "zh", occasion.rule.type
    name = phrases.place(occasion, district, language)
    variable = name_of(occasion.rule.variable, language)
    if kind == "system":
        yield f"{name}系统告警已恢复" if zh else f"{name} service is well again".lstrip()
    elif kind == "stale" and occasion.why:
        yield f"{name}{variable}失测告警解除" if zh else f"{name} {variable} silence: all clear"
    else:
        label = plain(occasion.label or occasion.band)
        if kind in SAYS_HOW_IT_IS or not label:
            yield _joined(name, phrases.what(occasion, district, language), language)
        else:  # all that is known is how bad it was: "backflow" must not be read again
            label = _joined(name, label, language)
        if label and kind != "stale":
            yield f"{label}告警解除" if zh else f"{label}: all clear"
    if occasion.suspect:
        yield "此前数值疑似异常" if zh else "the value before was in doubt"


def _peak(occasion: Occasion, district: District, language: str) -> str:
    if occasion.peak is None or occasion.peak_at is None:
        return ""
    zone = district.zone_of(occasion.rule.station)
    at, value = (
        short_time(occasion.peak_at, zone, language),
        amount(occasion.rule.variable, occasion.peak, language),
    )
    low = occasion.rule.direction == "down"
    if language == "zh":
        return f"{'最低' if low else '最高'}{value}（{at}）"
    return f"{'lowest' if low else 'highest'} {value} at {at}"
