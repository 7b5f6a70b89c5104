"""From documents to the district: the first pass, the checks of the whole, then the words."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from floodwatch.config.check_bands import check_apart, check_days, check_order
from floodwatch.config.check_recipients import check_recipients
from floodwatch.config.check_service import check_service
from floodwatch.config.check_sources import check_sources
from floodwatch.config.check_stations import check_stations
from floodwatch.config.check_thresholds import (
    check_alone,
    check_placed,
    check_rule,
    check_templates,
)
from floodwatch.config.check_watching import check_watching
from floodwatch.config.check_works import check_works
from floodwatch.config.dates import end_ms, start_ms
from floodwatch.config.draft import Draft, first_pass
from floodwatch.config.folder import documents
from floodwatch.config.placed import Placed, place
from floodwatch.config.plan_file import plan_of
from floodwatch.config.recipient_file import person_of, route_of
from floodwatch.config.roster_file import days_of, shift_of
from floodwatch.config.station_file import station_of
from floodwatch.config.threshold_file import ThresholdTable, setting_of
from floodwatch.config.toml_file import Entry
from floodwatch.config.zones import zone_of
from floodwatch.model.district import District
from floodwatch.model.errors import ConfigError, Problem


def load(folder: Path) -> District:
    """The district of a folder. Raises ConfigError with every problem of every file."""
    return build(documents(folder))


def build(texts: Mapping[str, str], *, version: int = 0, checked: bool = True) -> District:
    """The district of the documents. Raises ConfigError with every problem.

    `checked` False leaves out the checks of the whole: a version in force stays in force when a
    newer program would refuse it.
    """
    draft = first_pass(texts)
    problems = list(draft.problems)
    sound: list[Entry[ThresholdTable]] = []
    for entry in draft.thresholds:
        found = list(check_alone(draft, entry))
        problems += found
        if not found and entry.table.complete:
            sound.append(entry)
    placed = place(draft, sound)
    if checked:
        problems += _whole(draft, placed, sound)
    if problems:
        raise ConfigError(_sorted(problems))
    district = _district(draft, placed, version)
    if checked and (problems := list(check_watching(draft, district))):
        raise ConfigError(_sorted(problems))
    return district


def _whole(
    draft: Draft, placed: list[Placed], sound: list[Entry[ThresholdTable]]
) -> Iterator[Problem]:
    yield from check_service(draft)
    yield from check_sources(draft)
    yield from check_stations(draft)
    yield from check_recipients(draft)
    for entry in sound:
        yield from check_templates(draft, entry)
    for rule in draft.rules:
        yield from check_rule(draft, rule)
        yield from check_works(draft, rule)
    for one in placed:
        yield from check_placed(one)
    for group in _groups(placed, named=False):
        yield from check_order([one for one in group if not one.entry.partial])
    for group in _gauges(placed):
        yield from check_apart([one for one in group if not one.entry.partial])
    for group in _groups(placed, named=True):
        if not any(one.entry.partial for one in group):
            yield from check_days(group, zone_of(draft, group[0].station))


def _groups(placed: list[Placed], *, named: bool) -> Iterable[list[Placed]]:
    groups: dict[tuple[object, ...], list[Placed]] = {}
    for one in placed:
        t = one.threshold
        key = (t.station, t.gauge, t.variable, t.comparator.direction, t.window)
        groups.setdefault((*key, t.name) if named else key, []).append(one)
    return groups.values()


def _gauges(placed: list[Placed]) -> Iterable[list[Placed]]:
    groups: dict[tuple[str, ...], list[Placed]] = {}
    for one in placed:
        t = one.threshold
        if not t.window:
            groups.setdefault((t.station, t.gauge, t.variable), []).append(one)
    return groups.values()


def _sorted(problems: list[Problem]) -> list[Problem]:
    """By place; one template's error is said once, not once a station."""
    unique = {(p.file, p.line, p.field, _kind(p.what)): p for p in reversed(problems)}
    return sorted(unique.values(), key=lambda p: (p.file, p.line or 0, p.field))


def _kind(what: str) -> str:
    return "".join(c for c in what.partition(": ")[2] or what if not c.isdigit())


def _district(draft: Draft, placed: list[Placed], version: int) -> District:
    service = draft.service
    stations = {
        entry.table.code: station_of(
            entry.table,
            curve=draft.curves.get(entry.table.code, ()),
            order=order,
            valid_to=end_ms(entry.table.valid_to, zone_of(draft, entry.table)),
        )
        for order, entry in enumerate(draft.stations)
    }
    channels = {"log": {}} | service.channels.model_dump(by_alias=True, exclude_none=True)
    written = draft.service_file.data.get("channels")  # their order is the order of trying
    order = [*(written if isinstance(written, dict) else ()), *channels]
    channels = {name: channels[name] for name in dict.fromkeys(order) if name in channels}
    return District(
        version=version,
        name=service.service.name,
        timezone=service.service.timezone,
        demonstration=service.service.demonstration,
        stations=stations,
        thresholds=tuple(one.threshold for one in placed),
        rules=tuple(setting_of(entry.table) for entry in draft.rules),
        people={entry.table.name: person_of(entry.table, draft.zone) for entry in draft.people},
        routes=tuple(route_of(entry.table) for entry in draft.routes),
        groups={entry.table.name: tuple(entry.table.people) for entry in draft.groups},
        shifts=tuple(shift_of(entry.table) for entry in draft.shifts),
        holidays=frozenset(days_of(entry.table for entry in draft.holidays)),
        channels=channels,
        service=service.service.model_dump(),
        sources=dict(service.sources),
        watch=service.watch.model_dump(),
        backup=service.backup.model_dump(),
        influx=service.influx.model_dump() if service.influx else {},
        texts=service.texts.model_dump(exclude_none=True),
        map_layers=tuple(draft.layers),
        layers=dict(draft.layers),
        plans=tuple(
            plan_of(
                entry.table,
                valid_from=start_ms(entry.table.valid_from, draft.zone),
                valid_to=end_ms(entry.table.valid_to, draft.zone),
            )
            for entry in draft.plans
        ),
    )
