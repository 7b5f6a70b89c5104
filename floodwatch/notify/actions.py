"""What the message asks people to do: one phrase for each kind of place, rule and severity."""

import re
from typing import NamedTuple

from floodwatch.model.severity import Severity
from floodwatch.model.station import Station, StationKind

_HOUSEHOLDS = re.compile(r"(\d+)\s*户")


class Action(NamedTuple):
    """The same request in both languages, and in few Chinese words. `{who}` must leave."""

    zh: str
    en: str
    brief: str = ""


_LEAVE = Action("请立即转移下游{who}", "Move {who} downstream to safety now", "请转移下游{who}")
_DAM = Action(
    "请立即上坝、准备转移下游{who}",
    "Go to the dam at once, prepare to move {who} downstream",
    "请上坝备转移{who}",
)
_PATROL_DAM = Action(
    "请上坝巡查、加密报水位", "Patrol the dam, report the stage often", "请上坝巡查"
)
_SPILL = Action("请巡查溢洪道", "Check the spillway")
_OPEN_OUTLET = Action(
    "请开启泄水设施、报告上级", "Open the outlet, tell the superior", "请开闸泄水"
)
_ROAD = Action("请立即封路、疏散人员", "Close the road, lead people away", "请封路疏散")
_UNDERPASS = Action("请立即封闭通道", "Close the underpass now", "请封闭通道")
_DRAIN = Action("请到场警戒、抽排", "Guard the place, pump it out", "请到场抽排")
_PREPARE = Action("请关注、准备抽排", "Watch it, prepare pumps", "请准备抽排")
_RAIN = Action("请加强巡查、泵站预排", "Patrol, pump ahead", "请巡查预排")
_STORM = Action(
    "请立即巡查、准备转移低洼处人员",
    "Patrol now, prepare to move people from low places",
    "请巡查、备转移",
)
_SHORE = Action("请立即转移临水人员", "Move people from the shore now", "请转移临水人员")
_DIKE = Action("请加强巡堤、准备抢险", "Patrol the dike, prepare repairs", "请巡堤备抢险")
_DISPATCH = Action("请联系联合调度、抢排", "Ask for joint dispatch, pump", "请联调抢排")
_PUMP = Action("请按预案排水", "Pump as planned")
_WATCH_DIKE = Action("请上堤巡查", "Patrol the dike")
_KEEP = Action("请停止外排、关闸保水", "Stop draining, keep the gate shut", "请停排保水")
_SAVE = Action("请核减用水、检查取水口", "Cut use, check the intake", "请核减用水")
_BACKUP = Action("请启用备用水源", "Use the backup source")
_PLANT = Action(
    "请立即检查制水、必要时停供", "Check the works now, stop supply if need be", "请检查制水"
)
_STAFF = Action(
    "请到现场读水尺、报值班室", "Read the staff on site, tell the duty room", "请到场读水尺"
)
_DEVICE = Action("请检查设备和通信", "Check the device and its link", "请检查设备")
_SITE = Action("请立即到场查看", "Look on site now", "请到场查看")
_METER = Action("请核对用水", "Check the use of water")

_BY_KIND: dict[StationKind, tuple[Action, Action, Action, Action]] = {  # IV, III, II, I
    StationKind.RESERVOIR: (_PATROL_DAM, _PATROL_DAM, _DAM, _LEAVE),
    StationKind.WATERLOGGING: (_PREPARE, _PREPARE, _DRAIN, _ROAD),
    StationKind.RAIN: (_RAIN, _RAIN, _STORM, _STORM),
    StationKind.LAKE: (_PUMP, _DISPATCH, _DIKE, _SHORE),
    StationKind.RIVER: (_WATCH_DIKE, _WATCH_DIKE, _DIKE, _SHORE),
    StationKind.PUMP: (_SITE, _SITE, _SITE, _SITE),
    StationKind.GATE: (_SITE, _SITE, _SITE, _SITE),
    StationKind.SUPPLY: (_PLANT, _PLANT, _PLANT, _PLANT),
    StationKind.METER: (_METER, _METER, _METER, _METER),
}
_BY_STAFF = frozenset({StationKind.RESERVOIR, StationKind.RIVER, StationKind.LAKE})


def action(
    station: Station | None,
    *,
    variable: str,
    type: str,
    direction: str,
    severity: Severity,
    language: str,
    brief: bool = False,
) -> str:
    """The phrase, without a full stop; `brief` in as few words as it can be said."""
    if type == "system":
        return ""
    chosen = _choose(station, variable, type, direction, severity)
    said = chosen.en if language != "zh" else (brief and chosen.brief) or chosen.zh
    return said.format(who=_who(station, language))


def _choose(
    station: Station | None, variable: str, type: str, direction: str, severity: Severity
) -> Action:
    if station is None:
        return _SITE
    kind = station.kind
    if type == "stale":
        return _STAFF if kind in _BY_STAFF and variable == "stage" else _DEVICE
    if direction == "down" and kind is StationKind.LAKE and type == "level":
        return _KEEP
    if direction in ("down", "fall") and kind is not StationKind.SUPPLY:
        return _SAVE if severity is Severity.IV else _BACKUP
    if variable in ("rainfall", "rainfall_total"):
        return _BY_KIND[StationKind.RAIN][severity - 1]
    if variable == "battery":
        return _DEVICE
    if kind is StationKind.RESERVOIR and variable == "stage" and severity is Severity.IV:
        return _SPILL if station.outlet == "weir" else _OPEN_OUTLET
    if station.point_type == "underpass" and severity is Severity.I:
        return _UNDERPASS
    return _BY_KIND.get(kind, (_SITE,) * 4)[severity - 1]


def _who(station: Station | None, language: str) -> str:
    found = _HOUSEHOLDS.search(station.downstream if station else "")
    if language == "zh":
        return f"{found[1]}户" if found else "群众"
    return f"{found[1]} households" if found else "people"
