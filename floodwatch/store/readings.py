"""The one face through which readings are read, wherever they are kept."""

from collections.abc import Callable, Iterable, Iterator

from sqlalchemy import Connection, select

from floodwatch.hydrology.downsampling import broken, thin
from floodwatch.hydrology.hydrological_day import Day
from floodwatch.hydrology.series import Series, empty
from floodwatch.model.clock import DAY
from floodwatch.model.reading import Latest, Reading, SeriesKey
from floodwatch.store import daily, tables
from floodwatch.store.blocks import joined
from floodwatch.store.changes import dropped
from floodwatch.store.database import Database
from floodwatch.store.stretch import Span, span, stretch

_KEY = (
    tables.series.c.station,
    tables.series.c.gauge,
    tables.series.c.variable,
    tables.series.c.period,
)
_LATEST = select(
    *_KEY,
    tables.latest.c.time,
    tables.latest.c.value,
    tables.latest.c.quality,
    tables.latest.c.received,
    tables.latest.c.heard,
    tables.latest.c.since,
    tables.latest.c.late,
).join_from(tables.latest, tables.series, tables.latest.c.series_id == tables.series.c.id)
_ID = select(tables.series.c.id)

Elsewhere = Callable[[SeriesKey, int, int], Series]  # readings of start <= time <= end, ms
_CHUNK = 50_000  # readings of an export that are held at once, about
_LONGEST = 4_000 * DAY


class Readings:
    """Reads readings, each call in one snapshot. Times are ms UTC, values canonical units."""

    def __init__(self, database: Database, *, elsewhere: Elsewhere | None = None) -> None:
        self._database = database
        self._elsewhere = elsewhere
        self._ids: dict[SeriesKey, int] = {}  # series are never renumbered

    def keys(self, station: str | None = None) -> list[SeriesKey]:
        """The series there are, of one station or of all, sorted."""
        statement = select(*_KEY).order_by(*_KEY)
        if station is not None:
            statement = statement.where(tables.series.c.station == station)
        with self._database.read() as connection:
            return [SeriesKey(*row) for row in connection.execute(statement)]

    def latest(self, keys: Iterable[SeriesKey] | None = None) -> dict[SeriesKey, Latest]:
        """The newest reading of each series that is not failed or quarantined."""
        wanted = None if keys is None else set(keys)
        statement = _LATEST
        if wanted is not None and len({key.station for key in wanted}) == 1:
            statement = statement.where(tables.series.c.station == next(iter(wanted)).station)
        found = {}
        with self._database.read() as connection:
            for *names, time, value, quality, received, heard, since, late in connection.execute(
                statement
            ):
                key = SeriesKey(*names)
                if wanted is None or key in wanted:
                    reading = Reading(key, time, value, quality, received)
                    found[key] = Latest(reading, heard, since, bool(late))
        return found

    def window(self, key: SeriesKey, start: int, end: int) -> Series:
        """The readings with start < time <= end: what ended in that period."""
        return self.series(key, start + 1, end)

    def series(
        self,
        key: SeriesKey,
        start: int,
        end: int,
        *,
        max_points: int | None = None,
        step: int | None = None,
        breaks: bool = False,
    ) -> Series:
        """The readings with start <= time <= end; of more than `max_points` those that draw it.

        No crest, trough or gap is lost: M4 for each stretch between gaps, readings not believed
        apart from the others. `step` (ms) is the usual step where it is known, such as the gauge's
        timed reporting; a gap is more than three of them. With `breaks` a NaN (flag 9) stands in
        each gap, so that a line breaks there.
        """
        with self._database.read() as connection:
            number = self._id(connection, key)
            if number is None:
                return empty()
            whole = stretch(connection, number, start, end)
            gone = dropped(connection) if self._elsewhere else None
        if self._elsewhere is not None and gone is not None and start < gone.before:
            older = self._elsewhere(key, max(start, gone.first), min(end, gone.before - 1))
            whole = joined([older, whole.between(gone.before - 1, end)])
        fewer = whole if max_points is None else thin(whole, max_points, step=step)
        return broken(fewer, whole.times, step=step) if breaks else fewer

    def span(self, key: SeriesKey) -> Span | None:
        """Time of the first and last reading of a series; None when there is none."""
        with self._database.read() as connection:
            number = self._id(connection, key)
            found = None if number is None else span(connection, number)
            gone = dropped(connection) if self._elsewhere else None
        return found._replace(first=min(found.first, gone.first)) if found and gone else found

    def daily(self, key: SeriesKey, first: int, last: int) -> list[Day]:
        """The hydrological days from `first` to `last` (yyyymmdd) that have readings."""
        with self._database.read() as connection:
            number = self._id(connection, key)
            return [] if number is None else daily.read(connection, number, first, last)

    def export(
        self, keys: Iterable[SeriesKey], start: int, end: int
    ) -> Iterator[tuple[SeriesKey, Series]]:
        """Every reading with start <= time <= end, series by series, in pieces of bounded size.

        Each piece is a snapshot of its own, so that a long export holds up nobody.
        """
        for key in keys:
            for piece in self._pieces(key, start, end):
                yield key, piece

    def _pieces(self, key: SeriesKey, start: int, end: int) -> Iterator[Series]:
        there = self.span(key)
        if there is None:
            return
        at, end, length = max(start, there.first), min(end, there.last), 30 * DAY
        while at <= end:
            piece = self.series(key, at, min(at + length - 1, end))
            if piece.size:
                yield piece
            at += length
            if piece.size < _CHUNK // 4:
                length = min(2 * length, _LONGEST)
            elif piece.size > _CHUNK:
                length = max(length // 2, 1)

    def _id(self, connection: Connection, key: SeriesKey) -> int | None:
        if key not in self._ids:
            statement = _ID.where(*(column == part for column, part in zip(_KEY, key, strict=True)))
            number = connection.execute(statement).scalar_one_or_none()
            if number is None:
                return None
            self._ids[key] = number
        return self._ids[key]
