"""Numbers of series: one each, whoever asks first."""

import threading

import pytest
from sqlalchemy import event

from floodwatch.model.clock import DAY
from floodwatch.model.reading import SeriesKey
from floodwatch.store import journal
from floodwatch.store.database import Database
from floodwatch.store.series_map import SeriesMap

NOW = 1_780_000_000_000
STAGE = SeriesKey("61990001", "1", "stage")
RAIN = SeriesKey("61990001", "1", "rainfall", 300_000)


def test_another_period_or_gauge_is_another_series(database: Database) -> None:
    others = [STAGE, STAGE._replace(gauge="2"), RAIN, RAIN._replace(period=3_600_000)]
    with database.write() as tx:
        assert len(set(SeriesMap().ids(tx, others, now=NOW).values())) == 4


def test_a_number_made_by_another_process_is_found(database: Database) -> None:
    mine, theirs = SeriesMap(), SeriesMap()
    with database.write() as tx:
        made = theirs.ids(tx, [STAGE], now=NOW)
    with database.write() as tx:
        assert mine.ids(tx, [STAGE, RAIN], now=NOW + DAY)[STAGE] == made[STAGE]
        sealed = journal.sealed_until(tx.connection, made.values())
    assert sealed == {made[STAGE]: NOW - 8 * DAY}


def test_a_transaction_may_only_look(database: Database) -> None:
    with database.write() as tx:
        assert SeriesMap().ids(tx, [STAGE], now=NOW, create=False) == {}


def test_a_known_series_costs_no_statement(database: Database) -> None:
    series_map, said = SeriesMap(), []
    with database.write() as tx:
        made = series_map.ids(tx, [STAGE, STAGE], now=NOW)
    with database.read() as connection:
        event.listen(connection, "before_cursor_execute", lambda *a: said.append(a[2]))
        assert series_map.ids(connection, [STAGE], now=NOW) == made
        assert series_map.keys(connection, made.values()) == {made[STAGE]: STAGE}
    assert said == []


def test_a_number_nobody_has_asked_for_has_no_key() -> None:
    with pytest.raises(KeyError):
        SeriesMap().key_of(1)


def test_many_new_series_are_made_at_once_and_threads_agree_on_them(database: Database) -> None:
    keys = [SeriesKey(f"6199{n:04d}", "1", "stage") for n in range(3_000)]
    shared, alone, found = SeriesMap(), SeriesMap(), []

    def make(series_map: SeriesMap) -> None:
        with database.write() as tx:
            found.append(series_map.ids(tx, keys, now=NOW))

    threads = [threading.Thread(target=make, args=(each,)) for each in (shared, shared, alone)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[0] == found[1] == found[2]
    assert len(set(found[0].values())) == 3_000
