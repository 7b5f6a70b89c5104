"""Follows the database in commit order and sends every reading to the server until it has it."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, bindparam, func, select, text

from floodwatch.hydrology.series import Series
from floodwatch.model.clock import Clock
from floodwatch.model.reading import SeriesKey
from floodwatch.store import block_codec, changes, tables
from floodwatch.store.changes import MIRROR, Change
from floodwatch.store.clockwork import set_setting, setting
from floodwatch.store.database import Database, Transaction
from floodwatch.store.influx.lines import lines
from floodwatch.store.influx.server import LinesRefused, Server
from floodwatch.store.stretch import rows as journal_rows

log = logging.getLogger(__name__)

MOST_CHANGES = 20  # spans looked at in one round
_ROWS = text(
    "SELECT series_id, time, value, quality, rev FROM reading"
    " WHERE rev > :position ORDER BY rev LIMIT :most"
)
_OF_ONE = text("SELECT series_id, time, value, quality, rev FROM reading WHERE rev = :rev")
_NEXT_BLOCK = (
    select(tables.block.c.data)
    .where(
        tables.block.c.series_id == bindparam("number"),
        tables.block.c.end >= bindparam("at"),
        tables.block.c.start <= bindparam("last"),
    )
    .order_by(tables.block.c.start)
    .limit(1)
)
_KEYS = (
    tables.series.c.station,
    tables.series.c.gauge,
    tables.series.c.variable,
    tables.series.c.period,
)


class Place(NamedTuple):
    """How far the mirror is, as it is kept in the database."""

    position: int  # every row of the journal with this revision or an older one has been sent
    at: int  # wall ms of the last success
    sent: int  # readings, since it began
    refused: int
    error: str = ""
    error_at: int = 0


class Refused(NamedTuple):
    """A reading the server will not take, and why."""

    series_id: int
    time: int
    value: float
    reason: str


def place(connection: Connection) -> Place | None:
    """Where the mirror is; None when there never was one."""
    kept = setting(connection, MIRROR)
    return Place(**kept) if isinstance(kept, dict) else None


def begin(tx: Transaction, *, now: int) -> Place:
    """A mirror that begins: everything there is is to be sent."""
    changes.forget(tx)  # noted when nobody listened
    started = Place(position=0, at=now, sent=0, refused=0)
    set_setting(tx, MIRROR, started._asdict())
    _note_blocks(tx, -(2**62))
    return started


def resend(tx: Transaction, start: int) -> int:
    """Have every reading from `start` (ms) on sent again; the number of series."""
    series = tx.connection.execute(
        select(tables.series.c.id, func.max(tables.reading.c.time))
        .outerjoin_from(
            tables.series, tables.reading, tables.reading.c.series_id == tables.series.c.id
        )
        .group_by(tables.series.c.id)
    ).all()
    for number, last in series:
        if last is not None and last >= start:
            changes.note(tx, number, start, last)
    _note_blocks(tx, start)
    return len(series)


def _note_blocks(tx: Transaction, start: int) -> None:
    block = tables.block.c
    spans = tx.connection.execute(
        select(block.series_id, func.min(block.start), func.max(block.end))
        .where(block.end >= start)
        .group_by(block.series_id)
    ).all()
    for number, first, last in spans:
        changes.note(tx, number, max(first, start), last)


class Mirror:
    """Sends what is new. `round` is called again and again; it raises what the server raises.

    Sent again after a fault, a reading overwrites itself: same tags, same time. The position is
    written after the server has confirmed.
    """

    def __init__(
        self,
        database: Database,
        server: Server,
        *,
        clock: Clock,
        batch: int,
        epoch: int | None = None,
    ) -> None:
        self._database, self._server, self._clock = database, server, clock
        self._batch, self._epoch = batch, epoch
        self._keys: dict[int, SeriesKey] = {}

    def round(self) -> bool:
        """Send one portion; whether there was one."""
        with self._database.read() as connection:
            found = place(connection)
            fresh = self._fresh(connection, found.position) if found else []
            spans = changes.waiting(connection, most=MOST_CHANGES) if found else []
        if found is None:
            with self._database.write(epoch=self._epoch) as tx:
                begin(tx, now=self._clock.wall())
            return True
        if not fresh and not spans:
            return False
        refused: list[Refused] = []
        sent = self._send_rows(fresh, refused)
        for span in spans:
            sent += self._send_span(span, refused)
        position = max((row[4] for row in fresh), default=found.position)
        with self._database.write(epoch=self._epoch) as tx:
            changes.done(tx, (span.id for span in spans))
            self._write(tx, found, position=position, sent=sent, refused=refused)
        return True

    def note(self, error: str) -> None:
        """Remember why it does not go on."""
        with self._database.write(epoch=self._epoch) as tx:
            found = place(tx.connection)
            if found is not None:
                noted = found._replace(error=error, error_at=self._clock.wall())
                set_setting(tx, MIRROR, noted._asdict())

    def _write(
        self,
        tx: Transaction,
        found: Place,
        *,
        position: int,
        sent: int,
        refused: Sequence[Refused],
    ) -> None:
        now = self._clock.wall()
        if refused:
            tx.dialect.upsert(
                tx.connection,
                tables.mirror_refused,
                [(*one, now) for one in refused],
                columns=("series_id", "time", "value", "reason", "at"),
                key=("series_id", "time"),
                update=("value", "reason", "at"),
            )
        written = Place(position, now, found.sent + sent, found.refused + len(refused))
        set_setting(tx, MIRROR, written._asdict())

    def _fresh(self, connection: Connection, position: int) -> list[Any]:
        """Rows of the journal in commit order; all of the last revision among them."""
        asked = {"position": position, "most": self._batch}
        found = connection.execute(_ROWS, asked).all()
        if len(found) < self._batch:
            return list(found)
        whole = [row for row in found if row[4] != found[-1][4]]
        return whole or list(connection.execute(_OF_ONE, {"rev": found[-1][4]}).all())

    def _send_rows(self, rows: Sequence[Any], refused: list[Refused]) -> int:
        ordered = sorted(rows, key=lambda row: (row[0], row[1]))
        made: list[tuple[int, int, float, str]] = []
        for number, group in groupby(ordered, key=lambda row: row[0]):
            _, times, values, qualities, _ = zip(*group, strict=True)
            series = Series(
                np.array(times, np.int64),
                np.array(values, np.float64),
                np.array(qualities, np.int16),
            )
            made += self._lines(number, series)
        return self._send(made, refused)

    def _send_span(self, span: Change, refused: list[Refused]) -> int:
        """The readings of a span as they are now; what is no longer there is deleted before."""
        if span.gone:
            self._server.delete(self._key(span.series_id), span.start, span.end)
        sent = 0
        for piece in self._pieces(span):
            sent += self._send(list(self._lines(span.series_id, piece)), refused)
        return sent

    def _pieces(self, span: Change) -> Iterator[Series]:
        """A span in pieces of a batch, each read in a snapshot of its own."""
        at = span.start
        while True:
            with self._database.read() as connection:
                asked = {"number": span.series_id, "at": at, "last": span.end}
                data = connection.execute(_NEXT_BLOCK, asked).scalar_one_or_none()
                if data is None:
                    piece = journal_rows(connection, span.series_id, at, span.end, most=self._batch)
                else:
                    piece = block_codec.decode(data).between(at - 1, span.end)
            if not piece.size and data is None:
                return
            yield piece
            at = int(piece.times[-1]) + 1

    def _lines(self, number: int, series: Series) -> Iterator[tuple[int, int, float, str]]:
        columns = (series.times.tolist(), series.values.tolist())
        text_lines = lines(self._key(number), series)
        for time, value, line in zip(*columns, text_lines, strict=True):
            yield number, time, value, line

    def _send(self, made: Sequence[tuple[int, int, float, str]], refused: list[Refused]) -> int:
        """How many the server took; the others are added to `refused`."""
        before = len(refused)
        for start in range(0, len(made), self._batch):
            self._bisect(made[start : start + self._batch], refused)
        return len(made) - (len(refused) - before)

    def _bisect(self, made: Sequence[tuple[int, int, float, str]], refused: list[Refused]) -> None:
        """Send all; what is refused as a whole is sent in halves, until the culprits are alone."""
        try:
            self._server.write([one[3] for one in made])
        except LinesRefused as error:
            if len(made) == 1:
                number, time, value, _ = made[0]
                log.error("the mirror's server refuses a reading: %s", error)
                refused.append(Refused(number, time, value, str(error)))
                return
            middle = len(made) // 2
            self._bisect(made[:middle], refused)
            self._bisect(made[middle:], refused)

    def _key(self, number: int) -> SeriesKey:
        if number not in self._keys:
            with self._database.read() as connection:
                found = connection.execute(select(*_KEYS).where(tables.series.c.id == number)).one()
            self._keys[number] = SeriesKey(*found)
        return self._keys[number]


def refused(connection: Connection, *, most: int) -> list[dict[str, Any]]:
    """The newest readings the server would not take."""
    table = tables.mirror_refused.c
    query = (
        select(*_KEYS, table.time, table.value, table.reason, table.at)
        .join_from(tables.mirror_refused, tables.series, table.series_id == tables.series.c.id)
        .order_by(table.id.desc())
        .limit(most)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def behind(connection: Connection, found: Place) -> tuple[int, int, int | None]:
    """(rows of the journal, spans) that wait, and when the oldest such row was received (ms)."""
    asked = {"position": found.position}
    count, oldest = connection.execute(
        text("SELECT COUNT(*), MIN(received) FROM reading WHERE rev > :position"), asked
    ).one()
    spans = connection.execute(select(func.count()).select_from(tables.archive_change)).scalar_one()
    return int(count), int(spans), oldest


def keys(connection: Connection, stations: Iterable[str] = ()) -> list[tuple[int, SeriesKey]]:
    """The series there are, of some stations or of all."""
    query = select(tables.series.c.id, *_KEYS).order_by(*_KEYS)
    wanted = list(stations)
    if wanted:
        query = query.where(tables.series.c.station.in_(wanted))
    return [(row[0], SeriesKey(*row[1:])) for row in connection.execute(query)]
