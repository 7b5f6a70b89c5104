"""The one face for reading."""

import numpy as np
import pytest

from floodwatch.model.clock import DAY
from floodwatch.model.reading import SeriesKey
from floodwatch.store import archive, journal
from floodwatch.store.database import Database
from floodwatch.store.journal import LatestRow, Row
from floodwatch.store.readings import Readings
from tests.store.series_of import add_series, as_dictionary, series_of

STEP = 300_000
SEALED = 20_000 * STEP
KEY = SeriesKey("61990001", "1", "stage", 0)


@pytest.fixture
def number(database: Database) -> int:
    """20,000 readings in blocks, 100 in rows."""
    number = add_series(database, sealed_until=SEALED)
    times = np.arange(20_100) * STEP
    older = series_of(times[:20_000], times[:20_000] / 1e9)
    with database.write() as tx:
        archive.merge(tx, number, older)
        journal.put(tx, [Row(number, int(t), t / 1e9, 2, int(t)) for t in times[20_000:]])
    return number


@pytest.mark.usefixtures("number")
def test_a_series_is_read_across_blocks_and_rows(database: Database) -> None:
    found = Readings(database).series(KEY, SEALED - 2 * STEP, SEALED + STEP)
    assert found.times.tolist() == [SEALED + n * STEP for n in (-2, -1, 0, 1)]
    assert found.values.tolist() == [t / 1e9 for t in found.times.tolist()]
    assert found.quality.tolist() == [1, 1, 2, 2]


@pytest.mark.usefixtures("number")
def test_a_window_leaves_its_start_out(database: Database) -> None:
    found = Readings(database).window(KEY, SEALED - STEP, SEALED)
    assert found.times.tolist() == [SEALED]


@pytest.mark.usefixtures("number")
def test_a_chart_has_few_points_and_shows_gaps(database: Database) -> None:
    readings = Readings(database)
    with database.write() as tx:
        journal.put(tx, [Row(1, SEALED + DAY, 5.0, 2, SEALED + DAY)])
    found = readings.series(KEY, 0, 10**12, max_points=200, breaks=True)
    assert found.size <= 200
    assert found.values[-1] == 5.0
    assert np.isnan(found.values[-2])


@pytest.mark.usefixtures("number")
def test_the_export_gives_every_reading_once_in_pieces(database: Database) -> None:
    pieces = list(Readings(database).export([KEY], -(2**53), 2**53))
    assert len(pieces) > 1
    times = np.concatenate([piece.times for _, piece in pieces])
    assert times.tolist() == [n * STEP for n in range(20_100)]


@pytest.mark.usefixtures("number")
def test_the_span_reaches_from_the_oldest_block_to_the_newest_row(database: Database) -> None:
    assert Readings(database).span(KEY) == (0, 20_099 * STEP)


def test_a_series_nobody_knows_is_empty(database: Database) -> None:
    readings = Readings(database)
    assert readings.series(KEY, 0, 1).size == 0
    assert readings.window(KEY, 0, 1).size == 0
    assert readings.span(KEY) is None
    assert list(readings.export([KEY], 0, 1)) == []
    assert readings.daily(KEY, 0, 99999999) == []


def test_a_series_that_is_created_later_is_found_then(database: Database) -> None:
    readings = Readings(database)
    assert readings.span(KEY) is None
    number = add_series(database, sealed_until=0)
    with database.write() as tx:
        journal.put(tx, [Row(number, 5, 1.0, 1, 5)])
    assert as_dictionary(readings.series(KEY, 0, 9)) == {5: (1.0, 1)}


def test_keys_are_those_of_the_station(database: Database) -> None:
    add_series(database, sealed_until=0, station="61990002")
    add_series(database, sealed_until=0, station="61990001", variable="storage")
    readings = Readings(database)
    everywhere = readings.keys()
    assert [key.station for key in everywhere] == ["61990001", "61990002"]
    assert readings.keys("61990001") == [SeriesKey("61990001", "1", "storage", 0)]


def test_the_latest_reading_says_how_it_came(database: Database) -> None:
    number = add_series(database, sealed_until=0)
    other = add_series(database, sealed_until=0, station="61990002")
    with database.write() as tx:
        journal.set_latest(tx, [LatestRow(number, 5, 1.5, 23, 6, 7, 4, True)])
        journal.set_latest(tx, [LatestRow(other, 5, 2.5, 1, 6, 7, 4, False)])
    readings = Readings(database)
    found = readings.latest([KEY])[KEY]
    assert (found.reading.time, found.reading.value, found.reading.quality) == (5, 1.5, 23)
    assert (found.reading.received, found.heard, found.since, found.late) == (6, 7, 4, True)
    assert len(readings.latest()) == 2
