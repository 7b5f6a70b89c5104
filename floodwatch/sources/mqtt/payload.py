"""Messages into raw readings: a number, JSON with paths, or line protocol. Pure."""

import json
import math
import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import jmespath

from floodwatch.model.errors import Refused
from floodwatch.model.moment import parse
from floodwatch.model.reading import RawReading
from floodwatch.model.variable import VARIABLES
from floodwatch.sources.line_protocol import BadLine, points
from floodwatch.sources.line_readings import MISTAKEN, PRECISIONS, has_period, readings_of
from floodwatch.sources.missing_words import NO_WORDS, says_none
from floodwatch.sources.mqtt.settings import ARRIVAL, FACTORS, TopicTable
from floodwatch.sources.mqtt.topics import Template, template
from floodwatch.sources.push_bodies import LONGEST_NAME
from floodwatch.sources.target import Target, target_of

LARGEST = 256 * 1024  # bytes of a message
MOST = 5_000  # readings in it
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)
Zone = Callable[[str], ZoneInfo]


class Read(NamedTuple):
    """What a message holds; `dated`: all of it carries times of its own."""

    readings: tuple[RawReading, ...]
    refused: tuple[str, ...] = ()
    dated: bool = True


class Topics:
    """The topics of one broker, ready to read its messages."""

    def __init__(self, tables: Iterable[TopicTable]) -> None:
        self._kinds = [_Kind(table) for table in tables]

    @property
    def subscriptions(self) -> list[str]:
        """What to ask the broker for."""
        return list(dict.fromkeys(kind.template.subscription for kind in self._kinds))

    def dated(self, topic: str) -> bool:
        """Whether messages of this topic say themselves when they were measured."""
        return all(kind.dated for kind in self._kinds if kind.template.match(topic) is not None)

    def know(self, words: frozenset[str]) -> None:
        """Further words by which the devices say that they have no value."""
        for kind in self._kinds:
            kind.words = words

    def read(self, topic: str, payload: bytes, *, zone: Zone, arrival: int) -> Read:
        """The readings of one message. Raises Refused when it is none at all."""
        if len(payload) > LARGEST:
            raise Refused(f"the message is larger than {LARGEST} bytes")
        for kind in self._kinds:
            named = kind.template.match(topic)
            if named is not None:
                return kind.read(named, payload, zone=zone, arrival=arrival)
        raise Refused("no topic of the settings fits")


class _Kind:
    """One table of the settings with its template and paths compiled."""

    def __init__(self, table: TopicTable) -> None:
        self.table = table
        self.words = NO_WORDS
        self.template: Template = template(table.topic)
        self.dated = table.payload == "json" and table.time != ARRIVAL
        self._values = {_compiled(path): target_of(text) for path, text in table.values.items()}
        self._value = _compiled(table.value)
        self._time = None if table.time in ("", ARRIVAL) else _compiled(table.time)
        self._records = table.records and _compiled(table.records)
        given = {
            "station": table.station_in,
            "gauge": table.gauge_in,
            "variable": table.variable_in,
        }
        self._names = {name: _compiled(path) for name, path in given.items() if path}

    def read(self, named: dict[str, str], payload: bytes, *, zone: Zone, arrival: int) -> Read:
        """The readings of one message."""
        match self.table.payload:
            case "number":
                value = number_of(_text(payload), self._variable(named), self.words)
                return Read((self._reading(named, value, arrival),), dated=False)
            case "lines":
                return self._lines(named, payload, arrival)
        return self._json(named, payload, zone=zone, arrival=arrival)

    def _variable(self, named: dict[str, str]) -> str:
        return named.get("variable") or self.table.variable or ""

    def _reading(
        self, named: dict[str, str], value: float | None, time: int, *, to: Target | None = None
    ) -> RawReading:
        table = self.table
        station = _name(named.get("station") or table.station, "station")
        gauge = named.get("gauge") or table.gauge or None
        unit = named.get("unit") or table.unit or None
        variable = self._variable(named)
        if to is not None:
            variable, unit = to.variable, to.unit or None
            gauge = gauge if to.gauge == "1" else to.gauge
        variable = _name(variable, "variable")
        period = table.period if has_period(variable) else None
        return RawReading(station, variable, time, value, gauge, unit, period)

    def _lines(self, named: dict[str, str], payload: bytes, arrival: int) -> Read:
        table = self.table
        given = {"station": table.station, "gauge": table.gauge, "unit": table.unit or ""} | named
        readings: list[RawReading] = []
        refused: list[str] = []
        dated = True
        for point in points(payload):
            if isinstance(point, BadLine):
                refused.append(point.reason)
                continue
            dated = dated and point.time is not None
            time = arrival
            if point.time is not None:
                time = point.time * PRECISIONS[table.precision] // 1_000_000
            tags = {name: value for name, value in given.items() if value} | point.tags
            for found in readings_of(point._replace(tags=tags), time, self.words):
                (readings if isinstance(found, RawReading) else refused).append(found)  # type: ignore[arg-type]
            if len(readings) > MOST:
                raise Refused(f"more than {MOST} readings in one message")
        return Read(tuple(readings), tuple(refused), dated)

    def _json(self, named: dict[str, str], payload: bytes, *, zone: Zone, arrival: int) -> Read:
        try:
            document = json.loads(_text(payload))
        except RecursionError as error:
            raise Refused("the JSON is nested too deeply") from error
        except ValueError as error:
            raise Refused(f"not JSON: {error}"[:200]) from error
        records = [document]
        if self._records:
            records = self._records.search(document)
            if not isinstance(records, list):
                raise Refused(f"{self.table.records} is no list")
            if len(records) > MOST:
                raise Refused(f"more than {MOST} records in one message")
        readings: list[RawReading] = []
        refused: list[str] = []
        for record in records:
            try:
                readings += self._record(named, record, zone=zone, arrival=arrival)
            except Refused as error:
                refused.append(str(error))
        return Read(tuple(readings), tuple(refused), self.dated)

    def _record(
        self, named: dict[str, str], record: Any, *, zone: Zone, arrival: int
    ) -> list[RawReading]:
        found = {name: path.search(record) for name, path in self._names.items()}
        names = named | {name: str(value) for name, value in found.items() if value is not None}
        time = arrival
        if self._time is not None:
            station = _name(names.get("station") or self.table.station, "station")
            time = self._moment(self._time.search(record), zone(station))
        if not self._values:
            value = _value(self._value.search(record), self._variable(names), self.words)
            return [self._reading(names, value, time)]
        given = [(to, path.search(record)) for path, to in self._values.items()]
        made = [
            self._reading(names, _value(value, to.variable, self.words), time, to=to)
            for to, value in given
            if value is not None
        ]
        if not made:
            raise Refused(f"none of {', '.join(self.table.values)} is in it")
        return made

    def _moment(self, given: Any, zone: ZoneInfo) -> int:
        table = self.table
        if given is None:
            raise Refused(f"{table.time} is missing: when was it measured?")
        if table.time_format == "iso":
            if not isinstance(given, str):
                raise Refused(f'time {given!r} is no ISO 8601: add time_format = "s" or "ms"')
            return parse(given, zone)
        number = number_of(given, "time") if isinstance(given, str) else given
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise Refused(f"time {str(given)[:40]!r} is not a number of {table.time_format}")
        times, by = FACTORS[table.time_format]
        try:
            whole = isinstance(number, int)
            moment = int(number) * times // by if whole else round(number * times / by)
        except (OverflowError, ValueError) as error:
            raise Refused(f"time {str(given)[:40]!r} cannot be") from error
        if 0 <= moment < MISTAKEN:
            raise Refused(f"the time is of January 1970: is it really in {table.time_format}?")
        return moment


def _compiled(path: str) -> Any:
    return jmespath.compile(path)


def _text(payload: bytes) -> str:
    try:
        return payload.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused("the message is not UTF-8") from error


def _name(given: str, what: str) -> str:
    if not 0 < len(given) <= LONGEST_NAME:
        raise Refused(f"the message names no {what} of 1 to {LONGEST_NAME} characters")
    return given


def _value(given: Any, variable: str, words: frozenset[str]) -> float | None:
    if given is None:
        return None
    if isinstance(given, str):
        return number_of(given, variable, words)
    if isinstance(given, bool):
        known = VARIABLES.get(variable)
        if known is None or known.unit != "count":
            raise Refused(f"{variable} is true or false, not a number")
    elif not isinstance(given, int | float):
        raise Refused(f"{variable} is no number but {type(given).__name__}")
    try:
        value = float(given)
    except OverflowError as error:
        raise Refused(f"{variable} is too large") from error
    if math.isnan(value):
        return None
    if math.isinf(value):
        raise Refused(f"{variable} is infinite")
    return value


def number_of(text: str, variable: str, words: frozenset[str] = NO_WORDS) -> float | None:
    """A number written out; None for a word that means there is none."""
    text = text.strip().strip("\x00")
    if words and says_none(text, words):
        return None
    if _NUMBER.fullmatch(text):
        value = float(text)
        if math.isfinite(value):
            return value
    elif says_none(text):
        return None
    raise Refused(f"{variable} {text[:40]!r} is not a number")
