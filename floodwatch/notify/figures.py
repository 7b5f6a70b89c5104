"""Numbers, units, spans and times as people say them in a message."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.severity import Severity
from floodwatch.model.variable import VARIABLES

PONDING = "ponding_depth"
_ZH = {
    "m": "米",
    "cm": "厘米",
    "mm": "毫米",
    "m3": "立方米",
    "m3/s": "立方米/秒",
    "mg/L": "毫克/升",
    "kPa": "千帕",
    "L/s": "升/秒",
    "degC": "℃",
    "count": "台",
    "V": "伏",
    "pH": "",
}
_EN = {"count": "", "degC": "°C", "pH": "", "m3": "m³", "m3/s": "m³/s"}
# Anything that could end a line, a header or the reading direction of a text.
_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+"
)
_ASIDE = re.compile(r"\s*[(（][^()（）]*[)）]\s*")


def clean(text: object) -> str:
    """One line without control characters, whatever a device or file has put into a name."""
    return " ".join(_CONTROL.sub(" ", str(text)).split())


def plain(label: str) -> str:
    """A label without its remarks in brackets."""
    return _ASIDE.sub("", clean(label)) or clean(label)


def amount(variable: str, value: float, language: str) -> str:
    """A value with its unit; ponding depth in whole cm, large storages in 万立方米."""
    number, unit = _parts(variable, value, language)
    if language == "zh":
        return f"{number}{_ZH.get(unit, unit)}"
    return f"{number} {_EN.get(unit, unit)}".rstrip()


def difference(variable: str, value: float, limit: float, language: str) -> str:
    """By how much they differ, with the unit; empty when not at all as printed."""
    gap = abs(value - limit)
    return amount(variable, gap, language) if float(_parts(variable, gap, language)[0]) else ""


def name_of(variable: str, language: str) -> str:
    """What a variable is called."""
    known = VARIABLES.get(variable)
    if known is None:
        return clean(variable)
    return known.zh if language == "zh" else known.en


def span(milliseconds: float, language: str) -> str:
    """A stretch of time, as coarse as people say it."""
    zh = language == "zh"
    if milliseconds < HOUR:
        return f"{max(1, round(milliseconds / MINUTE))}{'分钟' if zh else ' min'}"
    if milliseconds < 2 * DAY:
        hours = milliseconds / HOUR
        number = (
            f"{hours:.0f}" if abs(hours - round(hours)) < 0.05 or hours >= 10 else f"{hours:.1f}"
        )
        return f"{number}{'小时' if zh else ' h'}"
    return f"{milliseconds / DAY:.0f}{'天' if zh else ' days'}"


def short_time(moment: int, zone: ZoneInfo, language: str) -> str:
    """18日04:25 or 18 Jun 04:25, in the station's zone."""
    local = datetime.fromtimestamp(moment / 1_000, zone)
    return f"{local:%d}日{local:%H:%M}" if language == "zh" else f"{local:%d %b %H:%M}"


def full_time(moment: int, zone: ZoneInfo) -> str:
    """2026-06-18 04:25 +08:00."""
    return datetime.fromtimestamp(moment / 1_000, zone).isoformat(" ", "minutes").replace("+", " +")


def grade(severity: Severity, language: str) -> str:
    """Ⅱ or II."""
    return severity.numeral if language == "zh" else severity.name


def _parts(variable: str, value: float, language: str) -> tuple[str, str]:
    known = VARIABLES.get(variable)
    if variable == PONDING:
        return _rounded(value * 100, 0), "cm"
    if known is None:
        return f"{value:g}", ""
    if known.unit == "m3" and value >= 1e5 and language == "zh":
        return _rounded(value / 1e4, 2), "万立方米"
    return _rounded(value, known.decimals), known.unit


def _rounded(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    return text[1:] if text.startswith("-") and not float(text) else text
