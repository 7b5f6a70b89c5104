"""`sl651 serve` and `sl651 simulate`: the telemetry server by itself, and stations that speak."""

import asyncio
import json
import logging
import re
import signal
import sys
import threading
from typing import Any

import click

from floodwatch.bootstrap import Services, follow_folder, open_services
from floodwatch.bootstrap.telemetry import NAME, telemetry_server
from floodwatch.cli.context import Call, shared
from floodwatch.model.clock import SystemClock
from floodwatch.model.errors import Refused, StorageError
from floodwatch.sources.sl651.client import Fleet, Report
from floodwatch.sources.sl651.settings import Sl651Table
from floodwatch.sources.way import Way
from floodwatch.store import source_log

log = logging.getLogger(__name__)

WRITTEN_S = 3.0


@click.command("serve")
@click.option("--host", help="Address to listen on; default: as configured.")
@click.option("--port", type=int, help="Port of TCP and UDP; default: as configured.")
@shared
def serve(call: Call, host: str | None, port: int | None) -> None:
    """Hear telemetry stations in a process of its own; `run` does it too when it is configured.

    Readings are judged as always; messages leave when an engine runs on the same data.
    """
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    services = open_services(call.config, call.data, create=True)
    try:
        if services.demonstration:
            raise Refused(f"{call.config} is the demonstration district: it hears no stations")
        follow_folder(services, who="sl651 serve", only_first=True)
        _serve(call, services, stop, {"host": host, "port": port})
    finally:
        services.close()


def _serve(call: Call, services: Services, stop: threading.Event, given: dict[str, Any]) -> None:
    configured = services.configuration.current().sources.get(NAME) or Sl651Table()
    settings = configured.model_copy(update={k: v for k, v in given.items() if v is not None})
    with services.database.read() as connection:
        cursor = source_log.cursor(connection, NAME)
    way = Way(
        NAME,
        NAME,
        services.submit,
        services.configuration.current,
        clock=services.clock,
        cursor=cursor,
    )
    server = telemetry_server(services, settings, way)
    try:
        server.start()
    except OSError as error:
        raise Refused(
            f"cannot listen on {settings.host} port {settings.port}: {error.strerror}; does "
            "`floodwatch run` hear the stations already? Choose another --port"
        ) from error
    call.emit(
        {"host": settings.host, "port": server.port},
        f"SL 651: {settings.host}:{server.port}. Stop with Ctrl-C.",
    )
    sys.stdout.flush()
    try:
        while not stop.wait(WRITTEN_S):
            _write_down(services, way)
    finally:
        server.stop()
        _write_down(services, way)


def _write_down(services: Services, way: Way) -> None:
    note = way.note()
    if note is None:
        return
    try:
        now = services.now()
        with services.database.write() as tx:
            source_log.noted(tx, way.name, way.kind, note=note, now=now)
    except StorageError:
        log.exception("what the server noted is written down later")
        way.give_back(note)


@click.command("simulate")
@click.argument("addresses", nargs=-1, required=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="Where the server is.")
@click.option("--port", required=True, type=int, help="Its port.")
@click.option("--every", default=60.0, show_default=True, help="Seconds between two reports.")
@click.option("--seconds", default=60.0, show_default=True, help="For how long.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def simulate(
    addresses: tuple[str, ...],
    host: str,
    port: int,
    every: float,
    seconds: float,
    as_json: bool,
) -> None:
    """Be stations: connect, report stage and rain, wait for the answer, repeat what has none.

    An address is ten hexadecimal digits; FIRST..LAST means all between.
    """
    reports: list[Report] = []
    clock = SystemClock()
    every_address = [each for given in addresses for each in _spread(given)]
    fleet = Fleet(
        host, port, every_address, clock, every=every, ramp=min(every, 20), told=reports.append
    )
    asyncio.run(fleet.run(seconds))
    waits = sorted(report.waited for report in reports if report.answered)
    document = {
        "stations": len(every_address),
        "reports": len(reports),
        "answered": len(waits),
        "p50_ms": round(1000 * waits[len(waits) // 2]) if waits else None,
        "p99_ms": round(1000 * waits[int(len(waits) * 0.99)]) if waits else None,
    }
    told = "{reports} reports of {stations} stations, {answered} answered; p99 {p99_ms} ms"
    click.echo(json.dumps(document) if as_json else told.format(**document))
    if len(waits) < len(reports):
        sys.exit(1)


def _spread(given: str) -> list[str]:
    """The addresses that an argument means."""
    first, dots, last = given.upper().partition("..")
    if not all(re.fullmatch(r"[0-9A-F]{10}", end) for end in ([first, last] if dots else [first])):
        raise click.UsageError(f"{given!r}: an address has ten hexadecimal digits")
    if not dots:
        return [first]
    if not (first + last).isdecimal():
        raise click.UsageError(f"{given!r}: a range goes from decimal to decimal")
    return [f"{number:010d}" for number in range(int(first), int(last) + 1)]
