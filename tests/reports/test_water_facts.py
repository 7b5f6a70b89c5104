"""A gauge at the hour of the report."""

from zoneinfo import ZoneInfo

import numpy as np
import pytest

from floodwatch.hydrology.series import Series
from floodwatch.model.clock import DAY, HOUR
from floodwatch.model.reading import SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.model.station import Reporting, Station, StationKind
from floodwatch.model.threshold import Comparator, Threshold
from floodwatch.reports.water_facts import Water, water

AT = 1_781_740_800_000
KEY = SeriesKey("61990001", "1", "stage")
ZONE = ZoneInfo("Asia/Shanghai")
STATION = Station(
    "61990001",
    "示范水库",
    StationKind.RESERVOIR,
    (),
    reporting=Reporting(timed=HOUR),
    curve=((90.0, 0.0), (95.0, 500_000.0), (97.0, 700_000.0)),
    normal_pool=95.0,
)
LIMIT = Threshold(
    *("61990001", "1", "stage", "flood_limit"),
    severity=Severity.IV,
    comparator=Comparator.ABOVE,
    value=95.20,
    clear=95.18,
    label="汛限水位",
)


def at_eight(points: dict[int, float], year_ago: float | None = None) -> Water:
    times = np.array(sorted(points), np.int64)
    values = np.array([points[int(time)] for time in times], np.float64)
    series = Series(times, values, np.full(times.size, 11, np.int16))
    return water(STATION, KEY, series, at=AT, tz=ZONE, thresholds=(LIMIT,), year_ago=year_ago)


def test_change_is_from_the_same_hour_of_the_day_before() -> None:
    found = at_eight({AT - DAY: 95.00, AT - HOUR: 95.60, AT: 95.41})
    assert found.change == pytest.approx(0.41)
    assert found.over_flood_limit
    assert found.flood_limit is not None
    assert found.flood_limit.distance == pytest.approx(0.21)


def test_a_reading_after_eight_is_not_the_reports() -> None:
    found = at_eight({AT - HOUR: 95.00, AT + 1: 99.0})
    assert found.now is not None
    assert found.now.value == 95.00


def test_an_old_reading_is_shown_with_its_silence() -> None:
    found = at_eight({AT - 5 * HOUR: 95.00})
    assert found.silent
    assert found.now is not None


def test_a_gauge_that_was_silent_the_day_before_has_no_change() -> None:
    assert at_eight({AT - DAY - 5 * HOUR: 94.0, AT: 95.0}).change is None


def test_storage_and_its_share_of_the_normal_pool_come_from_the_curve() -> None:
    found = at_eight({AT: 96.0})
    assert found.storage_m3 == pytest.approx(600_000)
    assert found.share == pytest.approx(1.2)


def test_outside_the_curve_nothing_is_guessed() -> None:
    assert at_eight({AT: 98.0}).storage_m3 is None


def test_the_difference_to_last_year_is_signed() -> None:
    assert at_eight({AT: 95.0}, year_ago=95.5).last_year == pytest.approx(-0.5)


def test_the_highest_of_the_day_keeps_its_time() -> None:
    found = at_eight({AT - DAY - HOUR: 99.0, AT - 3 * HOUR: 95.9, AT: 95.4})
    assert found.highest == (95.9, AT - 3 * HOUR)
