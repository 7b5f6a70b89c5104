"""The daily table: one row a series and hydrological day, kept for ever.

Computed again for the days that were marked dirty, inside the transaction that takes the mark away:
a reading that comes meanwhile waits its turn and marks its day again.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, select

from floodwatch.hydrology.hydrological_day import Bounds, Day, days, summary
from floodwatch.model.clock import DAY
from floodwatch.model.reading import SeriesKey
from floodwatch.store.changes import dropped
from floodwatch.store.database import Database, Transaction
from floodwatch.store.journal import mark_dirty
from floodwatch.store.stretch import stretch
from floodwatch.store.tables import daily, dirty, latest, series

COST = 60.0  # of one transaction, in days of journal rows
_IN_BLOCKS = 0.1  # what a day in blocks costs beside one in rows
_MOST_NOTES = 200  # looked at in one transaction

_NOTES = (
    select(
        dirty.c.id,
        dirty.c.series_id,
        dirty.c.start,
        dirty.c.end,
        series.c.station,
        series.c.gauge,
        series.c.variable,
        series.c.period,
        series.c.sealed_until,
    )
    .join_from(dirty, series, dirty.c.series_id == series.c.id)
    .where(dirty.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(dirty.c.id)
)
_HEARD = select(latest.c.series_id).where(latest.c.time > bindparam("start"))
_ALL = select(dirty.c.id).order_by(dirty.c.id)
_DONE = dirty.delete().where(dirty.c.id == bindparam("number"))
_SHORTEN = (
    dirty.update().where(dirty.c.id == bindparam("number")).values(start=bindparam("reached"))
)
_CLEAR = daily.delete().where(
    daily.c.series_id == bindparam("number"),
    daily.c.day >= bindparam("from_day"),
    daily.c.day <= bindparam("to_day"),
)
_DAYS = (
    select(*(daily.c[name] for name in Day._fields))
    .where(
        daily.c.series_id == bindparam("number"),
        daily.c.day >= bindparam("from_day"),
        daily.c.day <= bindparam("to_day"),
    )
    .order_by(daily.c.day)
)


class _Note(NamedTuple):
    id: int
    series_id: int
    start: int
    end: int
    station: str
    gauge: str
    variable: str
    period: int
    sealed_until: int

    @property
    def key(self) -> SeriesKey:
        return SeriesKey(self.station, self.gauge, self.variable, self.period)


def read(connection: Connection, series_id: int, first: int, last: int) -> list[Day]:
    """The days from `first` to `last` (yyyymmdd, both included) that have readings."""
    values = {"number": series_id, "from_day": first, "to_day": last}
    return [Day(*row) for row in connection.execute(_DAYS, values)]


def put(tx: Transaction, series_id: int, rows: Sequence[Day]) -> None:
    """Write days that are over and have been summed up."""
    if rows:
        tx.dialect.upsert(tx.connection, daily, [(series_id, *row) for row in rows])


def note_live(tx: Transaction, start: int, end: int) -> None:
    """Have the days of this span (ms) summed up: readings that come in time mark none themselves.

    Of every series that was heard in it or later.
    """
    heard = tx.connection.execute(_HEARD, {"start": start}).scalars()
    mark_dirty(tx, dict.fromkeys(heard, (start + 1, end)))


def recompute(
    database: Database,
    *,
    zone_of: Callable[[str], ZoneInfo],
    timed: Mapping[SeriesKey, int],
    default: int,
    epoch: int | None = None,
) -> int:
    """Sum up every dirty day again, in short yielding transactions; returns how many days.

    `zone_of` gives a station's zone, `timed` a gauge's reporting interval (ms) where it is
    configured, `default` where it is not. Notes made while it runs wait for the next time.
    """
    with database.read() as connection:
        waiting = list(connection.execute(_ALL).scalars())
        gone = dropped(connection)
    count = 0
    while waiting:
        batch = waiting[:_MOST_NOTES]
        with database.write(epoch=epoch, yielding=True) as tx:
            notes = [_Note(*row) for row in tx.connection.execute(_NOTES, {"ids": batch})]
            pass_ = _Pass(tx, zone_of, timed, default)
            if gone is not None:  # what is no longer here cannot be summed up here
                notes = [pass_.spared(note, gone.before) for note in notes]
            unfinished = [note.id for note in notes if not pass_.sum_up(note)]
            pass_.write()
        count += pass_.count
        waiting = unfinished + waiting[_MOST_NOTES:]
    return count


class _Pass:
    """One transaction's share of the work."""

    def __init__(
        self,
        tx: Transaction,
        zone_of: Callable[[str], ZoneInfo],
        timed: Mapping[SeriesKey, int],
        default: int,
    ) -> None:
        self._tx, self._zone_of, self._timed, self._default = tx, zone_of, timed, default
        self._budget = COST
        self._rows: dict[tuple[int, int], Day] = {}
        self.count = 0

    def spared(self, note: _Note, border: int) -> _Note:
        """The note without the days that begin before `border` (ms)."""
        zone = self._zone_of(note.station)
        first = next(
            day.start for day in days(border, border + 2 * DAY, zone) if day.start >= border
        )
        return note._replace(start=max(note.start, first + 1))

    def sum_up(self, note: _Note) -> bool:
        """Sum up the days of a note as far as the budget goes; whether all of it was done."""
        spans, rest = self._affordable(note)
        if spans:
            self._days(note, spans)
        if rest is None:
            self._tx.connection.execute(_DONE, {"number": note.id})
        elif spans:
            values = {"number": note.id, "reached": rest}
            self._tx.connection.execute(_SHORTEN, values)
        self.count += len(spans)
        return rest is None

    def write(self) -> None:
        """Write the rows of all days summed up."""
        rows = [(number, *day) for (number, _), day in self._rows.items()]
        self._tx.dialect.upsert(self._tx.connection, daily, rows)

    def _affordable(self, note: _Note) -> tuple[list[Bounds], int | None]:
        """The first days of a note, and the moment from which it is left for later."""
        chosen: list[Bounds] = []
        for span in days(note.start, note.end, self._zone_of(note.station)):
            if self._budget <= 0:
                return chosen, span.start + 1
            self._budget -= 1.0 if span.end >= note.sealed_until else _IN_BLOCKS
            chosen.append(span)
        return chosen, None

    def _days(self, note: _Note, spans: Sequence[Bounds]) -> None:
        connection, number = self._tx.connection, note.series_id
        whole = stretch(connection, number, spans[0].start + 1, spans[-1].end)
        first, last = spans[0].day, spans[-1].day
        connection.execute(_CLEAR, {"number": number, "from_day": first, "to_day": last})
        timed = self._timed.get(note.key, self._default)
        for span in spans:
            day = summary(span, whole, timed=timed)
            if day is None:
                self._rows.pop((number, span.day), None)
            else:
                self._rows[number, span.day] = day
