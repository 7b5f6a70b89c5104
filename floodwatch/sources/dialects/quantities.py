"""What makers call the columns of water loggers, in several languages, and in which units."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from floodwatch.model.unit import UNITS
from floodwatch.model.variable import VARIABLES
from floodwatch.sources.csv import headers
from floodwatch.sources.dialects.layout import Measured

BARO = "baro"  # the gauge of air pressure beside that of the water
_OF_WATER = {"m": "m_H2O", "cm": "cm_H2O", "mm": "mm_H2O", "ft": "ft_H2O", "in": "in_H2O"}
_NOT = re.compile(
    r"depth to water|abstich|velocity|geschw|\bvel\b|speed|conduc|resist|salin|densit|"
    r"leitf|solid|\btds\b|std|\btm[xn]\b|latit|longit|altit|serial|elapsed|seconds|humid|"
    r"\brh\b|wind|radiation|slr|dew|feuchte|quality|count\b|reference level|offset|speed"
)
_NOT_WATER = re.compile(
    r"air|luft|lucht|intern|panel|ptemp|soil|boden|board|case|enclosure|ambient|logger|"
    r"\bt10[79]\b|\btob2\b"
)
_BAROMETRIC = re.compile(r"baro|\bbp\b|luftdruck|luchtdruk|atmos|air pres|\bair bp\b")
_RULES = tuple(
    (variable, re.compile(pattern))
    for variable, pattern in (
        ("battery", r"batt|akku|accu\b|supply volt"),
        ("rainfall", r"rain|precip|niederschlag|neerslag|pluie|pluvio|lluvia|雨量|降水"),
        ("turbidity", r"turb|trübung"),
        ("ph", r"^p ?h\b|\bp ?h$"),
        ("dissolved_oxygen", r"dissolved oxygen|\bo?do\b"),
        ("water_temperature", r"temp|^t$|\btob1\b|水温"),
        ("pressure", r"pres|druck|druk|baro|\bbp\b|psi\b|\bp$|\bp1\b"),
        ("flow", r"flow|discharge|durchfluss|abfluss|débit|debit|afvoer|^q\b|流量"),
        (
            "stage",
            r"level|lvl|stage|depth|head\b|water ?stand|füllstand|h[öo]he|hoogte|nivel|niveau|"
            r"gage height|gauge height|gage ht|水位|wasserst",
        ),
    )
)
_BRACKETS = re.compile(r"(.*\S)\s*[\[(（【]([^\[\]()（）]*)[\])）】]\s*")
_EXTREMES = re.compile(r"\b(max|min|smx|smn)\b")


def plain(name: str) -> str:
    """A column's name as the rules see it: small letters, words apart."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return re.sub(r"[\s_.,:/()\[\]#-]+", " ", apart).strip().lower()


def named(column: str) -> tuple[str, str]:
    """`Pressure[cmH2O]`, `Füllstand [m]` taken apart: the name, and the unit in its words."""
    found = _BRACKETS.fullmatch(column)
    return (found[1], found[2].strip()) if found else (column, "")


def quantity(index: int, name: str, unit_word: str) -> Measured | None:
    """What a column of this name and unit measures, if it is anything FloodWatch keeps.

    A unit that is not known is left empty, so that it is asked for.
    """
    words = plain(name)
    if not words or _NOT.search(words):
        return None
    variable = next((kind for kind, rule in _RULES if rule.search(words)), "")
    if not variable or (variable == "water_temperature" and _NOT_WATER.search(words)):
        return None
    unit = headers.unit_of(unit_word) if unit_word else ""
    if unit:
        variable, unit = _fitting(variable, unit)
        if not variable:
            return None
    gauge = BARO if variable == "pressure" and _BAROMETRIC.search(words) else ""
    return Measured(index, variable, unit, gauge)


def _fitting(variable: str, unit: str) -> tuple[str, str]:
    """A level in psi is a pressure; a pressure in cm is one of cm of water."""
    dimension = UNITS[unit].dimension
    if variable == "pressure" and dimension == "length":
        return variable, _OF_WATER[unit]
    if variable == "stage" and dimension == "pressure":
        return "pressure", unit
    if variable == "stage" and dimension == "flow":
        return "flow", unit
    if UNITS[VARIABLES[variable].unit].dimension != dimension:
        return "", ""
    return variable, unit


def quantities(columns: Sequence[tuple[int, str, str]]) -> tuple[Measured, ...]:
    """What the columns (place, name, unit) measure, each series once."""
    found = [(name, quantity(index, name, unit)) for index, name, unit in columns]
    return distinct([(name, measured) for name, measured in found if measured])


def distinct(found: Iterable[tuple[str, Measured]]) -> tuple[Measured, ...]:
    """Every series once: extremes beside a mean are left out, others become gauges 2, 3, …"""
    found = list(found)
    plainly = {(m.variable, m.gauge) for name, m in found if not _EXTREMES.search(plain(name))}
    kept: list[Measured] = []
    for name, measured in found:
        series = (measured.variable, measured.gauge)
        if _EXTREMES.search(plain(name)) and series in plainly:
            continue
        count = sum((m.variable, m.gauge.rstrip("0123456789")) == series for m in kept)
        if count:
            measured = replace(measured, gauge=f"{measured.gauge}{count + 1}")
        kept.append(measured)
    return tuple(kept)
