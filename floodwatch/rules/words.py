"""Rules in words: what the station page says about them."""

from collections.abc import Iterable

from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.variable import VARIABLES
from floodwatch.rules.bands import SIGNS, Band


def describe_bands(variable: str, bands: Iterable[Band], language: str) -> str:
    """One phrase a band, mildest first, such as 水位 ≥ 104.75 m 设计洪水位(Ⅱ级)."""
    phrases = [_phrase(variable, band, language) for band in reversed(tuple(bands))]
    return ("；" if language == "zh" else "; ").join(phrases)


def _phrase(variable: str, band: Band, language: str) -> str:
    zh = language == "zh"
    known = VARIABLES.get(variable)
    name = (known.zh if zh else known.en) if known else variable
    value, unit = amount(variable, band.limit)
    per_hour = "/h" if band.comparator.direction in ("rise", "fall") else ""
    window = ""
    if band.threshold.window:
        span = duration(band.threshold.window, language)
        window = f"{span}内" if zh else f" in {span}"
    degree = f"({band.severity.numeral}级)" if zh else f"({band.severity.name})"
    season = f" {band.threshold.season}" if band.threshold.season else ""
    what = f"{window}{name}" if zh else f"{name}{window}"
    return f"{what} {SIGNS[band.comparator]} {value} {unit}{per_hour} {band.label}{season}{degree}"


def amount(variable: str, value: float) -> tuple[str, str]:
    """A value as people read it, and its unit: ponding depth in whole cm, the rest canonical."""
    if variable == "ponding_depth":
        return f"{value * 100:g}", "cm"
    known = VARIABLES.get(variable)
    if known is None:
        return f"{value:g}", ""
    return f"{value:.{known.decimals}f}", known.unit


def duration(milliseconds: int, language: str) -> str:
    """A span of time in words: 24小时, 90分钟."""
    whole_hours = milliseconds % HOUR == 0
    number = milliseconds // HOUR if whole_hours else milliseconds / MINUTE
    if language == "zh":
        return f"{number:g}{'小时' if whole_hours else '分钟'}"
    return f"{number:g} {'h' if whole_hours else 'min'}"
