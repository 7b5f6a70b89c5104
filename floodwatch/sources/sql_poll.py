"""[[sources.sql]]: asks a telemetry database (SL 323) for what is new, late or corrected.

Two questions a table: rows by TM from the newest known one less the overlap, and rows by MODITIME
from the newest known change less the overlap. What was handed in and has not changed is not handed
in again. The cursor moves when its rows are committed: killed at any moment, nothing is lost, and
what comes twice is a duplicate.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from floodwatch.model.clock import HOUR, SECOND
from floodwatch.model.errors import Refused
from floodwatch.model.source import Refusal
from floodwatch.outside.secret import known, secret
from floodwatch.sources.rain_interval import RainIntervals
from floodwatch.sources.sql_database import Row, Shape, SqlDatabase
from floodwatch.sources.sql_rows import Taken, code_of, instant, interval_of, taken
from floodwatch.sources.sql_settings import SqlTable
from floodwatch.sources.target import variable_name
from floodwatch.sources.way import Way

PAGE, LARGEST = 5_000, 320_000  # rows a question; more only when so many have one time
CODES = 500  # stations a question
AHEAD = 26 * HOUR  # a change further ahead is a mistake, not another zone


@dataclass
class _Place:
    """Where one table goes on: newest TM (ms), newest MODITIME as the database writes it."""

    tm: int | None = None
    modified: datetime | None = None
    seen: dict[tuple[str, int], int] = field(default_factory=dict)  # row -> what it said
    fresh: dict[tuple[str, int], int] = field(default_factory=dict)  # of the poll under way
    shape: Shape | None = None
    next: "_Place" = field(init=False)  # where it stands when the poll has come to its end

    def changed(self, rows: Iterable[Row], latest: datetime) -> None:
        """The newest change of these rows counts, if it is not after `latest` (local)."""
        found = [row.modified for row in rows if isinstance(row.modified, datetime)]
        sound = [at for at in found if at.replace(tzinfo=None) <= latest]
        if sound:
            self.modified = max([*sound, *([self.modified] if self.modified else [])])


class SqlPoll:
    """One database."""

    def __init__(
        self, settings: SqlTable, way: Way, *, environment: Mapping[str, str] = os.environ
    ) -> None:
        self.every = settings.every
        self._settings, self._way = settings, way
        self._zone = ZoneInfo(settings.tz) if settings.tz else way.district().tz
        self._database = _database(settings, self._zone, environment)
        given = way.cursor if isinstance(way.cursor, dict) else {}
        self._places = {a.key: _place(given.get(a.key)) for a in settings.asked}
        stated = "" if settings.intv == "auto" else settings.intv
        self._intervals = RainIntervals(given.get("intv"), stated=stated)

    def poll(self) -> bool:
        """Ask every table once. A table that fails stops no other; the first failure is raised."""
        end = self._way.clock.monotonic() + 0.8 * self.every / SECOND
        failed: list[Exception] = []
        for asked in self._settings.asked:
            place = self._places[asked.key]
            try:
                if place.shape is None:
                    place.shape = self._database.shape(asked)
                self._table(place, place.shape, end)
            except Refused as error:
                place.shape = None  # it may have been changed: it is looked at anew
                failed.append(Refused(f"{asked.key}: {error}"))
        if failed:
            raise failed[0]
        return True

    def _table(self, place: _Place, shape: Shape, end: float) -> None:
        """Both questions, until all is there or the time is up; then the next poll goes on."""
        groups = list(self._groups())
        start = _Place(place.tm, place.modified)
        place.next = _Place(place.tm, place.modified)
        alone = len(groups) == 1
        whole = all(
            self._by_time(place, shape, start.tm, end=end, codes=c, alone=alone) for c in groups
        )
        if shape.modified and start.modified is not None:
            whole &= all(
                self._by_change(place, shape, start.modified, end=end, codes=c) for c in groups
            )
        if whole:
            place.tm, place.modified = place.next.tm, place.next.modified
            place.seen, place.fresh = place.fresh, {}
        self._remember()

    def _groups(self) -> Iterator[tuple[str, ...]]:
        codes = sorted(self._way.district().codes) if self._settings.only_known else []
        for start in range(0, max(1, len(codes)), CODES):
            yield tuple(codes[start : start + CODES])

    def _by_time(
        self,
        place: _Place,
        shape: Shape,
        newest: int | None,
        *,
        end: float,
        codes: tuple[str, ...],
        alone: bool,
    ) -> bool:
        """Page by page; True: all is there. Of one group of stations, each page is a step on."""
        now, settings = self._way.now(), self._settings
        first = now - settings.since if newest is None else newest - settings.overlap
        since, limit = _wall(first, self._zone), PAGE
        while not self._over(end):
            rows = self._database.rows(shape, by=shape.time, since=since, limit=limit, codes=codes)
            timed = self._take(place, shape, rows)
            times = [min(at, now) for _, at in timed]
            place.next.tm = max([place.next.tm or now - settings.since, *times])
            if newest is None:  # changes are asked for from here on
                place.next.changed([row for row, _ in timed], self._latest())
            if len(rows) < limit:
                return True
            last = _wall(instant(rows[-1].time, self._zone), self._zone)
            since, limit = last, _limit(limit, same=last == since)
            if alone:
                place.tm = place.next.tm
                self._remember()
        return False

    def _by_change(
        self, place: _Place, shape: Shape, changed: datetime, *, end: float, codes: tuple[str, ...]
    ) -> bool:
        since, limit = changed - timedelta(milliseconds=self._settings.overlap), PAGE
        oldest = _wall(self._way.now() - self._settings.corrections, self._zone)
        while not self._over(end):
            rows = self._database.rows(
                shape, by=shape.modified, since=since, limit=limit, oldest=oldest, codes=codes
            )
            self._take(place, shape, rows)
            place.next.changed(rows, self._latest())
            if len(rows) < limit:
                return True
            last = rows[-1].modified
            since, limit = last, _limit(limit, same=last == since)
        return False

    def _take(self, place: _Place, shape: Shape, rows: list[Row]) -> list[tuple[Row, int]]:
        """Hand in what is new or has changed; all rows that have a time."""
        timed = list(self._timed(rows))
        self._intervals.learn(
            (code_of(row.station), at, interval)
            for row, at in timed
            if (interval := interval_of(row))
        )
        new, said = [], {}
        for row, at in timed:
            key = (code_of(row.station), at)
            said[key] = hash((row.values, row.interval))
            if place.fresh.get(key, place.seen.get(key)) != said[key]:
                new.append((row, at))
        found = taken(new, shape, self._way.district(), intervals=self._intervals)
        if found.readings:
            self._way.submit(found.readings)
        for row, at in found.undecided:  # asked for again, while they are within the overlap
            said.pop((code_of(row.station), at), None)
        place.fresh |= said  # only what is committed
        self._note(found)
        return timed

    def _timed(self, rows: Iterable[Row]) -> Iterator[tuple[Row, int]]:
        for row in rows:
            try:
                yield row, instant(row.time, self._zone)
            except Refused as error:
                self._way.refused(code_of(row.station), str(error), count=1)

    def _note(self, found: Taken) -> None:
        self._way.missing(found.missing)
        told: dict[Refusal, int] = {}
        for refusal, count in found.refused:
            told[refusal] = told.get(refusal, 0) + count
        for refusal, count in told.items():
            self._way.refused(*refusal, count=count)
        if found.undecided:
            some = sorted({f"{row.interval}" for row, _ in found.undecided})[:5]
            why = 'may be HH.NN or hours: write intv = "HH.NN" or "hours"'
            self._way.refused(f"INTV {', '.join(some)}", why)

    def _latest(self) -> datetime:
        """A change after this is a mistake: even in another zone it would not have been yet."""
        return _wall(self._way.now() + AHEAD, self._zone)

    def _remember(self) -> None:
        """Where all goes on, written down at once: what is before it is committed."""
        cursor: dict[str, Any] = {
            key: {"tm": p.tm, "modified": p.modified.isoformat() if p.modified else None}
            for key, p in self._places.items()
            if p.tm is not None
        }
        cursor["intv"] = self._intervals.known()
        if cursor != self._way.cursor:
            self._way.goes_on(cursor)
        self._way.write_down(self._way)

    def _over(self, end: float) -> bool:
        return self._way.stopping.is_set() or self._way.clock.monotonic() >= end


def _database(settings: SqlTable, zone: ZoneInfo, environment: Mapping[str, str]) -> SqlDatabase:
    """Raises Refused when its library is not installed or its secret cannot be read."""
    if wanted := settings.missing():
        raise Refused(f"the library of this database is not installed: {wanted}")
    name = variable_name(settings.name, "sql", "password")
    password = secret(environment, name) if known(environment, name) else None
    return SqlDatabase(
        settings.address(password),
        schema=settings.db_schema,
        seconds=min(settings.timeout, 0.6 * settings.every) / SECOND,  # a poll ends before the next
        zone=zone.key,
    )


def _limit(limit: int, *, same: bool) -> int:
    """Rows of the next page; a page that ended at the time it began with was too small."""
    if same and limit >= LARGEST:
        raise Refused(f"{limit} rows or more have one and the same time; set only_known = true")
    return min(limit * 4, LARGEST) if same else PAGE


def _place(given: Any) -> _Place:
    if not isinstance(given, dict):
        return _Place()
    text = given.get("modified")
    return _Place(given.get("tm"), datetime.fromisoformat(text) if text else None)


def _wall(moment: int, zone: ZoneInfo) -> datetime:
    """The local time, without a zone, as a database column has it."""
    return datetime.fromtimestamp(moment / 1000, UTC).astimezone(zone).replace(tzinfo=None)
