"""Rehearsal over a real street flood: gauges of New York, June 2023."""

import csv
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from floodwatch.hydrology.series import Series, empty
from floodwatch.model.alert import RuleKey
from floodwatch.model.district import District, RuleSetting
from floodwatch.model.quality import GOOD, Flag
from floodwatch.model.reading import SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.model.station import Gauge, Station, StationKind
from floodwatch.model.threshold import Comparator, Threshold
from floodwatch.pipeline.rehearse import Rehearsal, rehearse
from floodwatch.quality import flagging

SAMPLE = Path(__file__).parents[2] / "../shared/samples/us_floodnet_nyc_1min_2023"
KEY = SeriesKey("61990019", "1", "ponding_depth")
GAUGE = Gauge("61990019", "ponding_depth", unit="mm", source="distance", zero=1578)
STATION = Station("61990019", "示范路口", StationKind.WATERLOGGING, (GAUGE,))


class Stored:
    """One series in memory."""

    def __init__(self, series: Series) -> None:
        self.all = series

    def series(self, key: SeriesKey, start: int, end: int) -> Series:
        return self.all.between(start - 1, end) if key == KEY else empty()


def depths(name: str, zero: float) -> Series:
    path = SAMPLE / name
    if not path.exists():
        pytest.skip(f"{path} is not there")
    times, values = [], []
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            if row["dist_mm"]:
                moment = datetime.fromisoformat(row["time"])
                times.append(round(moment.timestamp() * 1000))
                values.append(round((zero - float(row["dist_mm"])) / 1000, 6))
    order = np.argsort(times, kind="stable")
    at = np.array(times)[order]
    return Series(at, np.array(values)[order], np.full(at.size, GOOD, np.int16))


def street(*, hold_down: int | None = 0) -> District:
    fire = Threshold(
        KEY.station,
        "1",
        "ponding_depth",
        "flooded",
        Severity.II,
        Comparator.AT_OR_ABOVE,
        value=0.100,
        clear=0.050,
    )
    setting = RuleSetting("level", variable="ponding_depth", hold_up=0, hold_down=hold_down)
    return District(
        stations={STATION.code: STATION},
        thresholds=(fire,),
        rules=(setting,) if hold_down is not None else (),
    )


@pytest.fixture(scope="module")
def satyr() -> Series:
    return depths("daily_happy_satyr.csv", 1578)


def played(series: Series) -> Rehearsal:
    return rehearse(Stored(series), street(), start=int(series.times[0]), end=int(series.times[-1]))


def test_the_june_floods_give_eight_alerts(satyr: Series) -> None:
    found = [alert.as_json() for alert in played(satyr).alerts]
    assert len(found) == 8
    first = found[0]
    assert first["fired_at"] == "2023-06-03T23:19:02Z"
    assert first["resolved_at"] == "2023-06-04T03:22:41Z"
    assert (first["peak"], first["peak_at"]) == (0.475, "2023-06-04T00:43:07Z")
    assert all(alert["resolved_at"] for alert in found)


def test_quality_flags_neither_hide_nor_add_an_alert(satyr: Series) -> None:
    quality = flagging.assess_series(
        satyr.values, satyr.times, limits=flagging.limits_of(GAUGE, STATION)
    )
    assert Flag.SUSPECT in quality % 10
    plain, flagged = played(satyr), played(satyr._replace(quality=quality))
    spans = [(a.fired_at, a.resolved_at, a.peak) for a in plain.alerts]
    assert [(a.fired_at, a.resolved_at, a.peak) for a in flagged.alerts] == spans


def test_every_reading_of_the_period_is_counted(satyr: Series) -> None:
    assert played(satyr).readings == satyr.size


def test_the_rule_is_named_in_the_alert(satyr: Series) -> None:
    assert played(satyr).alerts[0].rule == RuleKey(KEY.station, "1", "ponding_depth", "level", "up")


def test_with_the_usual_hold_an_alert_stands_for_twenty_minutes_at_least(satyr: Series) -> None:
    found = rehearse(
        Stored(satyr),
        street(hold_down=None),
        start=int(satyr.times[0]),
        end=int(satyr.times[-1]),
    )
    assert all(a.resolved_at and a.resolved_at - a.fired_at >= 20 * 60_000 for a in found.alerts)
