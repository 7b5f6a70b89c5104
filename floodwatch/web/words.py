"""How numbers, times and differences are said: the template filters of every page."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from flask_babel import lazy_gettext as _l

from floodwatch.charts.limits import Gap
from floodwatch.model.alert import DISTRICT, CallResult, ObligationState
from floodwatch.model.clock import DAY, HOUR, MINUTE, SECOND
from floodwatch.model.moment import parse
from floodwatch.model.severity import Severity
from floodwatch.model.station import StationKind
from floodwatch.model.variable import VARIABLES
from floodwatch.web import reason_words
from floodwatch.web.here import here
from floodwatch.web.language import _, chosen

# how people see a canonical value: factor, unit, decimals
SHOWN: dict[str, tuple[float, str, int]] = {
    "ponding_depth": (100.0, "cm", 0),
    "storage": (1e-4, "万m³", 2),
    "meter_volume": (1.0, "m³", 1),
    "pumps_running": (1.0, "台", 0),
    "flow": (1.0, "m³/s", 2),
    "inflow": (1.0, "m³/s", 2),
    "outflow": (1.0, "m³/s", 2),
    "water_temperature": (1.0, "°C", 1),
    "ph": (1.0, "", 2),
}
NO_VARIABLES = {  # what rules of no single variable name in its place
    "all": _l("全站"),
    "any": _l("全站"),
    "feed": _l("来源"),
    "inspection": _l("巡查"),
}
KINDS = {
    StationKind.RESERVOIR: _l("水库"),
    StationKind.RIVER: _l("河道"),
    StationKind.LAKE: _l("湖泊"),
    StationKind.WATERLOGGING: _l("内涝点"),
    StationKind.RAIN: _l("雨量站"),
    StationKind.PUMP: _l("泵站"),
    StationKind.GATE: _l("水闸"),
    StationKind.METER: _l("取水计量"),
    StationKind.SUPPLY: _l("农村供水"),
    StationKind.GROUNDWATER: _l("地下水"),
    StationKind.CANAL: _l("渠道"),
}
EVENTS = {
    "fired": _l("触发"),
    "worsened": _l("升级"),
    "eased": _l("降级"),
    "resolved": _l("解除"),
    "acked": _l("收到"),
    "note": _l("备注"),
    "call": _l("电话"),
    "corrected": _l("数据更正"),
    "reminder": _l("催办"),
    "reminded": _l("催办"),
    "answered": _l("答复"),
    "escalated": _l("转上级"),
    "muted": _l("静默"),
    "unmuted": _l("恢复通知"),
    "assigned": _l("跟进"),
    "comment": _l("留言"),
    "ticked": _l("预案已办"),
    "unticked": _l("撤回勾选"),
}
CALLS = {
    CallResult.REACHED: _l("接通"),
    CallResult.NO_ANSWER: _l("无人接"),
    CallResult.OFF: _l("关机"),
    CallResult.BUSY: _l("占线"),
    CallResult.RELAYED: _l("他人转告"),
}
DUTIES = {
    ObligationState.OPEN: _l("未叫应"),
    ObligationState.ANSWERED: _l("已叫应"),
    ObligationState.DEPUTY: _l("转他人"),
    ObligationState.ENTERED: _l("电话已通知本人"),
    ObligationState.ENDED: _l("告警已结束"),
}
PARTY_ROLES = {
    "administrative": _l("行政"),
    "technical": _l("技术"),
    "patrol": _l("巡查"),
    "pump": _l("泵站"),
    "city": _l("市调度"),
    "street": _l("街道"),
    "drainage": _l("排水"),
    "police": _l("交警"),
    "operator": _l("水厂值班"),
}
ROLES = {
    "viewer": _l("查看"),
    "officer": _l("值班"),
    "engineer": _l("技术"),
    "admin": _l("管理"),
}


QUALITY = {
    "GOOD": _l("合格"),
    "NOT_EVALUATED": _l("未检"),
    "SUSPECT": _l("可疑"),
    "FAIL": _l("不合格"),
    "MISSING": _l("缺测"),
}
REASONS = {
    "IMPOSSIBLE": _l("不可能的值"),
    "GROSS_RANGE": _l("超出量程"),
    "SPIKE": _l("突跳"),
    "RATE": _l("变化过快"),
    "FLAT": _l("长时间不变"),
    "CLOCK": _l("设备时钟超前"),
    "GAP": _l("间断后首值"),
    "MISDATED": _l("日期可疑"),
    "MAKER": _l("设备自标"),
    "RELEASED": _l("人工放行"),
    "DECIMAL": _l("小数点可疑"),
}
MESSAGES = {
    "pending": _l("待发"),
    "leased": _l("发送中"),
    "retry": _l("重试"),
    "accepted": _l("已送出"),
    "failed": _l("失败"),
    "superseded": _l("已被取代"),
    "expired": _l("过期"),
}


IMPORTS = {
    "running": _l("进行中"),
    "done": _l("完成"),
    "cancelled": _l("已停止"),
    "failed": _l("失败"),
    "undoing": _l("撤回中"),
    "undone": _l("已撤回"),
}


ACTIONS = {
    "login": _l("登录"),
    "import": _l("导入"),
    "undo": _l("撤回"),
    "config": _l("配置"),
    "user": _l("用户"),
    "token": _l("令牌"),
    "acknowledge": _l("收到"),
    "shelve": _l("搁置"),
    "maintenance": _l("维护"),
    "unmute": _l("结束静默"),
}


def scale(variable: str) -> tuple[float, str, int]:
    """(factor, unit, decimals) in which people read a variable."""
    if variable in SHOWN:
        return SHOWN[variable]
    known = VARIABLES.get(variable)
    return (1.0, known.unit, known.decimals) if known else (1.0, "", 2)


def unit(variable: str) -> str:
    """The unit people read a variable in."""
    return _("台") if variable == "pumps_running" else scale(variable)[1]


def figure(value: float | None, variable: str = "stage", *, sign: bool = False) -> str:
    """A value as people read it, without its unit; a dash when there is none."""
    if value is None or value != value:
        return "—"
    factor, _unit, decimals = scale(variable)
    text = f"{value * factor:+.{decimals}f}" if sign else f"{value * factor:.{decimals}f}"
    if float(text) == 0:
        text = text.lstrip("+-")
    return text.replace("-", "\N{MINUS SIGN}")


def variable_name(variable: str) -> str:
    """The word for a variable."""
    known = VARIABLES.get(variable)
    if known is None:
        return word(NO_VARIABLES, variable)
    return known.zh if chosen() == "zh" else known.en


def age(milliseconds: int) -> str:
    """How long ago, in the largest unit that says enough."""
    if milliseconds < MINUTE:
        return _("刚刚") if milliseconds < 30 * SECOND else _("%(n)d秒前", n=milliseconds // SECOND)
    if milliseconds < HOUR:
        return _("%(n)d分钟前", n=milliseconds // MINUTE)
    if milliseconds < 2 * DAY:
        return _("%(n)d小时前", n=milliseconds // HOUR)
    return _("%(n)d天前", n=milliseconds // DAY)


def short_age(milliseconds: int) -> str:
    """The same where room is scarce: 15分, 2时, 3天."""
    if milliseconds < MINUTE:
        return _("刚刚")
    if milliseconds < HOUR:
        return _("%(n)d分", n=milliseconds // MINUTE)
    if milliseconds < 2 * DAY:
        return _("%(n)d时", n=milliseconds // HOUR)
    return _("%(n)d天", n=milliseconds // DAY)


def span(milliseconds: int) -> str:
    """A length of time: 40秒, 5分钟, 2小时05分, 3天."""
    minutes = milliseconds // MINUTE
    if 0 < milliseconds < MINUTE:
        return _("%(n)d秒", n=milliseconds // SECOND)
    if minutes % 60 == 0 and 60 <= minutes < 48 * 60:
        return _("%(n)d小时", n=minutes // 60)
    if minutes < 60:
        return _("%(n)d分钟", n=minutes)
    if minutes < 48 * 60:
        return _("%(h)d小时%(m)02d分", h=minutes // 60, m=minutes % 60)
    return _("%(n)d天", n=minutes // (24 * 60))


def local(time: int, tz: ZoneInfo) -> datetime:
    """The local time of ms UTC."""
    return datetime.fromtimestamp(time / 1000, tz)


def clock(time: int | None) -> str:
    """Local HH:MM, with the date only when it is not today."""
    if time is None:
        return "—"
    present = here()
    told = local(time, present.tz)
    today = local(present.now, present.tz)
    if told.date() == today.date():
        return f"{told:%H:%M}"
    return f"{told:%m-%d %H:%M}" if told.year == today.year else f"{told:%Y-%m-%d %H:%M}"


def when(time: int | None) -> str:
    """Local date and time in full."""
    return "—" if time is None else f"{local(time, here().tz):%Y-%m-%d %H:%M:%S}"


def iso_when(text: str | None) -> str:
    """A stored ISO time as local date and time."""
    return when(parse(text, here().tz)) if text else "—"


def utc(time: int | None) -> str:
    """ISO 8601 in UTC, for machine-readable attributes and the interface."""
    return "" if time is None else f"{local(time, ZoneInfo('UTC')):%Y-%m-%dT%H:%M:%S}Z"


def numeral(severity: int | None) -> str:
    """Ⅰ Ⅱ Ⅲ Ⅳ; nothing for none."""
    return Severity(severity).numeral if severity else ""


SHORT = {
    "flood_limit": _l("汛限"),
    "spill": _l("堰顶"),
    "half_way": _l("半程"),
    "design_flood": _l("设计"),
    "check_flood": _l("校核"),
    "drought_limit": _l("旱限"),
    "drought_warning": _l("旱警"),
    "drought_guarantee": _l("旱保"),
    "dead_level": _l("死水位"),
    "warning": _l("警戒"),
    "guarantee": _l("保证"),
    "control": _l("控制"),
}


def label(name: str) -> str:
    """A limit's customary word shortened as people say it: 汛限水位 -> 汛限, 设计洪水位 -> 设计."""
    short = name.removesuffix("水位").removesuffix("洪")
    return short if len(short) > 1 else name


def gap_words(gap: Gap) -> str:
    """超汛限 0.35 / 距设计 0.42 / 低于旱限 0.10; a ponding step is known by its depth: 超40 +5."""
    limit = gap.threshold
    far = figure(gap.distance, limit.variable)
    reached = gap.beyond and float(far) == 0
    if limit.variable == "ponding_depth":
        name = (_("封闭") if limit.name == "close" else "") + figure(limit.value, limit.variable)
        if reached:
            return _("达%(name)s", name=name)
        return (
            _("超%(name)s", name=name) + f" +{far}"
            if gap.beyond
            else _("距%(name)s", name=name) + f" {far}"
        )
    name = str(SHORT.get(limit.name) or label(limit.label or limit.name))
    if not gap.beyond:
        return _("距%(name)s", name=name) + f" {far}" if float(far) else _("平%(name)s", name=name)
    if reached:
        return _("达%(name)s", name=name)
    down = limit.comparator.direction == "down"
    return (_("低于%(name)s", name=name) if down else _("超%(name)s", name=name)) + f" {far}"


def word(words: Mapping[Any, object], key: str) -> str:
    """The word for a stored key; the key itself when there is none."""
    return str(words.get(key, key))


def place(code: str) -> str:
    """The name of a station; the whole district, or the service itself."""
    station = here().district.stations.get(code)
    if station is not None:
        return station.name
    return _("全区") if code == DISTRICT else _("系统")


def install(app: Flask) -> None:
    """Teach the templates these words."""

    env = app.jinja_env
    env.filters.update(
        figure=figure,
        place=place,
        unit=unit,
        variable=variable_name,
        age=age,
        short_age=short_age,
        party_role=lambda key: word(PARTY_ROLES, key),
        span=span,
        clock=clock,
        when=when,
        iso_when=iso_when,
        action=lambda key: word(ACTIONS, key),
        utc=utc,
        numeral=numeral,
        limit_label=label,
        gap_words=gap_words,
        kind=lambda key: word(KINDS, key),
        event=lambda key: word(EVENTS, key),
        call=lambda key: word(CALLS, key),
        duty=lambda key: word(DUTIES, key),
        role=lambda key: word(ROLES, key),
        quality=lambda key: word(QUALITY, key),
        reason=lambda key: word(REASONS, key),
        import_state=lambda key: word(IMPORTS, key),
        message_state=lambda key: word(MESSAGES, key),
        told=reason_words.told,
        why=lambda key: word(reason_words.WHY, key),
        delivery=reason_words.delivery,
        channel=lambda key: word(reason_words.CHANNELS, key),
        sent=lambda key: word(reason_words.SENT, key),
        via=lambda key: word(reason_words.VIA, key),
    )
    env.globals["here"] = here
