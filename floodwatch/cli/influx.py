"""`influx`: the mirror in InfluxDB, how far it is, and whether it holds what we hold."""

import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager

import click
from rich.console import Console
from rich.progress import Progress
from sqlalchemy import func, select

from floodwatch.bootstrap import Services, open_services
from floodwatch.cli.context import Call, shared
from floodwatch.cli.table import columns
from floodwatch.model.clock import DAY
from floodwatch.model.errors import Refused
from floodwatch.model.moment import iso, parse
from floodwatch.store import series_map
from floodwatch.store.changes import DROPPED, Dropped, dropped
from floodwatch.store.clockwork import set_setting
from floodwatch.store.influx import mirror, reading
from floodwatch.store.influx.server import Server, server
from floodwatch.store.influx.settings import InfluxTable, of
from floodwatch.store.tables import block

EVER = (-(2**53), 2**53)


@click.group("influx")
def influx() -> None:
    """The mirror of all readings in InfluxDB."""


@influx.command("status")
@shared
def status(call: Call) -> None:
    """How far the mirror is, what waits, what the server refused."""
    with closing(open_services(call.config, call.data)) as services:
        table = _settings(services)
        with services.database.read() as connection:
            found = mirror.place(connection)
            rows, spans, oldest = mirror.behind(connection, found) if found else (0, 0, None)
            refused = mirror.refused(connection, most=20)
    document = {
        "url": table.url,
        "api": table.api,
        "begun": found is not None,
        "sent": found.sent if found else 0,
        "waiting": rows,
        "waiting_spans": spans,
        "waiting_since": iso(oldest) if oldest is not None else None,
        "last_success": iso(found.at) if found else None,
        "error": found.error if found else "",
        "refused": found.refused if found else 0,
        "refusals": [one | {"time": iso(one["time"]), "at": iso(one["at"])} for one in refused],
    }
    call.emit(document, lambda: _status_text(document))


@influx.command("resend")
@click.option("--from", "start", required=True, help="First time, ISO 8601.")
@shared
def resend(call: Call, start: str) -> None:
    """Have every reading from a time on sent again; the engine does it, beside what is new."""
    with closing(open_services(call.config, call.data)) as services:
        _settings(services)
        first = parse(start, services.configuration.current().tz)
        with services.database.write() as tx:
            if mirror.place(tx.connection) is None:
                raise Refused("the mirror has not begun: everything is sent anyway")
            series = mirror.resend(tx, first)
    call.emit({"from": iso(first), "series": series}, f"{series} series are sent from {iso(first)}")


@influx.command("verify")
@click.option("--from", "start", default=None, help="First time, ISO 8601; default: everything.")
@click.option("--to", "end", default=None, help="Last time, the same way.")
@click.option("--station", multiple=True, help="Only these stations; may be given again.")
@shared
def verify(call: Call, start: str | None, end: str | None, station: tuple[str, ...]) -> None:
    """Compare the server with the database, reading by reading; exit code 1 if they differ."""
    with closing(open_services(call.config, call.data)) as services, _server(services) as there:
        zone = services.configuration.current().tz
        first = parse(start, zone) if start else EVER[0]
        last = parse(end, zone) if end else EVER[1]
        compared, found = _compare(services, there, first, last, stations=station)
    document = {
        "compared": compared,
        "differences": [
            {
                "station": one.key.station,
                "gauge": one.key.gauge,
                "variable": one.key.variable,
                "from": iso(one.start),
                "to": iso(one.end),
                "missing": one.missing,
                "foreign": one.foreign,
                "different": one.different,
            }
            for one in found
        ],
    }
    call.emit(document, lambda: _verify_text(compared, found))
    if found:
        sys.exit(1)


@influx.command("drop-blocks")
@click.option("--before", required=True, help="Blocks that end before this time, ISO 8601.")
@click.option("--yes", is_flag=True, help="Do it; without, only say what would be dropped.")
@shared
def drop_blocks(call: Call, before: str, *, yes: bool) -> None:
    """Free the room of old readings, once the server is seen to have them; then it alone does."""
    with closing(open_services(call.config, call.data)) as services, _server(services) as there:
        if _settings(services).history != "influx":
            raise Refused(
                'nothing would read what is dropped: set history = "influx" in [influx] first'
            )
        border = parse(before, services.configuration.current().tz)
        if border > services.now() - series_map.JOURNAL_SPAN - DAY:
            raise Refused("the newest nine days stay in the database: name an earlier time")
        compared, found = _compare(services, there, EVER[0], border - 1)
        if found:
            raise Refused(f"{_verify_text(compared, found)}; nothing was dropped")
        dropped = _drop(services, border, really=yes)
    done = "dropped" if yes else "would be dropped (say --yes)"
    document = {"before": iso(border), "blocks": dropped, "compared": compared, "done": yes}
    call.emit(document, f"{compared} readings compared; {dropped} blocks {done}")


def _settings(services: Services) -> InfluxTable:
    given = services.configuration.current().influx
    if not given:
        raise Refused("no [influx] in floodwatch.toml: there is no mirror")
    return of(given)


@contextmanager
def _server(services: Services) -> Iterator[Server]:
    with closing(server(_settings(services), os.environ)) as there:
        yield there


def _compare(
    services: Services,
    there: Server,
    first: int,
    last: int,
    *,
    stations: tuple[str, ...] = (),
) -> tuple[int, list[reading.Difference]]:
    """How many readings were compared, and what differs."""
    with services.database.read() as connection:
        series = mirror.keys(connection, stations)
    found: list[reading.Difference] = []
    compared = 0

    def looked(count: int) -> None:
        nonlocal compared
        compared += count

    with Progress(console=Console(stderr=True), transient=True) as progress:
        for number, key in progress.track(series, description="Comparing"):
            found += reading.verify(
                services.database, there, number, key, start=first, end=last, looked=looked
            )
    return compared, found


def _drop(services: Services, border: int, *, really: bool) -> int:
    with services.database.write() as tx:
        old = block.c.end < border
        query = select(func.count(), func.min(block.c.start)).where(old)
        count, first = tx.connection.execute(query).one()
        if really and count:
            tx.connection.execute(block.delete().where(old))
            before = dropped(tx.connection) or Dropped(border, first)
            noted = Dropped(max(border, before.before), min(first, before.first))
            set_setting(tx, DROPPED, noted._asdict())
    return int(count)


def _status_text(document: dict[str, object]) -> str:
    rows = [[name, str(value)] for name, value in document.items() if name != "refusals"]
    return columns(rows)


def _verify_text(compared: int, found: list[reading.Difference]) -> str:
    if not found:
        return f"{compared} readings compared: the same, to the last bit"
    lines = [
        f"{'/'.join(one.key[:3])} {iso(one.start)} to {iso(one.end)}: {one.missing} missing, "
        f"{one.foreign} only there, {one.different} different"
        for one in found
    ]
    return "\n".join([*lines, f"{compared} readings compared, {len(found)} windows differ"])
