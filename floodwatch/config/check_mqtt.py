"""Whole-folder checks of the brokers: what two of them may not share, what their topics name."""

from collections.abc import Iterator
from pathlib import Path

from floodwatch.config.draft import Draft
from floodwatch.config.station_file import StationTable
from floodwatch.model.errors import Problem
from floodwatch.model.fields import nearest
from floodwatch.sources.mqtt.settings import MqttTable, TopicTable
from floodwatch.sources.target import Target, target_of


def check_mqtt(draft: Draft) -> Iterator[Problem]:
    """Sessions, files and stations."""
    sessions: dict[tuple[object, ...], str] = {}
    for index, table in enumerate(draft.service.sources.mqtt):
        session = (*table.address, table.session)
        if session in sessions:
            what = f"{sessions[session]!r} has the same session at this broker"
            remedy = "give each its own client_id, or the broker closes one for the other"
            yield _problem(draft, index, "client_id", what=what, remedy=remedy)
        sessions[session] = table.name
        yield from _files(draft, index, table)
        for number, topic in enumerate(table.topics):
            yield from _placed(draft, (index, "topics", number), topic)


def _problem(draft: Draft, index: int, *keys: str | int, what: str, remedy: str) -> Problem:
    return draft.service_file.problem(("sources", "mqtt", index, *keys), what, remedy)


def _files(draft: Draft, index: int, table: MqttTable) -> Iterator[Problem]:
    for key in ("ca", "cert", "key"):
        name = getattr(table, key)
        if name and not Path(name).is_file():
            what = f"there is no file {name}"
            yield _problem(draft, index, key, what=what, remedy="write the whole path of the file")


def _placed(draft: Draft, place: tuple[int, str, int], topic: TopicTable) -> Iterator[Problem]:
    """A station that is written down must be there, with the gauges that are."""
    if not topic.station or not draft.stations_whole:
        return
    station = _station(draft, topic.station)
    if station is None:
        what = f"there is no station {topic.station!r}"
        remedy = nearest(topic.station, _names(draft))
        yield _problem(draft, *place, "station", what=what, remedy=remedy)
        return
    texts = list(topic.values.values())
    wanted = [target_of(text) for text in texts]
    if topic.variable and "{gauge}" not in topic.topic and not topic.gauge_in:
        wanted.append(Target(topic.variable, topic.gauge or "1"))
    for each in wanted:
        gauge = topic.gauge if topic.gauge and each.gauge == "1" else each.gauge
        if not _measures(station, each.variable, gauge):
            what = f"station {station.code} has no gauge {gauge} for {each.variable}"
            kept = sorted({f"{g.variable}@{g.gauge}" for g in station.gauges})
            remedy = f"it has: {', '.join(kept) or 'none'}"
            yield _problem(draft, *place, "topic", what=what, remedy=remedy)


def _measures(station: StationTable, variable: str, gauge: str) -> bool:
    fitting = [g for g in station.gauges if variable in (g.variable, g.source)]
    return any(g.gauge == gauge or gauge == "manual" for g in fitting)


def _station(draft: Draft, name: str) -> StationTable | None:
    for entry in draft.stations:
        table = entry.table
        if name in (table.code, table.name, *table.aliases):
            return table
    return None


def _names(draft: Draft) -> list[str]:
    return [n for e in draft.stations for n in (e.table.code, e.table.name, *e.table.aliases)]
