"""`audit` and `buddy`: who watches the service."""

import sys
from contextlib import closing

import click

from floodwatch import buddy as watcher
from floodwatch.audit import Violation, violations
from floodwatch.bootstrap import open_services
from floodwatch.cli.context import Call, shared
from floodwatch.model.clock import DAY
from floodwatch.model.errors import Refused
from floodwatch.model.moment import iso, parse

KEPT = 8 * DAY  # readings older than this may be packed away, without when they came


@click.command("audit")
@click.option("--from", "start", required=True, help="First time, ISO 8601.")
@click.option("--to", "end", required=True, help="Last time, the same way.")
@shared
def audit(call: Call, start: str, end: str) -> None:
    """Recount from stored readings what must have been told; exit code 1 if anything was not."""
    with closing(open_services(call.config, call.data)) as services:
        zone = services.configuration.current().tz
        first, last, now = parse(start, zone), parse(end, zone), services.now()
        if last < first:
            raise Refused(f"--to {end} is before --from {start}")
        if now - first > KEPT:
            raise Refused(
                f"--from {start} is more than {KEPT // DAY} days ago: when such readings came is "
                "no longer known; choose a later time"
            )
        with services.database.read() as connection:
            found = violations(connection, start=first, end=last, now=now)
    document = {
        "from": iso(first),
        "to": iso(last),
        "unexplained": [one._asdict() | {"at": iso(one.at)} for one in found],
    }
    call.emit(document, lambda: _text(found))
    if found:
        sys.exit(1)


def _text(found: list[Violation]) -> str:
    if not found:
        return "everything is explained"
    lines = [f"{one.kind}: {one.where}: {one.what}" for one in found]
    return "\n".join([*lines, f"{len(found)} unexplained"])


@click.command(
    "buddy",
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def buddy(arguments: tuple[str, ...]) -> None:
    """Watch a FloodWatch from another machine, and alarm on your own when it falls silent."""
    sys.exit(watcher.main(list(arguments)))
