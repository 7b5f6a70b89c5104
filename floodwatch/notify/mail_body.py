"""The body of a mail: the short text, then every fact a line."""

from collections.abc import Iterator

from floodwatch.model.district import District
from floodwatch.model.station import Station
from floodwatch.notify import phrases
from floodwatch.notify.figures import amount, clean, difference, full_time, grade, name_of, span
from floodwatch.notify.occasion import MISSED, RESOLVED, Occasion, station_of

Line = tuple[str, str, str]  # Chinese name, English name, text


def compose(
    occasion: Occasion, district: District, *, short: str, language: str, owes: bool
) -> str:
    """Several lines; each fact on its own."""
    zh = language == "zh"
    station = station_of(occasion, district)
    lines = [short, ""]
    for zh_name, en_name, text in _facts(occasion, district, station, language):
        lines.append(f"{zh_name}：{text}" if zh else f"{en_name}: {text}")
    steps = list(_plan(occasion, district, station))
    if steps:
        lines += ["", "预案：" if zh else "Plan:", *steps]
    if owes:
        lines += [
            "",
            "请本人应答：回复短信 1，或在页面上应答，或致电值班室。"
            if zh
            else "Please answer yourself: reply 1 by SMS, on the page, or call the duty room.",
        ]
    url = clean(district.service.get("url") or "").rstrip("/")
    if url:
        lines += ["", f"{url}/alerts/{occasion.alert_id}"]
    if district.demonstration:
        lines += ["", "示范数据 · 非真实" if zh else "Demonstration data · not real"]
    return "\n".join(lines) + "\n"


def _facts(
    occasion: Occasion, district: District, station: Station | None, language: str
) -> Iterator[Line]:
    zone = district.zone_of(occasion.rule.station)
    degree = grade(occasion.severity, language)
    number = f"警〔{occasion.alert_id}〕"
    yield "告警", "Alert", f"{number} {degree}{'级' if language == 'zh' else ''}"
    yield "开始", "Since", full_time(occasion.fired_at, zone)
    if occasion.kind in (RESOLVED, MISSED):
        yield "解除", "Over", full_time(occasion.now, zone)
    if occasion.rule.type == "system":
        return
    name = clean(station.name) if station else clean(occasion.rule.station)
    yield "地点", "Place", f"{name} ({clean(occasion.rule.station)})"
    gauge = "" if occasion.rule.gauge == "1" else f" {clean(occasion.rule.gauge)}"
    yield "要素", "Variable", f"{name_of(occasion.rule.variable, language)}{gauge}"
    yield from _values(occasion, district, language)
    if station and station.downstream:
        yield "下游", "Downstream", clean(station.downstream)
    if station and station.note:
        yield "备注", "Note", clean(station.note)


def _values(occasion: Occasion, district: District, language: str) -> Iterator[Line]:
    zone, variable = district.zone_of(occasion.rule.station), occasion.rule.variable
    per_hour = ("/时" if language == "zh" else "/h") if occasion.rule.type == "rate" else ""
    if occasion.value is not None:
        at = f" ({full_time(occasion.time, zone)})" if occasion.time is not None else ""
        yield "数值", "Value", amount(variable, occasion.value, language) + per_hour + at
    if occasion.limit is not None:
        label = clean(occasion.label or occasion.band)
        limit = amount(variable, occasion.limit, language) + per_hour
        gap = (
            difference(variable, occasion.value, occasion.limit, language)
            if occasion.value is not None
            else ""
        )
        beside = f" ({'差' if language == 'zh' else 'difference '}{gap})" if gap else ""
        yield "阈值", "Limit", f"{label} {limit}{beside}"
    if (seen := phrases.change(occasion)) is not None:
        sign = "-" if seen[0] < 0 else "+"
        within = span(seen[1], language)
        said = f"{sign}{amount(variable, abs(seen[0]), language)}"
        yield f"{within}变化", f"Change in {within}", said
    to_next = occasion.fact("to_next")
    if to_next is not None:
        ahead = clean(occasion.facts.get("next", ""))
        yield "距下一级", "To the next", f"{ahead} {amount(variable, to_next, language)}"
    yield from _rain(occasion, language)
    age = occasion.now - occasion.time if occasion.time is not None else 0
    if occasion.kind not in (RESOLVED, MISSED) and age >= 60_000:
        late = (
            ("，补报" if language == "zh" else ", came late") if occasion.facts.get("late") else ""
        )
        yield "资料时效", "Age", span(age, language) + late
    if occasion.suspect:
        yield "质量", "Quality", "疑似异常" if language == "zh" else "in doubt"
    if occasion.peak is not None and occasion.peak_at is not None:
        at = full_time(occasion.peak_at, zone)
        yield "极值", "Extreme", f"{amount(variable, occasion.peak, language)}{per_hour} ({at})"
    if reason := phrases.why(occasion, language):
        yield "原因", "Reason", reason


def _rain(occasion: Occasion, language: str) -> Iterator[Line]:
    for name in occasion.facts:
        total = occasion.fact(name)
        if name.startswith("sum_") and total is not None:
            hours = name.removeprefix("sum_").removesuffix("h")
            yield f"{hours}小时雨量", f"Rain in {hours} h", amount("rainfall", total, language)
    coverage = occasion.fact("coverage")
    if coverage is not None:
        yield "资料完整率", "Coverage", f"{coverage:.0%}"


def _plan(occasion: Occasion, district: District, station: Station | None) -> Iterator[str]:
    """The steps of the plan in force for this place and the highest severity not above it."""
    if occasion.kind in (RESOLVED, MISSED):
        return
    fitting = [
        plan
        for plan in district.plans
        if plan.severity <= occasion.severity
        and (plan.valid_from is None or plan.valid_from <= occasion.now)
        and (plan.valid_to is None or occasion.now < plan.valid_to)
        and (plan.station or plan.kind)
        and plan.station in ("", occasion.rule.station)
        and plan.kind in ("", station.kind.value if station else "")
    ]
    wet = occasion.rule.type == "level" and occasion.rule.direction == "up"
    if not fitting or not wet or occasion.rule.variable not in ("stage", "ponding_depth"):
        return
    chosen = max(fitting, key=lambda plan: (bool(plan.station), plan.severity))
    yield (
        f"{clean(chosen.title)} ({clean(chosen.source)})" if chosen.source else clean(chosen.title)
    )
    for number, step in enumerate(chosen.steps, 1):
        yield f"{number}. {clean(step)}"
