"""The pieces of a message by name, for the district's own texts and for providers' templates."""

from floodwatch.model.district import District
from floodwatch.notify import phrases
from floodwatch.notify.actions import action
from floodwatch.notify.figures import clean, grade
from floodwatch.notify.occasion import MISSED, RESOLVED, Occasion, station_of


def fields(occasion: Occasion, district: District, language: str, *, owes: bool) -> dict[str, str]:
    """Every field that a text may use."""
    zh = language == "zh"
    return {
        "grade": grade(occasion.severity, language),
        "time": phrases.when(occasion, district, language),
        "place": phrases.place(occasion, district, language),
        "value": phrases.what(occasion, district, language),
        "limit": phrases.over(occasion, language),
        "trend": phrases.trend(occasion, language),
        "level": phrases.level_of(occasion, language),
        "why": phrases.why(occasion, language),
        "action": wanted(occasion, district, language),
        "before": phrases.since(occasion, district, language),
        "code": str(occasion.alert_id),
        "answer": ("收到回1" if zh else "Reply 1") if owes else "",
    }


def slots(occasion: Occasion, district: District, language: str) -> dict[str, str]:
    """Place, value, limit, action and code; the time stands before the value."""
    zh = language == "zh"
    asked = wanted(occasion, district, language, brief=True)
    limit = phrases.over(occasion, language, brief=True)
    if occasion.kind in (RESOLVED, MISSED):
        limit, asked = ("告警已解除", "无需行动") if zh else ("the alert is over", "nothing to do")
    return {
        "place": phrases.place(occasion, district, language),
        "value": f"{phrases.when(occasion, district, language)} "
        f"{phrases.what(occasion, district, language)}",
        "limit": limit or phrases.trend(occasion, language),
        "action": asked.removeprefix("请") if zh else asked,
        "code": str(occasion.alert_id),
    }


def wanted(occasion: Occasion, district: District, language: str, *, brief: bool = False) -> str:
    """What people are asked to do: the rule's own words before those for the kind of place."""
    if own := occasion.facts.get(f"act_{language}"):
        return clean(own)
    rule = occasion.rule
    return action(
        station_of(occasion, district),
        variable=rule.variable,
        type=rule.type,
        direction=rule.direction,
        severity=occasion.severity,
        language=language,
        brief=brief,
    )


def plain_slots(
    place: str, value: str, *, action: str, zh: bool = True, alert_id: int | None = None
) -> dict[str, str]:
    """The pieces for a provider's template of a word that tells of no limit."""
    return {
        "place": clean(place) or "FloodWatch",
        "value": clean(value),
        "limit": "内部通知" if zh else "internal notice",
        "action": action,
        "code": str(alert_id or 0),
    }
