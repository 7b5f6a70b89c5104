"""The board's rain of a station whose gauge only counts since 08:00."""

from dataclasses import replace

from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.reading import SeriesKey
from floodwatch.model.station import Gauge
from floodwatch.store import board
from floodwatch.web import rain_since_eight
from tests.web.conftest import NOW, Room
from tests.web.seeding import put
from tests.web.small_district import RAIN, small_district

KEY = SeriesKey(RAIN, "1", "rainfall_day")


def test_the_sums_are_those_of_its_increments_and_only_where_there_is_nothing_finer(
    room: Room,
) -> None:
    morning = NOW - 20 * HOUR - 40 * MINUTE  # NOW is 04:40
    times = [morning + n * HOUR for n in range(-12, 21)]
    points = [(t, 9.0 if t <= morning else 2.0 * (t - morning) / HOUR) for t in times]
    with room.database.write() as tx:
        put(tx.connection, KEY, points, rev=tx.rev)
    district = small_district()
    spans = board.rain_spans(NOW, morning)
    with room.database.read() as connection:
        assert rain_since_eight.sums(connection, district, spans) == {}
        place = replace(district.stations[RAIN], gauges=(Gauge(RAIN, "rainfall_day"),))
        only = replace(district, stations={**district.stations, RAIN: place})
        found = rain_since_eight.sums(connection, only, spans)[KEY]
    assert (found["3h"], found["today"]) == (6.0, 40.0)
    assert found["yesterday"] == 9.0
