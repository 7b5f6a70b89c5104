"""The rain of a day from increments, a counter, or the total since 08:00."""

from zoneinfo import ZoneInfo

import numpy as np
import pytest

from floodwatch.hydrology.series import Series
from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.quality import Flag, pack
from floodwatch.model.reading import SeriesKey
from floodwatch.reports.rain_facts import RainDay, rain_day

TZ = ZoneInfo("Asia/Shanghai")
AT = 1_781_740_800_000  # 2026-06-18 08:00 +08:00
FINE = SeriesKey("61990051", "1", "rainfall", 5 * MINUTE)
TOTAL = SeriesKey("61990051", "1", "rainfall_total")
SINCE_EIGHT = SeriesKey("61990051", "1", "rainfall_day")


def series(times: list[int], values: list[float], flag: Flag = Flag.GOOD) -> Series:
    quality = np.full(len(times), pack(flag), np.int16)
    return Series(np.array(times, np.int64), np.array(values, np.float64), quality)


def every(step: int, value: float, *, start: int = AT - DAY) -> Series:
    times = list(range(start + step, AT + 1, step))
    return series(times, [value] * len(times))


def told(**given: Series) -> RainDay | None:
    keys = {"fine": FINE, "total": TOTAL, "day": SINCE_EIGHT}
    found = {keys[name]: each for name, each in given.items()}
    return rain_day("61990051", found, at=AT, silent_after=77 * MINUTE, tz=TZ)


def test_a_day_of_increments_is_their_sum_and_whole() -> None:
    day = told(fine=every(5 * MINUTE, 0.5, start=AT - 2 * DAY))
    assert day is not None
    assert (day.total, day.whole) == (144.0, True)


def test_the_heaviest_hour_is_any_sixty_minutes_not_a_clock_hour() -> None:
    dry = every(5 * MINUTE, 0.0, start=AT - 2 * DAY)
    values = dry.values.copy()
    burst = (dry.times > AT - 90 * MINUTE) & (dry.times <= AT - 30 * MINUTE)
    values[burst] = 2.0
    day = told(fine=Series(dry.times, values, dry.quality))
    assert day is not None
    assert (day.hour, day.hour_ends) == (24.0, AT - 30 * MINUTE)


def test_rain_before_eight_of_the_day_before_does_not_count() -> None:
    whole = every(5 * MINUTE, 0.0, start=AT - 2 * DAY)
    values = whole.values.copy()
    values[whole.times == AT - DAY] = 50.0  # ends at 08:00: yesterday's
    day = told(fine=Series(whole.times, values, whole.quality))
    assert day is not None
    assert day.total == 0.0


def test_a_gauge_that_was_silent_for_hours_gives_a_lower_bound() -> None:
    whole = every(5 * MINUTE, 0.5, start=AT - 2 * DAY)
    kept = whole.take((whole.times < AT - 12 * HOUR) | (whole.times > AT - 6 * HOUR))
    day = told(fine=kept)
    assert day is not None
    assert not day.whole
    assert 0.7 < day.coverage < 0.8


def test_a_counter_fills_in_where_the_increments_are_missing() -> None:
    whole = every(HOUR, 1.0, start=AT - 2 * DAY)
    counter = Series(whole.times, np.cumsum(whole.values), whole.quality)
    holed = every(5 * MINUTE, 0.5, start=AT - 3 * HOUR)
    day = told(fine=holed, total=counter)
    assert day is not None
    assert (day.total, day.whole) == (24.0, True)


def test_the_total_since_eight_is_taken_when_there_is_nothing_finer() -> None:
    assert told(day=series([AT], [31.5])) == RainDay("61990051", 31.5, 1.0)


def test_failed_readings_are_no_rain() -> None:
    good = every(5 * MINUTE, 0.0, start=AT - 2 * DAY)
    bad = np.where(good.times == AT - HOUR, pack(Flag.FAIL), good.quality).astype(np.int16)
    values = np.where(good.times == AT - HOUR, 400.0, good.values)
    day = told(fine=Series(good.times, values, bad))
    assert day is not None
    assert day.total == 0.0


@pytest.mark.parametrize("given", [{}, {"fine": series([], [])}])
def test_without_readings_nothing_is_said(given: dict[str, Series]) -> None:
    assert told(**given) is None


def test_a_gauge_that_begins_anew_at_eight_sharp_still_tells_the_day() -> None:
    times = list(range(AT - DAY + HOUR, AT + 1, HOUR))
    counted = [31.5] * (len(times) - 1) + [0.0]
    day = told(day=series(times, counted))
    assert day is not None
    assert (day.total, day.whole) == (31.5, True)
