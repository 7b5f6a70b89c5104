"""From an answer to readings: where rows, stations, times and values stand is settings. Pure."""

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import jmespath
from jmespath.exceptions import JMESPathError

from floodwatch.model.district import District
from floodwatch.model.errors import Refused
from floodwatch.model.moment import parse
from floodwatch.model.reading import RawReading
from floodwatch.model.source import Refusal
from floodwatch.sources.http_settings import HttpTable
from floodwatch.sources.missing_words import numbers_of, words_of
from floodwatch.sources.target import target_of

SHOWN = 60  # characters of what could not be read


@dataclass(slots=True)
class Found:
    """What an answer came to."""

    readings: list[RawReading] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


def document(body: bytes) -> Any:
    """JSON of an answer. Raises Refused."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(f"the answer is not JSON ({error}): {_shown(body)}") from None


def rows_of(body: bytes, settings: HttpTable) -> list[dict[str, Any]]:
    """The rows of an answer. Raises Refused when it has another shape than it should."""
    if settings.format == "csv":
        return _csv_rows(body, settings)
    answer = document(body)
    found = _search(settings.rows, answer)
    rows = [found] if isinstance(found, dict) else found
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        there = ", ".join(list(answer)[:8]) if isinstance(answer, dict) else type(answer).__name__
        raise Refused(f"the answer has no rows at {settings.rows!r}; it has: {there or 'nothing'}")
    return rows


def read(
    rows: Iterable[dict[str, Any]], settings: HttpTable, district: District, *, site: str
) -> Found:
    """The readings of rows. Raises Refused when there are rows and none of them can be read."""
    found, count = Found(), 0
    for row in rows:
        count += 1
        try:
            found.readings += _readings(row, settings, district, site)
        except Refused as error:
            found.refused.append(Refusal(f"row {count}", str(error)))
    if count and len(found.refused) == count:
        raise Refused(f"none of {count} rows can be read; the first: {found.refused[0].why}")
    return found


def _readings(
    row: dict[str, Any], settings: HttpTable, district: District, site: str
) -> Iterator[RawReading]:
    def at(place: str) -> Any:
        return row.get(place) if settings.format == "csv" else _search(place, row)

    station = settings.station_is.replace("{site}", site) or at(settings.station)
    if not isinstance(station, str | int) or station == "":
        raise Refused(f"no station at {settings.station!r}")
    code = district.codes.get(str(station), str(station))
    zone = ZoneInfo(settings.tz) if settings.tz else district.zone_of(code)
    time = instant(at(settings.time), settings.time_format, zone)
    missing = (*settings.missing, *numbers_of(district))
    words = words_of(district)
    for text, value in _values(settings, at):
        target = target_of(text)
        yield RawReading(
            str(station),
            target.variable,
            time,
            None if str(value).strip().casefold() in words else number(value, missing),
            gauge=target.gauge,
            unit=target.unit or None,
            period=settings.period if target.variable in ("rainfall", "evaporation") else None,
        )


def _values(settings: HttpTable, at: Any) -> Iterator[tuple[str, Any]]:
    if not settings.variable:
        for place, text in settings.values.items():
            yield text, at(place)
        return
    word = at(settings.variable)
    if str(word) in settings.words:  # others are not asked for
        yield settings.words[str(word)], at(settings.value)


def number(value: Any, missing: Iterable[str | int | float] = ()) -> float | None:
    """A value; None where there is none. Raises Refused for what is no number."""
    if value is None or value == "" or value in missing:
        return None
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        try:
            found = float(value)
        except (ValueError, OverflowError):
            found = math.nan
        if math.isfinite(found):
            return None if found in missing else found
    raise Refused(f"{str(value)[:SHOWN]!r} is not a number")


def instant(given: Any, form: str, zone: ZoneInfo) -> int:
    """ms UTC of a time: ISO 8601, seconds or milliseconds since 1970, or a form of its own."""
    if form in ("s", "ms"):
        found = number(given)
        if found is None or not abs(found) < 1e14:
            raise Refused(f"{str(given)[:SHOWN]!r} is not a time in {form}")
        return round(found * (1000 if form == "s" else 1))
    if not isinstance(given, str) or not given.strip():
        raise Refused(f"no time: {str(given)[:SHOWN]!r}")
    if form == "iso":
        return parse(given, zone)
    try:
        moment = datetime.strptime(given.strip(), form)  # noqa: DTZ007 - the zone is added below
    except ValueError:
        raise Refused(f"{given[:SHOWN]!r} is not a time as {form!r}") from None
    return parse(moment.isoformat(), zone)


def written(moment: int, form: str, zone: ZoneInfo) -> str:
    """A time as the other side wants it."""
    if form in ("s", "ms"):
        return str(moment // 1000 if form == "s" else moment)
    if form == "iso":
        return datetime.fromtimestamp(moment // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return datetime.fromtimestamp(moment // 1000, zone).strftime(form)


def _csv_rows(body: bytes, settings: HttpTable) -> list[dict[str, Any]]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("the answer is not CSV in UTF-8") from None
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=settings.delimiter)
    try:
        rows = list(reader)
    except csv.Error as error:
        raise Refused(f"the answer is not CSV: {error}") from None
    wanted = (settings.station, settings.time, *settings.values, settings.variable, settings.value)
    names = reader.fieldnames or []
    lacking = [place for place in wanted if place and place not in names]
    if lacking:
        there = ", ".join(names[:12]) or _shown(body)
        raise Refused(f"the answer has no column {', '.join(lacking)}; it has: {there}")
    return rows


def _search(place: str, document: Any) -> Any:
    try:
        return jmespath.search(place, document)
    except JMESPathError as error:
        raise Refused(f"{place!r} leads nowhere: {error}") from None


def _shown(body: bytes) -> str:
    return " ".join(body[:SHOWN].decode("utf-8", "replace").split())
