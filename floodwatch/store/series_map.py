"""Which number a series has in the tables. Kept per process: series are never renumbered."""

from collections.abc import Iterable
from functools import cache

from sqlalchemy import Connection, TextClause, text

from floodwatch.model.clock import DAY
from floodwatch.model.reading import SeriesKey
from floodwatch.store.database import Transaction
from floodwatch.store.dialect import Dialect, dialect_of
from floodwatch.store.tables import series

JOURNAL_SPAN = 8 * DAY  # at least this much of a series is journal rows, the rest may be blocks

_KINDS = {"station": "text", "gauge": "text", "variable": "text", "period": "integer"}
_COLUMNS = ("station", "gauge", "variable", "period")


class SeriesMap:
    """Series keys to ids and back, remembered once they are committed."""

    def __init__(self) -> None:
        self._ids: dict[SeriesKey, int] = {}
        self._keys: dict[int, SeriesKey] = {}

    def ids(
        self,
        source: Transaction | Connection,
        keys: Iterable[SeriesKey],
        *,
        now: int,
        create: bool = True,
    ) -> dict[SeriesKey, int]:
        """The ids of these series; a transaction creates those that are new.

        A new series is sealed until 8 days before `now` (ms UTC). On a mere connection unknown
        series are left out, as in a transaction with `create` False.
        """
        wanted = dict.fromkeys(keys)
        known = {key: self._ids[key] for key in wanted if key in self._ids}
        missing = [key for key in wanted if key not in known]
        if not missing:
            return known
        if isinstance(source, Transaction):
            if create:
                _create(source, missing, sealed_until=now - JOURNAL_SPAN)
            found = _find(source.connection, missing)
            # Not before the commit: an id that is rolled back is given to another series.
            source.after_commit(lambda: self._remember(found))
        else:
            found = _find(source, missing)
            self._remember(found)
        return known | found

    def key_of(self, series_id: int) -> SeriesKey:
        """The key of a series this process has met; KeyError otherwise."""
        return self._keys[series_id]

    def keys(self, connection: Connection, ids: Iterable[int]) -> dict[int, SeriesKey]:
        """The keys of these ids; on a read connection, or of committed series."""
        wanted = set(ids)
        missing = wanted - self._keys.keys()
        if missing:
            dialect = dialect_of(connection.dialect.name)
            rows = connection.execute(
                text(
                    "SELECT id, station, gauge, variable, period FROM series"
                    f" WHERE id IN {dialect.integers('ids')}"
                ),
                {"ids": dialect.array(missing)},
            )
            self._remember({SeriesKey(*row[1:]): row[0] for row in rows})
        return {number: self._keys[number] for number in wanted if number in self._keys}

    def all(self, connection: Connection) -> dict[SeriesKey, int]:
        """Every series there is; on a read connection."""
        rows = connection.execute(
            text("SELECT id, station, gauge, variable, period FROM series ORDER BY id")
        )
        found = {SeriesKey(*row[1:]): row[0] for row in rows}
        self._remember(found)
        return found

    def _remember(self, found: dict[SeriesKey, int]) -> None:
        self._ids.update(found)
        self._keys.update((number, key) for key, number in found.items())


def _find(connection: Connection, keys: list[SeriesKey]) -> dict[SeriesKey, int]:
    dialect = dialect_of(connection.dialect.name)
    rows = dialect.ask(connection, _found(dialect), {"keys": dialect.records(keys)})
    return {SeriesKey(*row[1:]): row[0] for row in rows}


@cache
def _found(dialect: Dialect) -> TextClause:
    return text(
        "SELECT s.id, s.station, s.gauge, s.variable, s.period"
        f" FROM {dialect.rows('keys', _KINDS)} AS k JOIN series AS s ON s.station = k.station"
        " AND s.gauge = k.gauge AND s.variable = k.variable AND s.period = k.period"
    )


def _create(tx: Transaction, keys: list[SeriesKey], *, sealed_until: int) -> None:
    tx.dialect.upsert(
        tx.connection,
        series,
        [(*key, sealed_until) for key in keys],
        columns=(*_COLUMNS, "sealed_until"),
        key=_COLUMNS,
        update=(),
    )
