"""Daily rows follow what is stored."""

from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from floodwatch.hydrology.hydrological_day import Day
from floodwatch.model.clock import DAY, HOUR
from floodwatch.store import archive, daily, journal
from floodwatch.store.database import Database
from floodwatch.store.journal import Row
from floodwatch.store.tables import dirty
from tests.store.series_of import add_series, series_of

SHANGHAI = ZoneInfo("Asia/Shanghai")
EIGHT = 1_782_864_000_000  # 2026-07-01 08:00 in Shanghai


def recompute(database: Database) -> int:
    return daily.recompute(database, zone_of=lambda _: SHANGHAI, timed={}, default=HOUR)


def days(database: Database, number: int) -> list[Day]:
    with database.read() as connection:
        return daily.read(connection, number, 0, 99999999)


def store(database: Database, number: int, readings: dict[int, float]) -> None:
    with database.write() as tx:
        journal.put(tx, [Row(number, t, v, 1, t) for t, v in readings.items()])
        journal.mark_dirty(tx, {number: (min(readings), max(readings))})


def notes(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(dirty)).scalar_one()


def test_dirty_days_are_summed_up_once(database: Database) -> None:
    number = add_series(database, sealed_until=0)
    store(database, number, {EIGHT: 1.0, EIGHT + HOUR: 2.5, EIGHT + DAY: 0.5})
    assert recompute(database) == 2
    assert recompute(database) == 0
    first, second = days(database, number)
    assert (first.day, first.n, first.sum) == (20260701, 1, 1.0)
    assert (second.day, second.n, second.sum) == (20260702, 2, 3.0)
    assert (second.maximum, second.maximum_at) == (2.5, EIGHT + HOUR)
    assert second.coverage == 2 / 24


def test_a_correction_changes_its_day(database: Database) -> None:
    number = add_series(database, sealed_until=0)
    store(database, number, {EIGHT: 1.0})
    recompute(database)
    store(database, number, {EIGHT: 4.0})
    recompute(database)
    assert [day.sum for day in days(database, number)] == [4.0]


def test_a_day_whose_readings_are_taken_back_goes(database: Database) -> None:
    number = add_series(database, sealed_until=EIGHT + DAY)
    store(database, number, {EIGHT: 1.0})
    recompute(database)
    with database.write() as tx:
        archive.remove(tx, number, series_of([EIGHT], [0]).times)
        journal.mark_dirty(tx, {number: (EIGHT, EIGHT)})
    recompute(database)
    assert days(database, number) == []


def test_years_of_history_are_done_in_several_transactions(database: Database) -> None:
    number = add_series(database, sealed_until=EIGHT)
    times = range(EIGHT - 2_000 * DAY, EIGHT, 6 * HOUR)
    with database.write() as tx:
        archive.merge(tx, number, series_of(times, [1.0] * len(times)))
        journal.mark_dirty(tx, {number: (times[0], times[-1])})
    with database.read() as connection:
        before = connection.exec_driver_sql("SELECT rev FROM revision").scalar_one()
    assert recompute(database) == 2_001
    with database.read() as connection:
        after = connection.exec_driver_sql("SELECT rev FROM revision").scalar_one()
    assert 3 <= after - before <= 6
    found = days(database, number)
    assert len(found) == 2_001
    assert sum(day.n for day in found) == len(times)
    assert notes(database) == 0


def test_many_series_with_overlapping_notes_end_clean(sqlite_database: Database) -> None:
    database = sqlite_database
    for n in range(70):
        number = add_series(database, sealed_until=0, station=f"6199{n:04d}")
        store(database, number, {EIGHT - 3 * DAY: 1.0, EIGHT - 2 * DAY: 1.0})
        with database.write() as tx:
            tx.connection.execute(
                dirty.insert().values(series_id=number, start=EIGHT - 5 * DAY, end=EIGHT)
            )
    recompute(database)
    assert notes(database) == 0
    assert [day.n for day in days(database, number)] == [1, 1]
