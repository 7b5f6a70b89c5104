"""The 08:00 report (水情日报) in the customary wording, from its figures. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from floodwatch.charts.limits import Gap
from floodwatch.model.clock import DAY, HOUR
from floodwatch.model.severity import Severity
from floodwatch.model.station import StationKind
from floodwatch.notify.figures import amount, clean, difference, plain, short_time
from floodwatch.reports.facts import POND_DRY, Facts
from floodwatch.reports.water_facts import Water

DEMONSTRATION = "（示范数据 · 非真实）"
GRAVE = ("check_flood", "design_flood")
MOST_GAUGES = 5  # named among the heaviest rain


def title(facts: Facts) -> str:
    """The report's first line."""
    told = _local(facts, facts.at)
    mark = DEMONSTRATION if facts.district.demonstration else ""
    return f"{clean(facts.district.name)}水情日报（{told:%Y}年{told.month}月{told.day}日8时）{mark}"


def text(facts: Facts) -> str:
    """The whole report; each part on a line of its own, ready to paste or to send."""
    parts = (
        ("雨情", rain(facts)),
        ("水库", reservoirs(facts)),
        ("江湖", rivers(facts)),
        ("内涝", streets(facts)),
        ("排涝", pumps(facts)),
        ("告警", alerts(facts)),
        ("监测", monitoring(facts)),
    )
    numerals = iter("一二三四五六七")
    said = [f"{next(numerals)}、{name}：{words}" for name, words in parts if words]
    if facts.ahead:
        said.append(f"{next(numerals)}、提示：" + "；".join(facts.ahead) + "。")
    return "\n".join([title(facts), *said]) + "\n"


def rain(facts: Facts) -> str:
    """昨日8时至今日8时: mean, the heaviest gauges, how many over 50 and 100 mm, the worst hour."""
    found = facts.rain
    begun, ended = _local(facts, facts.at - DAY), _local(facts, facts.at)
    said = f"{begun.day}日8时至{ended.day}日8时，"
    if found.mean is None:
        return said + "无雨量资料。"
    if not any(gauge.total for gauge in found.gauges):
        return said + "全区无雨" + _unknown(found.silent) + "。"
    heaviest = "、".join(
        f"{_name(facts, g.station)}{g.total:.1f}毫米{'' if g.whole else '（资料不全）'}"
        for g in found.gauges[:MOST_GAUGES]
        if g.total > 0
    )
    said += f"全区面平均雨量{found.mean:.1f}毫米，最大为{heaviest}；"
    counts = [f"{n}站≥{mm}毫米" for mm in (100, 50) if (n := found.at_least(mm))]
    said += "，".join(counts) + "；" if counts else ""
    worst = found.heaviest_hour
    if worst is not None and worst.hour is not None and worst.hour_ends is not None:
        from_, until = (
            _local(facts, moment) for moment in (worst.hour_ends - HOUR, worst.hour_ends)
        )
        said += (
            f"最大1小时雨量{worst.hour:.1f}毫米"
            f"（{_name(facts, worst.station)}，{from_.day}日{from_:%H:%M}至{until:%H:%M}）"
        )
    return said.rstrip("；") + _unknown(found.silent) + "。"


def reservoirs(facts: Facts) -> str:
    """Stage, change from the day before, against the flood limit, storage and share of normal."""
    found = facts.of(StationKind.RESERVOIR)
    if not found:
        return ""
    over = [w for w in found if w.over_flood_limit and not w.silent]
    head = f"{len(found)}座水库"
    head += f"，其中{len(over)}座超汛限或溢洪" if over else "，均在汛限水位以下"
    blind = [w for w in found if w.silent]
    head += f"，{len(blind)}座失测" if blind else ""
    return _sentences(head, (reservoir(facts, w) for w in found))


def reservoir(facts: Facts, found: Water) -> str:
    """One reservoir, such as 示范石桥水库水位104.77米，涨0.92米（超设计洪水位0.02米）…."""
    said = _stage(facts, found)
    if found.now is None:
        return said
    said += _of_flood_limit(found)
    if found.storage_m3 is not None:
        said += f"，蓄水{found.storage_m3 / 1e4:.2f}万立方米"
        said += f"，占正常{found.share * 100:.0f}%" if found.share is not None else ""
    return said + _year(found)


def rivers(facts: Facts) -> str:
    """Lake and rivers: stage, change, distance to the nearest limit, the same date last year."""
    found = facts.of(StationKind.LAKE, StationKind.RIVER)
    said = (_stage(facts, w) + (_against(w) if w.now else "") + _year(w) for w in found)
    return _sentences("", said) if found else ""


def streets(facts: Facts) -> str:
    """Streets that had water: the deepest, when, and where it still stands."""
    points = facts.of(StationKind.WATERLOGGING)
    if not points:
        return ""
    wet = facts.ponded
    if not wet:
        return f"{len(points)}处内涝点均无积水。"
    zone = facts.district.tz
    told = []
    for w in wet:
        if w.highest is None:
            continue
        words = f"{_plain_name(w)}最深{amount(w.variable, w.highest.value, 'zh')}"
        words += f"（{short_time(w.highest.time, zone, 'zh')}）"
        if w.now is not None and not w.silent and w.now.value >= POND_DRY:
            words += f"，8时{amount(w.variable, w.now.value, 'zh')}"
        told.append(words)
    return _sentences(f"{len(wet)}处积水", told)


def pumps(facts: Facts) -> str:
    """Pumping stations: units running and fore-bay stage; gates: how far they stand open."""
    found = facts.of(StationKind.PUMP, StationKind.GATE)
    return _sentences("", (_stage(facts, w) + _works(facts, w) for w in found)) if found else ""


def _works(facts: Facts, found: Water) -> str:
    works = facts.works.get(found.station.code)
    if works is None:
        return ""
    if works.opening is not None:
        return f"，闸门开度{works.opening:.2f}米" if works.opening > 0 else "，闸门关闭"
    if works.running is None:
        return ""
    if works.running < 1:
        return "，未开机"
    flow = f"，流量{works.flow:.2f}立方米/秒" if works.flow else ""
    return f"，{works.running:.0f}台运行{flow}"


def alerts(facts: Facts) -> str:
    """Alerts of the day by severity, what stands, answers owed and given, the response level."""
    duty = facts.duty
    said = []
    if duty.response is not None:
        level = duty.response.level
        said.append(f"防汛应急响应{level.numeral}级（{clean(duty.response.document)}）")
    counts = [f"{s.numeral}级{duty.fired[s]}条" for s in reversed(Severity) if duty.fired.get(s)]
    said.append("24小时内告警" + "、".join(counts) if counts else "24小时内无告警")
    if duty.open:
        named = "、".join(_open(facts, row) for row in duty.open if row["severity"] >= Severity.II)
        said.append(f"8时未解除{len(duty.open)}条" + (f"：{named}" if named else ""))
    if duty.owed:
        said.append(f"应叫应{duty.owed}人次，已叫应{duty.answered}人次")
    return "；".join(said) + "。"


def monitoring(facts: Facts) -> str:
    """Coverage, silent stations, messages that are not out."""
    said = [f"测项在线{facts.live}/{facts.total}"]
    silent = [_plain_name(w) for w in facts.waters if w.silent]
    if silent:
        said.append("失测：" + "、".join(silent))
    if facts.duty.undelivered:
        said.append(f"{facts.duty.undelivered}条消息待发")
    return "；".join(said) + "。"


def _sentences(head: str, each: Iterable[str]) -> str:
    said = "；".join(one for one in each if one)
    return f"{head}。{said}。" if head else f"{said}。"


def _stage(facts: Facts, found: Water) -> str:
    name = _plain_name(found)
    if found.now is None:
        return f"{name}无资料"
    said = f"{name}水位{amount('stage', found.now.value, 'zh')}"
    if found.silent:
        return said + f"（{short_time(found.now.time, facts.district.tz, 'zh')}，此后无资料）"
    if found.change is None:
        return said
    moved = difference("stage", found.change, 0.0, "zh")
    return said + (f"，{'涨' if found.change > 0 else '落'}{moved}" if moved else "，持平")


def _against(found: Water) -> str:
    """The worst limit passed, such as （超汛限水位0.36米）, or the nearest one above."""
    passed = sorted(found.passed, key=lambda g: g.threshold.comparator.direction != "up")
    if passed:
        worst = passed[0]
        side = "超" if worst.threshold.comparator.direction == "up" else "低于"
        gap = difference("stage", worst.distance, 0.0, "zh")
        return f"（{side if gap else '平'}{_limit(worst)}{gap}）"
    ahead = next((g for g in found.ahead if g.threshold.comparator.direction == "up"), None)
    if ahead is None:
        return ""
    gap = difference("stage", ahead.distance, 0.0, "zh")
    return f"（低于{_limit(ahead)}{gap}）" if gap else f"（平{_limit(ahead)}）"


def _of_flood_limit(found: Water) -> str:
    """What a reservoir is held against: its flood limit or weir, and design and check flood."""
    grave = next((g for g in found.passed if g.threshold.name in GRAVE), None)
    limit = found.flood_limit
    if limit is None or not limit.beyond:
        return _against(found)
    gap = difference("stage", limit.distance, 0.0, "zh")
    said = f"（超{_limit(limit)}{gap}"
    if grave is not None:
        said += f"、超{_limit(grave)}{difference('stage', grave.distance, 0.0, 'zh')}"
    return said + "）"


def _year(found: Water) -> str:
    if found.last_year is None:
        return ""
    gap = difference("stage", found.last_year, 0.0, "zh")
    if not gap:
        return "，与去年同日持平"
    return f"，较去年同日{'高' if found.last_year > 0 else '低'}{gap}"


def _limit(gap: Gap) -> str:
    return plain(gap.threshold.label or gap.threshold.name)


def _open(facts: Facts, row: Mapping[str, Any]) -> str:
    station = facts.district.stations.get(row["station"])
    name = clean(station.name) if station else clean(facts.district.name)
    label = plain(row["label"] or row["band"])
    return f"{name}{label}（{Severity(row['severity']).numeral}级）"


def _unknown(count: int) -> str:
    return f"，{count}站无资料" if count else ""


def _plain_name(found: Water) -> str:
    return clean(found.station.name)


def _name(facts: Facts, code: str) -> str:
    station = facts.district.stations.get(code)
    return clean(station.name if station else code)


def _local(facts: Facts, moment: int) -> datetime:
    return datetime.fromtimestamp(moment / 1000, facts.district.tz)
