"""`blocks`: whether the archive is sound, how much room it takes, and putting it in order."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import closing

import click
from rich.console import Console
from rich.progress import Progress

from floodwatch.bootstrap import open_services
from floodwatch.cli.context import Call, shared
from floodwatch.cli.table import columns
from floodwatch.model.moment import iso
from floodwatch.store import block_care, compaction
from floodwatch.store.block_care import REMEDY, Fault, Owner, Renewed, Room


@click.group("blocks")
def blocks() -> None:
    """The archive of old readings."""


@blocks.command("verify")
@shared
def verify(call: Call) -> None:
    """Read every block and compare it with its row; ends with 1 when one is not sound."""
    looked = 0
    faults: list[Fault] = []
    with closing(open_services(call.config, call.data)) as services:
        owners = block_care.owners(services.database)
        for owner in _shown(owners, "Verifying"):
            count, found = block_care.verify(services.database, owner)
            looked += count
            faults += found
    document = {
        "series": len(owners),
        "blocks": looked,
        "faults": [_fault(one) for one in faults],
        "remedy": REMEDY if faults else "",
    }
    call.emit(document, lambda: _verified(len(owners), looked, faults))
    if faults:
        sys.exit(1)


@blocks.command("stats")
@shared
def stats(call: Call) -> None:
    """Series, blocks, readings and bytes, by variable and in total."""
    with closing(open_services(call.config, call.data)) as services:
        rooms = block_care.stats(services.database)
    total = Room(
        "total",
        sum(room.series for room in rooms),
        sum(room.blocks for room in rooms),
        sum(room.readings for room in rooms),
        sum(room.bytes for room in rooms),
    )
    rows = [[room.variable, *map(str, room[1:]), f"{room.per_reading:.3f}"] for room in rooms]
    rows.append(["total", *map(str, total[1:]), f"{total.per_reading:.3f}"])
    head = ["variable", "series", "blocks", "readings", "bytes", "bytes a reading"]
    document = {"variables": [_room(one) for one in rooms], "total": _room(total)}
    call.emit(document, lambda: columns([head, *rows]))


@blocks.command("compact")
@shared
def compact(call: Call) -> None:
    """Move what is old into blocks now, write old formats anew, join small blocks.

    In short transactions that let a running engine go first.
    """
    done: list[Renewed] = []
    with closing(open_services(call.config, call.data)) as services:
        database = services.database
        moved = compaction.compact(database, now=services.now(), pace=0)
        for owner in _shown(block_care.unrenewed(database), "Renewing"):
            done.append(block_care.renew(database, owner))
    faults = [fault for one in done for fault in one.damaged]
    names = ("before", "after", "bytes_before", "bytes_after", "postponed")
    sums = {name: sum(getattr(one, name) for one in done) for name in names}
    document = {
        "moved": moved._asdict(),
        "renewed": sums,
        "faults": [_fault(one) for one in faults],
        "remedy": REMEDY if faults else "",
    }
    text = (
        f"{moved.readings} readings of {moved.series} series moved into blocks; "
        f"{sums['before']} blocks of {sums['bytes_before']} bytes became {sums['after']} "
        f"of {sums['bytes_after']}"
    )
    if waiting := moved.postponed + sums["postponed"]:
        text += f"; {waiting} changed meanwhile and wait for the next time"
    call.emit(document, "\n".join([text, *_named(faults)]))
    if faults:
        sys.exit(1)


def _shown(owners: Iterable[Owner], what: str) -> Iterator[Owner]:
    some = list(owners)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        yield from progress.track(some, description=what)


def _fault(one: Fault) -> dict[str, object]:
    owner = one.owner
    return {
        "station": owner.station,
        "gauge": owner.gauge,
        "variable": owner.variable,
        "period": owner.period,
        "start": iso(one.start),
        "end": iso(one.end),
        "readings": one.n,
        "what": one.what,
    }


def _named(faults: list[Fault]) -> list[str]:
    lines = [
        f"{one.owner.station}/{one.owner.gauge}/{one.owner.variable} "
        f"{iso(one.start)} to {iso(one.end)}, {one.n} readings: {one.what}"
        for one in faults
    ]
    return [*lines, f"what to do: {REMEDY}"] if faults else []


def _verified(series: int, looked: int, faults: list[Fault]) -> str:
    bad = len({(one.owner.id, one.start) for one in faults})
    last = f"{bad} are not sound" if bad else "all sound"
    return "\n".join([*_named(faults), f"{looked} blocks of {series} series: {last}"])


def _room(room: Room) -> dict[str, object]:
    return {**room._asdict(), "bytes_a_reading": round(room.per_reading, 4)}
