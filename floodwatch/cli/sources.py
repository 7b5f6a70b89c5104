"""`sources` and `source test`: how the outside sources stand, and one question asked by hand."""

from contextlib import closing
from typing import Any

import click

from floodwatch.bootstrap import open_services
from floodwatch.bootstrap.sources import POLLED
from floodwatch.cli.context import Call, shared
from floodwatch.cli.table import columns
from floodwatch.config import load
from floodwatch.model.clock import SECOND, SystemClock
from floodwatch.model.district import District
from floodwatch.model.errors import Refused
from floodwatch.model.moment import duration, iso
from floodwatch.model.reading import SeriesKey
from floodwatch.model.source import NOTHING, Note, configured, joined
from floodwatch.pipeline.source_trial import Trial
from floodwatch.sources.way import Way
from floodwatch.store import source_log
from floodwatch.store.source_log import SourceState

SHOWN = 10  # readings of a series that are printed


@click.command("sources")
@shared
def sources(call: Call) -> None:
    """List the outside sources: when each last worked, its newest reading, its failures."""
    with closing(open_services(call.config, call.data)) as services:
        district = services.configuration.current()
        now = services.now()
        with services.database.read() as connection:
            known = source_log.states(connection)
    names = dict.fromkeys([*(name for name, _, _ in configured(district)), *known])
    states = [known.get(name, SourceState(name, name.partition(":")[0])) for name in names]
    call.emit([_document(state, now) for state in states], lambda: _text(states, now))


def _document(state: SourceState, now: int) -> dict[str, Any]:
    times = ("last_try", "last_success", "last_error_at", "newest")
    found = state._asdict()
    return {
        **{name: found[name] for name in ("name", "kind", "failures", "last_error")},
        **{name: None if found[name] is None else iso(found[name]) for name in times},
        "lag_s": None if state.newest is None else (now - state.newest) // SECOND,
        **state.counts._asdict(),
        "refusals": [{**r._asdict(), "at": iso(r.at)} for r in state.refusals],
    }


def _text(states: list[SourceState], now: int) -> str:
    if not states:
        return "no source is configured: see [sources] in floodwatch.toml"
    rows: list[tuple[str, ...]] = [
        ("source", "worked", "newest", "stored", "rejected", "failures", "error")
    ]
    for state in states:
        ages = (state.last_success, state.newest)
        rows.append(
            (
                state.name,
                *("never" if at is None else f"{_age(now - at)} ago" for at in ages),
                str(state.counts.stored),
                str(state.counts.rejected),
                str(state.failures),
                (state.last_error or "") if state.failures else "",
            )
        )
    return columns(rows)


def _age(span: int) -> str:
    """To the minute, or to the second below one."""
    whole = 60 * SECOND if span >= 60 * SECOND else SECOND
    return duration(max(0, span) // whole * whole) or "0s"


@click.group("source")
def source() -> None:
    """Try a source out."""


@source.command("test")
@click.argument("name")
@shared
def test(call: Call, name: str) -> None:
    """Ask a database or a service once and print what would be stored. Nothing is written."""
    district = load(call.config)
    table, kind = _configured(district, name)
    trial, noted = Trial(district), [NOTHING]

    def keep(way: Way) -> None:
        noted[0] = joined(noted[0], way.note() or NOTHING)

    clock = SystemClock()
    way = Way(
        name, kind, trial.submit, lambda: district,
        now=clock.wall, clock=clock, polls=True, write_down=keep,
    )  # fmt: skip
    POLLED[kind](table, way).poll()
    keep(way)
    call.emit(_tried(trial, noted[0]), lambda: _tried_text(trial, noted[0]))


def _configured(district: District, name: str) -> tuple[Any, str]:
    found = {known: (table, kind) for known, kind, table in configured(district)}
    polled = [known for known, (_, kind) in found.items() if kind in POLLED]
    matching = [n for n in polled if name in (n, n.partition(":")[2])]
    if len(matching) == 1:
        return found[matching[0]]
    if name in found:
        raise Refused(f"{name} is not asked, it is heard: see `floodwatch sources` while it runs")
    several = "several sources are" if matching else "no source that is asked is"
    raise Refused(f"{several} called {name!r}; there are: {', '.join(polled) or 'none'}")


def _by_series(trial: Trial) -> dict[SeriesKey, list[tuple[int, float]]]:
    found: dict[SeriesKey, list[tuple[int, float]]] = {}
    for reading in sorted(trial.readings, key=lambda r: (r.key, r.time)):
        found.setdefault(reading.key, []).append((reading.time, reading.value))
    return found


def _tried(trial: Trial, note: Note) -> dict[str, Any]:
    series = [
        {
            **key._asdict(),
            "count": len(values),
            "newest": [{"time": iso(at), "value": value} for at, value in values[-SHOWN:]],
        }
        for key, values in _by_series(trial).items()
    ]
    return {
        "series": series,
        **note.counts._asdict(),
        "refusals": [refusal._asdict() for refusal in note.refusals],
    }


def _tried_text(trial: Trial, note: Note) -> str:
    lines = []
    for key, values in _by_series(trial).items():
        period = f"/{duration(key.period)}" if key.period else ""
        lines.append(f"{key.station} {key.variable}@{key.gauge}{period}: {len(values)} readings")
        lines += [f"  {iso(at)}  {value:g}" for at, value in values[-SHOWN:]]
    lines += [f"refused: {refusal.what}: {refusal.why}" for refusal in note.refusals]
    counts = note.counts
    lines.append(
        f"{counts.taken} values: {counts.stored} would be stored, {counts.rejected} refused; "
        "nothing was written"
    )
    return "\n".join(lines)
