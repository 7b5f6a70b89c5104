"""What a source says of itself: whether it works, what it brought, where it goes on."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from floodwatch.model.district import District
from floodwatch.model.fields import Table

REFUSALS = 20  # so many are kept of a source, the newest first


class Refusal(NamedTuple):
    """Something a source was given and did not take: what (a station, a frame, a file), and why."""

    what: str
    why: str


class Counts(NamedTuple):
    """What became of values. Missing and quarantined ones are in `taken` alone."""

    taken: int = 0
    stored: int = 0
    duplicate: int = 0
    rejected: int = 0

    def plus(self, other: "Counts") -> "Counts":
        """Both together."""
        return Counts(*(a + b for a, b in zip(self, other, strict=True)))


NONE = Counts()


@dataclass(frozen=True, slots=True)
class Note:
    """What happened since the note before. `failures` are those after the last success in it."""

    tried: bool = False
    worked: bool = False
    failures: int = 0
    error: str | None = None
    newest: int | None = None  # time of the newest reading, ms UTC
    counts: Counts = NONE
    refusals: tuple[Refusal, ...] = ()  # newest first
    cursor: Any | None = None  # where it goes on, anything JSON can hold; None: as before


NOTHING = Note()


def joined(older: Note, newer: Note) -> Note:
    """Two notes, one after the other, as one."""
    times = [at for at in (older.newest, newer.newest) if at is not None]
    return Note(
        tried=older.tried or newer.tried,
        worked=older.worked or newer.worked,
        failures=newer.failures + (0 if newer.worked else older.failures),
        error=older.error if newer.error is None else newer.error,
        newest=max(times, default=None),
        counts=older.counts.plus(newer.counts),
        refusals=(newer.refusals + older.refusals)[:REFUSALS],
        cursor=older.cursor if newer.cursor is None else newer.cursor,
    )


def configured(district: District) -> Iterator[tuple[str, str, Table]]:
    """(name, kind, settings) of every source: "sl651" of a table, "sql:county" of a list."""
    for kind, value in district.sources.items():
        if isinstance(value, Table):
            yield kind, kind, value
        elif isinstance(value, list | tuple):
            for table in value:
                if isinstance(table, Table):
                    yield f"{kind}:{getattr(table, 'name', '')}", kind, table
