"""Tidying up as the job runs it."""

from floodwatch.model.clock import DAY, HOUR
from floodwatch.model.district import District
from floodwatch.model.station import Gauge, Reporting, Station, StationKind
from floodwatch.pipeline.compact import tidy
from floodwatch.store import journal
from floodwatch.store.database import Database
from floodwatch.store.journal import Row
from floodwatch.store.readings import Readings
from tests.store.series_of import add_series

NOW = 1_782_864_000_000  # 2026-07-01 08:00 in Shanghai
STATION = Station(
    "61990001",
    "示范水库",
    StationKind.RESERVOIR,
    (Gauge("61990001", "stage"),),
    reporting=Reporting(timed=6 * HOUR),
)


def test_old_rows_are_compacted_and_days_summed_up_in_one_run(sqlite_database: Database) -> None:
    district = District(stations={STATION.code: STATION})
    number = add_series(sqlite_database, sealed_until=NOW - 20 * DAY)
    times = range(NOW - 20 * DAY + HOUR, NOW + 1, HOUR)
    with sqlite_database.write() as tx:
        journal.put(tx, [Row(number, t, 1.0, 1, t) for t in times])
        journal.mark_dirty(tx, {number: (times[0], times[-1])})
    done = tidy(sqlite_database, district=district, now=NOW)
    assert done.compacted.readings == 12 * 24 - 1
    assert done.days == 20
    days = Readings(sqlite_database).daily(STATION.gauges[0].key, 20260601, 20260701)
    assert [day.n for day in days] == [24] * 20
    assert all(day.coverage == 1.0 for day in days)
    assert tidy(sqlite_database, district=district, now=NOW).days == 0


def test_a_day_of_live_readings_gets_its_row_once_it_is_over(sqlite_database: Database) -> None:
    district = District(stations={STATION.code: STATION})
    number = add_series(sqlite_database, sealed_until=NOW - 20 * DAY)
    times = range(NOW - 2 * DAY + 6 * HOUR, NOW + 1, 6 * HOUR)
    with sqlite_database.write() as tx:  # as they come in: none of them late, no day marked
        journal.put(tx, [Row(number, t, 1.0, 1, t) for t in times])
        journal.recompute_latest(tx, [number], now=NOW)
    assert tidy(sqlite_database, district=district, now=NOW + HOUR).days >= 2
    days = Readings(sqlite_database).daily(STATION.gauges[0].key, 20260601, 20260702)
    assert [(day.day, day.n) for day in days] == [(20260630, 4), (20260701, 4)]
    assert tidy(sqlite_database, district=district, now=NOW + 2 * HOUR).days == 0
