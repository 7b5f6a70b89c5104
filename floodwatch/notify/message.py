"""Words a message: place, value, limit and action within the first 70 characters. Pure."""

from floodwatch.model.district import District
from floodwatch.notify import mail_body, phrases
from floodwatch.notify.actions import action
from floodwatch.notify.figures import amount, clean, grade, plain, short_time
from floodwatch.notify.occasion import (
    ESCALATED,
    MISSED,
    REMINDER,
    RESOLVED,
    WORSENED,
    Occasion,
    Text,
    station_of,
)
from floodwatch.notify.sms_text import SINGLE, units

DEMONSTRATION = "【示范】"
DEMONSTRATION_EN = "[DEMO]"


def compose(occasion: Occasion, district: District, *, language: str, owes: bool) -> Text:
    """The message to one person; `owes`: an answer is expected from that person."""
    short = _mark(district, language) + _short(occasion, district, language, owes)
    subject = short if units(short) <= SINGLE + 20 else short[: SINGLE + 19] + "…"
    number = alert_number(occasion.alert_id)
    body = mail_body.compose(occasion, district, short=short, language=language, owes=owes)
    return Text(short, f"{subject} {number}", body)


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


def _before(occasion: Occasion, language: str) -> str:
    """What the reader must know before the value."""
    zh = language == "zh"
    said = []
    if occasion.kind == REMINDER:
        said.append("未应答，再次提醒" if zh else "no answer yet")
    if occasion.kind == ESCALATED:
        names = "、".join(occasion.silent[:3]) + ("等" if len(occasion.silent) > 3 else "")
        said.append(f"{names}未应答" if zh else f"no answer from {', '.join(occasion.silent[:3])}")
    if occasion.kind == WORSENED:
        known = occasion.previous
        was = f"由{grade(known, language)}" if known and zh else ""
        said.append(f"{was}升级" if zh else "worse" + (f" than {known.name}" if known else ""))
    if occasion.suspect:
        said.append("疑似异常" if zh else "value in doubt")
    return ("，".join(said) + "，") if said and zh else "; ".join(said) + ("; " if said else "")


def _short(occasion: Occasion, district: District, language: str, owes: bool) -> str:
    if occasion.kind == RESOLVED:
        return _over_again(occasion, district, language)
    comma, stop = ("，", "。") if language == "zh" else (", ", ". ")
    head = _head(occasion, district, language) + _before(occasion, language)
    head += phrases.when(occasion, district, language) + " "
    name = phrases.place(occasion, district, language)
    said = _joined(name, phrases.what(occasion, district, language), language)
    core = [said, phrases.over(occasion, language), phrases.since(occasion, language)]
    extra = [
        phrases.trend(occasion, language),
        phrases.level_of(occasion, language),
        phrases.why(occasion, language),
    ]
    act = _action(occasion, district, language)
    tail = [*_tail(occasion, district, language, owes)]
    room = _room(district, language)
    whole = head + comma.join(p for p in (*core, *extra, act) if p)
    if units(whole) <= room or language != "zh":
        return whole + stop + stop.join(tail)
    lean = head + comma.join(p for p in (*core, act) if p)
    if units(lean) > room:
        cut = phrases.short_enough(name, units(lean) - room)
        lean = lean.replace(name, cut, 1)
    return lean + stop + stop.join([*(p for p in (comma.join(e for e in extra if e),) if p), *tail])


def _joined(name: str, what: str, language: str) -> str:
    return f"{name}{what}" if language == "zh" else f"{name} {what}".strip()


def _action(occasion: Occasion, district: District, language: str) -> str:
    if occasion.kind == MISSED:
        return ""
    rule = occasion.rule
    return action(
        station_of(occasion, district),
        variable=rule.variable,
        type=rule.type,
        direction=rule.direction,
        severity=occasion.severity,
        language=language,
    )


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
    head = _head(occasion, district, language) + short_time(occasion.now, zone, language) + " "
    name = phrases.place(occasion, district, language)
    if occasion.rule.type == "system":
        said = [
            f"{name}系统告警已恢复" if zh else f"{name}: the service is well again".lstrip(": ")
        ]
    else:
        said = [_joined(name, phrases.what(occasion, district, language), language)]
    label = plain(occasion.label or occasion.band)
    if label and occasion.rule.type not in ("system", "stale"):
        said.append(f"{label}告警解除" if zh else f"{label}: all clear")
    if reason := phrases.why(occasion, language):
        said.append(reason)
    if (peak := _peak(occasion, district, language)) and occasion.rule.type == "level":
        said.append(peak)
    number = alert_number(occasion.alert_id)
    return f"{head}{'，'.join(said)}。{number}" if zh else f"{head}{', '.join(said)}. {number}"


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
