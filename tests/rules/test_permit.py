"""The demonstration's meters against their plans: who passes it, who leaks, who only looks so."""

from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from floodwatch import config
from floodwatch.hydrology.hydrological_day import days, summary
from floodwatch.hydrology.series import Series
from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.district import District
from floodwatch.model.finding import Finding
from floodwatch.model.quality import GOOD
from floodwatch.model.reading import SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.rules import compile_rules
from floodwatch.rules.context import Context, Day, Rule
from floodwatch.sources.simulator import meters

LOCAL = ZoneInfo("Asia/Shanghai")
FIRST, LAST = date(2025, 12, 31), date(2026, 10, 1)
POWER, PAPER, LEAK = "61990073", "61990070", "61990069"


def at(day: date, hour: int = 8, minute: int = 6) -> int:
    return (
        int(datetime(day.year, day.month, day.day, hour, minute, tzinfo=LOCAL).timestamp()) * 1000
    )


@cache
def district() -> District:
    return config.load(Path(__file__).parents[2] / "config")


@cache
def dials() -> dict[SeriesKey, Series]:
    times = np.arange(at(FIRST, 9, 0), at(LAST, 8, 0) + 1, HOUR, dtype=np.int64)
    found = meters.counters(times, {})
    quality = np.full(len(times), GOOD, np.int16)
    return {
        SeriesKey(code, "1", "meter_volume"): Series(times, dial, quality)
        for code, dial in found.items()
    }


@cache
def daily(key: SeriesKey) -> list[Day]:
    series = dials()[key]
    found = []
    for span in days(int(series.times[0]), int(series.times[-1]), LOCAL):
        if (d := summary(span, series, timed=HOUR)) is not None:
            row = (d.day, d.n, d.coverage, d.minimum, d.maximum, d.mean, d.sum, d.first, d.last)
            found.append(Day(*row))
    return found


@cache
def rules() -> dict[tuple[str, str], Rule]:
    return {
        (r.key.station, r.key.type): r
        for r in compile_rules(district())
        if r.key.type in ("permit", "meter")
    }


def judged(station: str, type_: str, day: date) -> Finding:
    rule, now = rules()[station, type_], at(day)
    number = day.year * 10_000 + day.month * 100 + day.day
    known = {
        need.key: [row for row in daily(need.key) if row.day <= number]
        for need in getattr(rule, "days", ())
    }
    return rule.judge(Context(now, now, {}, dials(), daily=known))


def first_day(station: str, severity: Severity, band: str, start: date) -> date:
    day = start
    while day < LAST:
        finding = judged(station, "permit", day)
        if (finding.severity, finding.band) == (severity, band):
            return day
        day += timedelta(days=1)
    raise AssertionError(f"{station} is never {band} {severity.name}")


def test_the_power_station_passes_its_july_plan_about_the_27th() -> None:
    warned = first_day(POWER, Severity.IV, "plan_month", date(2026, 7, 1))
    passed = first_day(POWER, Severity.III, "plan_month", date(2026, 7, 1))
    assert date(2026, 7, 20) <= warned <= date(2026, 7, 24)
    assert date(2026, 7, 27) <= passed <= date(2026, 7, 29)
    finding = judged(POWER, "permit", passed)
    assert str(finding.facts["zh"]).startswith("示范热电7月已用计划的10")
    assert judged(POWER, "permit", date(2026, 8, 4)).severity is None


def test_it_reaches_eighty_per_cent_of_its_year_about_the_23rd_of_september() -> None:
    told = first_day(POWER, Severity.IV, "plan_year", date(2026, 9, 1))
    assert date(2026, 9, 22) <= told <= date(2026, 9, 25)


@pytest.mark.parametrize("station", ["61990061", PAPER, "61990076", "61990080"])
def test_who_keeps_to_the_plan_is_not_told_of(station: str) -> None:
    for day in (date(2026, 6, 11), date(2026, 6, 29), date(2026, 7, 30), date(2026, 8, 28)):
        assert judged(station, "permit", day).severity is None, day


def test_a_school_in_its_holidays_has_no_plan_to_pass() -> None:
    finding = judged("61990078", "permit", date(2026, 7, 30))
    assert finding.known
    assert finding.severity is None


def test_nothing_is_said_at_the_weekend() -> None:
    finding = judged(POWER, "permit", date(2026, 8, 1))
    assert not finding.known
    assert finding.recheck_at is not None
    assert finding.recheck_at - at(date(2026, 8, 1), 8, 5) == DAY


def test_the_leaking_meter_is_found_after_three_nights_and_no_other_of_the_brewery() -> None:
    assert judged(LEAK, "meter", date(2026, 6, 2)).severity is None
    found = judged(LEAK, "meter", date(2026, 6, 4))
    assert (found.severity, found.band) == (Severity.IV, "leak")
    assert "0.4" in str(found.facts["zh"])
    assert judged("61990068", "meter", date(2026, 6, 4)).severity is None
    assert judged(LEAK, "meter", date(2026, 6, 4)).recheck_at == at(date(2026, 6, 5)) - MINUTE


def test_a_meter_that_never_spoke_does_not_blind_the_others_of_its_user() -> None:
    day = date(2026, 7, 30)
    rule, now, number = rules()[POWER, "permit"], at(day), 20260730
    needs = getattr(rule, "days", ())
    known = {n.key: [row for row in daily(n.key) if row.day <= number] for n in needs}
    known[needs[-1].key] = []
    found = rule.judge(Context(now, now, {}, dials(), daily=known))
    assert found.known
    assert found.value is not None
    assert 0 < found.value < (judged(POWER, "permit", day).value or 0)
