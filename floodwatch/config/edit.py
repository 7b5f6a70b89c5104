"""Writes into the files of the folder as a person would: comments stay, nothing is half written."""

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import AoT, InlineTable, Table

from floodwatch.config.assemble import build
from floodwatch.config.folder import documents
from floodwatch.model.clock import DAY, HOUR, MINUTE, SECOND
from floodwatch.model.errors import ConfigError, Problem
from floodwatch.model.station import StationKind

STATIONS = "stations.toml"


@dataclass(frozen=True, slots=True)
class NewGauge:
    """A gauge to be written; `period` in ms, `unit` as its devices send it (empty: canonical)."""

    variable: str
    gauge: str = "1"
    period: int = 0
    unit: str = ""
    source: str = ""
    zero: float | None = None


@dataclass(frozen=True, slots=True)
class NewStation:
    """A station to be written; its kind is the caller's guess, which people may correct."""

    code: str
    name: str
    kind: StationKind
    gauges: tuple[NewGauge, ...]
    aliases: tuple[str, ...] = ()
    tz: str = ""
    timed: int | None = None  # ms between its reports, if known


def add_stations(folder: Path, stations: Sequence[NewStation]) -> None:
    """Append stations to stations.toml; everything that stands there stays to the last byte.

    The folder is validated with them first: ConfigError, and nothing is written, if it would have
    an error or if the file has changed meanwhile.
    """
    if not stations:
        return
    texts = documents(folder)
    before = texts.get(STATIONS, "")
    texts[STATIONS] = appended(before, stations)
    build(texts)
    replace_file(folder, STATIONS, texts[STATIONS], expected=before)


def appended(text: str, stations: Sequence[NewStation]) -> str:
    """The text of stations.toml with further stations at its end."""
    tables: AoT = tomlkit.aot()
    for station in stations:
        tables.append(_station(station))
    document = tomlkit.document()
    document.add("station", tables)
    ending = "" if not text or text.endswith("\n") else "\n"
    gap = "\n" if text else ""
    return f"{text}{ending}{gap}{tomlkit.dumps(document).rstrip()}\n"


def replace_file(folder: Path, name: str, text: str, *, expected: str) -> None:
    """Put a text in the place of a file that still reads `expected`: all of it or nothing.

    Raises ConfigError when somebody has changed the file meanwhile.
    """
    path = folder / name
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with temporary.open("w", encoding="utf-8", newline="") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        if path.exists():
            temporary.chmod(path.stat().st_mode & 0o777)
        if _read(path) != expected:
            what = "somebody has changed this file meanwhile; nothing was written"
            raise ConfigError([Problem(name, None, "file", what, "try again")])
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync(path.parent)


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8-sig") if path.exists() else ""


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _station(station: NewStation) -> Table:
    table = tomlkit.table()
    table.add("code", station.code)
    table.add("name", station.name)
    table.add("kind", station.kind.value)
    if station.aliases:
        table.add("aliases", list(station.aliases))
    if station.tz:
        table.add("tz", station.tz)
    if station.timed:
        table.add("reporting", _inline({"timed": duration_text(station.timed)}))
    gauges = tomlkit.array()
    for gauge in station.gauges:
        gauges.append(_gauge(gauge))
    table.add("gauges", gauges.multiline(len(station.gauges) > 1))
    return table


def _gauge(gauge: NewGauge) -> InlineTable:
    keys: dict[str, Any] = {"variable": gauge.variable}
    if gauge.gauge != "1":
        keys["gauge"] = gauge.gauge
    if gauge.period:
        keys["period"] = duration_text(gauge.period)
    if gauge.unit:
        keys["unit"] = gauge.unit
    if gauge.source:
        keys |= {"from": gauge.source, "zero": gauge.zero}
    return _inline(keys)


def _inline(keys: dict[str, Any]) -> InlineTable:
    table = tomlkit.inline_table()
    table.update(keys)
    return table


def duration_text(milliseconds: int) -> str:
    """A duration as the files write it: the largest unit that fits."""
    for word, span in (("d", DAY), ("h", HOUR), ("min", MINUTE), ("s", SECOND)):
        if milliseconds % span == 0:
            return f"{milliseconds // span}{word}"
    return f"{milliseconds}ms"
