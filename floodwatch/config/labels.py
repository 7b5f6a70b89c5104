"""The customary words for thresholds, from their names."""

import re

from floodwatch.model.threshold import Comparator

LABELS = {
    "spill": "溢洪",
    "flood_limit": "汛限水位",
    "half_way": "汛限至设计之半",
    "design_flood": "设计洪水位",
    "check_flood": "校核洪水位",
    "crest": "坝顶高程",
    "crest_margin": "坝顶以下0.5米",
    "normal_pool": "正常蓄水位",
    "dead_level": "死水位",
    "drought_limit": "旱限水位",
    "drought_warning": "旱警水位",
    "drought_guarantee": "旱保水位",
    "warning": "警戒水位",
    "guarantee": "保证水位",
    "record": "历史最高水位",
    "control": "控制水位",
    "joint_dispatch": "联调水位",
    "internal": "内部告警水位",
    "shore": "漫堤水位",
    "ecological": "生态水位",
    "close": "封闭水深",
    "battery_low": "电压偏低",
    "signal_low": "信号偏弱",
}
_RAIN = re.compile(r"rain_(\d+)(h|min|d)")
_DEPTH = re.compile(r"depth_(\d+)")
_SPANS = {"h": "小时", "min": "分钟", "d": "天"}


def label_of(name: str, comparator: Comparator) -> str:
    """The word people use for a threshold of this name; the name itself when none is known."""
    if name in LABELS:
        return LABELS[name]
    if match := _RAIN.match(name):
        return f"{match[1]}{_SPANS[match[2]]}雨量"
    if match := _DEPTH.match(name):
        return f"积水{match[1]}厘米"
    if comparator is Comparator.RISE:
        return "上涨过快"
    if comparator is Comparator.FALL:
        return "下降过快"
    return name
