"""What a rule looks at, in two words: for a text about an alert that has no label of its own."""

_ZH = {
    "composite": "组合条件",
    "district_rain": "面雨",
    "drought": "旱情",
    "dry_days": "连续无雨",
    "eta": "预计到达",
    "feed": "来数中断",
    "gate": "闸门",
    "inspection": "巡查",
    "level": "水位",
    "meter": "水表",
    "offline": "离线",
    "permit": "取水许可",
    "pump": "泵站",
    "rain_capacity": "纳雨能力",
    "rainfall": "降雨",
    "rate": "涨落",
    "rise_flat": "读数不动",
    "rise_silent": "涨水失测",
    "seepage": "渗流",
    "stale": "失测",
    "storage_low": "蓄水不足",
    "stuck": "读数卡住",
    "supply_days": "可供水天数",
    "system": "系统",
}


def type_word(type: str, language: str) -> str:
    """The type of a rule in the reader's language."""
    return _ZH.get(type, "监测") if language == "zh" else type.replace("_", " ")
