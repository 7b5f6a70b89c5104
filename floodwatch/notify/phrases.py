"""The pieces of a message: place, value, limit, trend, and the mark of what is doubtful."""

from floodwatch.model.alert import DISTRICT
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.district import District
from floodwatch.model.station import MANUAL
from floodwatch.model.variable import VARIABLES, Nature
from floodwatch.notify.figures import (
    PONDING,
    amount,
    clean,
    difference,
    name_of,
    plain,
    short_time,
    span,
)
from floodwatch.notify.occasion import RESOLVED, Occasion, station_of

DENIED = "the reading before was denied"
OLD = 30 * MINUTE  # a value of this age is said to be old before anything else
_LEVELS = ("位", "程", "顶", "半", "深")
_WHY = {
    "thresholds edited": "因阈值调整",
    "threshold edited": "因阈值调整",
    "rule no longer configured": "因规则已停用",
    "season changed": "因汛期分段切换",
    "dated order": "因调度令变更限值",
    "confirmed by live data": "经实时资料证实",
    "station retired": "因站点退役",
    "no verdict within three minutes": "三分钟内未能核实",
    "no verdict within six minutes": "六分钟内未能核实",
    "confirmed": "后续读数已证实",
    "supported by rain": "有降雨佐证",
    "the reading before was denied": "此前数值疑似异常",
    "told again: the shelving is over": "搁置结束仍未解除",
    "told again: the maintenance is over": "维护结束仍未解除",
    "told again: the alert that stood for it is over": "此前由他项告警代述",
}


def place(occasion: Occasion, district: District, language: str) -> str:
    """The station's name, with the gauge where it is one of several."""
    if occasion.rule.type == "system" or occasion.rule.station == DISTRICT:
        return clean(district.name)
    station = station_of(occasion, district)
    name = clean(station.name if station else occasion.rule.station)
    gauge = clean(occasion.rule.gauge)
    if gauge in ("1", "*"):  # the only one, or all of them
        return name
    if gauge == MANUAL:
        return f"{name}人工" if language == "zh" else f"{name} by hand"
    if language != "zh":
        return f"{name} {gauge}"
    return f"{name}{gauge}号" if gauge.isdigit() else f"{name}{gauge}"


def why(occasion: Occasion, language: str) -> str:
    """The reason of a transition that the water did not cause; empty otherwise."""
    if occasion.why == DENIED:
        return ""  # said before the value
    return _WHY.get(occasion.why, clean(occasion.why)) if language == "zh" else clean(occasion.why)


def moved(occasion: Occasion, language: str) -> str:
    """That it is over because its limit was changed while the water stood; empty otherwise."""
    value, limit = occasion.value, occasion.limit
    if occasion.rule.type != "level" or value is None or limit is None:
        return ""
    still = value < limit if occasion.rule.direction == "down" else value > limit
    if not still:
        return ""
    return "限值已变更" if language == "zh" else "its limit was changed"


def when(occasion: Occasion, district: District, language: str, *, brief: bool = False) -> str:
    """The time of the value; its age first when it is old (if `brief`, nothing but its age)."""
    said = short_time(_moment(occasion), district.zone_of(occasion.rule.station), language)
    if not _old(occasion):
        return said
    age = span(occasion.now - _moment(occasion), language)
    if language != "zh":
        return f"{age} ago, {said}"
    return f"{age}前" if brief else f"{age}前，{said}"


def since(occasion: Occasion, district: District, language: str, *, brief: bool = False) -> str:
    """That nothing came after an old value; with its time, if `brief` has kept that for here."""
    late = bool(occasion.facts.get("late"))
    if language != "zh":
        return "no data since" if late else ""
    if brief and _old(occasion):
        at = short_time(_moment(occasion), district.zone_of(occasion.rule.station), language)
        return f"{at}后无数据" if late else f"资料时间{at}"
    return "此后无数据" if late else ""


def _moment(occasion: Occasion) -> int:
    return occasion.now if occasion.time is None else occasion.time


def _old(occasion: Occasion) -> bool:
    spoken = occasion.rule.type not in ("stale", "system")
    return spoken and occasion.now - _moment(occasion) >= OLD


def what(occasion: Occasion, district: District, language: str) -> str:
    """The value, such as 水位104.77米."""
    kind, variable, value = occasion.rule.type, occasion.rule.variable, occasion.value
    zh = language == "zh"
    if kind == "system" or language in occasion.facts:  # the rule itself has worded it
        return clean(occasion.facts.get(language) or occasion.label)
    if kind == "stale":
        return _silence(occasion, district, language)
    if value is None:
        return name_of(variable, language)
    if kind == "rate":
        return _rate(occasion, value, language)
    if kind == "rainfall":
        window = span(occasion.fact("window") or HOUR, language)
        rain = amount("rainfall", value, language)
        return f"{window}雨量{rain}" if zh else f"rain in {window} {rain}"
    if variable == PONDING:
        depth = amount(variable, value, language)
        return f"积水{depth}" if zh else f"water {depth} deep"
    found = amount(variable, value, language)
    return (
        f"{name_of(variable, language)}{found}" if zh else f"{name_of(variable, language)} {found}"
    )


def over(occasion: Occasion, language: str, *, brief: bool = False) -> str:
    """By how much which limit is passed, such as 超设计洪水位0.02米; empty without a limit."""
    limit, value, variable = occasion.limit, occasion.value, occasion.rule.variable
    if limit is None or value is None or occasion.rule.type in ("stale", "system"):
        return ""
    low = occasion.rule.direction == "down"
    back = (value > limit) if low else (value < limit)
    if back and occasion.rule.type == "level":
        return _left(occasion, low, language)
    gap = difference(variable, value, limit, language)
    said = amount(variable, limit, language)
    label = plain(occasion.label or occasion.band)
    if language != "zh":
        name = label if not occasion.band.isascii() else occasion.band.replace("_", " ")
        side = "below" if low else "over"
        return f"{gap} {side} {name} ({said})" if gap else f"at {name} ({said})"
    side = "低于" if low else "超"
    if occasion.rule.type in ("rainfall", "rate"):
        return f"{side}{said}" if gap else f"达{said}"
    if variable == PONDING:
        return f"达{label}" if not label.startswith("积水") else f"{side if gap else '达'}{said}线"
    if label.endswith(_LEVELS):
        return f"{side}{label}{gap}" if gap else f"达{label}"
    return f"{side if gap else '达'}限值{said}" + (f"（{label}）" if label and not brief else "")


def _left(occasion: Occasion, low: bool, language: str) -> str:
    """The value has gone back over its limit, and the alert still waits out its hold."""
    label = plain(occasion.label or occasion.band)
    if language == "zh":
        return f"已{'高' if low else '低'}于{label}，尚未解除"
    return f"back {'above' if low else 'below'} {label}, not clear yet"


def trend(occasion: Occasion, language: str) -> str:
    """The change that was seen, such as 1小时涨0.42米; empty when it stands still."""
    seen, variable = change(occasion), occasion.rule.variable
    if seen is None or not difference(variable, seen[0], 0.0, language):
        return ""
    moved, size = span(seen[1], language), amount(variable, abs(seen[0]), language)
    if language == "zh":
        return f"{moved}{'涨' if seen[0] > 0 else '落'}{size}"
    return f"{'up' if seen[0] > 0 else 'down'} {size} in {moved}"


def change(occasion: Occasion) -> tuple[float, float] | None:
    """By how much the value has changed, and within which time (ms): at most the last hour.

    Nothing is made of an hour that was not seen: after ten minutes it is the rise of ten minutes.
    """
    rate, known = occasion.fact("rate"), VARIABLES.get(occasion.rule.variable)
    if rate is None or (known is not None and known.nature is not Nature.INSTANT):
        return None  # an amount of rain does not rise
    within = occasion.fact("rate_span") or HOUR
    return rate * within / HOUR, within


def level_of(occasion: Occasion, language: str) -> str:
    """Where the water stands when the alert is about its change."""
    level = occasion.fact("level")
    if occasion.rule.type != "rate" or level is None:
        return ""
    said = amount(occasion.rule.variable, level, language)
    return f"现{said}" if language == "zh" else f"now {said}"


def _rate(occasion: Occasion, value: float, language: str) -> str:
    variable, falls = occasion.rule.variable, occasion.rule.direction == "fall"
    size = amount(variable, abs(value), language)
    if language == "zh":
        return f"{name_of(variable, language)}每小时{'落' if falls else '涨'}{size}"
    return f"{name_of(variable, language)} {'falls' if falls else 'rises'} {size} per hour"


def _silence(occasion: Occasion, district: District, language: str) -> str:
    variable = occasion.rule.variable
    name = name_of(variable, language)
    zh = language == "zh"
    if occasion.kind == RESOLVED:
        return f"{name}恢复报数" if zh else f"{name} reports again"
    silent = f"{name}失测" if zh else f"{name} silent"
    zone = district.zone_of(occasion.rule.station)
    if occasion.time is not None:
        age = span(max(0, occasion.now - occasion.time), language)
        silent += f"{age}" if zh else f" for {age}"
    if occasion.value is not None and occasion.time is not None:
        at, last = (
            short_time(occasion.time, zone, language),
            amount(variable, occasion.value, language),
        )
        silent += f"，{at}为{last}" if zh else f", {last} at {at}"
    return silent


def short_enough(name: str, surplus: int) -> str:
    """A name cut by `surplus` letters; its end is kept, which tells places apart."""
    keep = max(4, len(name) - surplus - 1)
    return name if surplus <= 0 or len(name) <= keep + 1 else f"…{name[-keep:]}"
