"""Answers of two public services: the UK's Environment Agency, the US Geological Survey. Pure.

EA flood-monitoring: readings of a station, each with the address of its measure, which ends in
STATION-PARAMETER-QUALIFIER-TYPE-INTERVAL-UNIT. USGS instantaneous values: WaterML in JSON, a series
a site, parameter and method; -999999 stands for no value.
"""

import re
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.errors import Refused
from floodwatch.model.reading import RawReading
from floodwatch.model.source import Refusal
from floodwatch.sources.http_rows import Found, document, instant, number
from floodwatch.sources.target import target_of

UTC = ZoneInfo("UTC")
_MEASURE = re.compile(
    r"(?P<station>.+?)-(?P<parameter>level|flow|rainfall|temperature)-(?P<rest>.*)-(?P<unit>[^-]+)"
)
_INTERVAL = re.compile(r"(\d+)_(min|h|hour)\b")
EA_UNITS = {"m3_s": "m3/s", "l_s": "L/s", "mm": "mm", "deg_c": "degC"}  # lengths: m above something
# parameter code -> what it is in which unit
USGS_CODES = {
    "00065": "stage:ft",  # gage height
    "00060": "flow:cfs",
    "00045": "rainfall:in",
    "00010": "water_temperature:degC",
    "00062": "stage:ft",  # of a lake or reservoir, above datum
    "00054": "storage:acre_ft",
    "00400": "ph:pH",
    "00300": "dissolved_oxygen:mg/L",
    "72019": "",  # depth to water below land surface: rises as the water falls
}
NO_VALUE = (-999999, -999999.0, "-999999")


def ea(body: bytes) -> Found:
    """Readings of the flood-monitoring service; `items` of its answer."""
    items = _list(document(body), "items")
    found = Found()
    for item in items:
        try:
            reading = _ea_reading(item)
        except Refused as error:
            found.refused.append(Refusal(_tail(item), str(error)))
            continue
        if reading is not None:
            found.readings.append(reading)
    _some(found, len(items))
    return found


def usgs(body: bytes) -> Found:
    """Instantaneous values; `value.timeSeries` of the answer."""
    answer = document(body)
    series = _list(answer.get("value") if isinstance(answer, dict) else None, "timeSeries")
    found = Found()
    for one in series:
        try:
            found.readings += list(_usgs_readings(one, found))
        except (KeyError, IndexError, TypeError, AttributeError):
            found.refused.append(Refusal("series", "it has no siteCode, variableCode or values"))
    _some(found, len(series))
    return found


def _ea_reading(item: Any) -> RawReading | None:
    measure = _tail(item)
    match = _MEASURE.fullmatch(measure)
    if match is None:
        raise Refused("the name of the measure is not understood")
    unit = EA_UNITS.get(match["unit"].lower(), "m" if match["unit"].lower().startswith("m") else "")
    variable = {
        "flow": "flow", "rainfall": "rainfall", "temperature": "water_temperature",
    }.get(match["parameter"]) or _level(match["rest"])  # fmt: skip
    if not unit or (match["parameter"] == "temperature" and unit != "degC"):
        return None
    period = _INTERVAL.search(match["rest"])
    length = int(period[1]) * (MINUTE if period[2] == "min" else HOUR) if period else None
    return RawReading(
        match["station"],
        variable,
        instant(item.get("dateTime"), "iso", UTC),
        number(item.get("value")),
        unit=unit,
        period=length if variable == "rainfall" else None,
    )


def _level(rest: str) -> str:
    qualifier = rest.lower()
    if "downstage" in qualifier:
        return "tail_stage"
    return "piezometric_stage" if "groundwater" in qualifier else "stage"


def _tail(item: Any) -> str:
    """The last part of the measure's address; it is given as such, or as an object."""
    measure = item.get("measure") if isinstance(item, dict) else None
    if isinstance(measure, dict):
        measure = measure.get("@id")
    return str(measure or "").rpartition("/")[2]


def _usgs_readings(series: dict[str, Any], found: Found) -> Iterator[RawReading]:
    site = str(series["sourceInfo"]["siteCode"][0]["value"])
    variable = series["variable"]
    text = USGS_CODES.get(str(variable["variableCode"][0]["value"]), "")
    if not text:
        return
    target = target_of(text)
    none = (*NO_VALUE, variable.get("noDataValue", -999999.0))
    methods = [values for values in series["values"] if values.get("value")]
    if len(methods) > 1:  # two instruments under one number: which one, only a person can say
        why = f"{len(methods)} methods measure {target.variable}: the first is taken"
        found.refused.append(Refusal(site, why))
    for value in methods[0]["value"] if methods else ():
        try:
            yield RawReading(
                site,
                target.variable,
                instant(value["dateTime"], "iso", UTC),
                number(value["value"], none),
                unit=target.unit,
            )
        except Refused as error:  # "Ice", "Eqp": the word stands where the number should
            found.refused.append(Refusal(site, str(error)))


def _list(answer: Any, name: str) -> list[Any]:
    found = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(found, list):
        there = ", ".join(list(answer)[:8]) if isinstance(answer, dict) else "nothing of the kind"
        raise Refused(f"the answer has no {name!r}; it has: {there}")
    return found


def _some(found: Found, count: int) -> None:
    if count and not found.readings and len(found.refused) >= count:
        raise Refused(f"none of {count} rows can be read; the first: {found.refused[0].why}")
