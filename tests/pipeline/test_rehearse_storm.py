"""The demonstration storm through the demonstration's rules: what must be seen, when."""

from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from floodwatch import config
from floodwatch.hydrology.series import Series, empty
from floodwatch.model.alert import TransitionKind
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.quality import GOOD
from floodwatch.model.reading import SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.pipeline.rehearse import Rehearsal, Rehearsed, rehearse
from floodwatch.quality.flagging import assess_series, limits_of
from floodwatch.sources.simulator import faults, reports, storm

CONFIG = Path(__file__).parents[2] / "config"
T0 = storm.T0  # 2026-06-17 20:00 local


def local(clock: str, day: int = 1) -> int:
    """ms of a local time; day 0 is 17 June."""
    hours, minutes = clock.split(":")
    return T0 + (24 * day - 20 + int(hours)) * HOUR + int(minutes) * MINUTE


class Storm:
    """The storm's readings as they are stored at its end, with their flags."""

    def __init__(self) -> None:
        self.district = config.load(CONFIG)
        found: dict[SeriesKey, dict[int, float]] = defaultdict(dict)
        sent = reports.storm_reports(storm.run(), rain_totals=defaultdict(float))
        for reading in (item.reading for item in faults.spoil(sent)):
            for gauge in self.district.stations[reading.station].gauges:
                wanted = (reading.variable, reading.gauge or "1")
                if (gauge.variable, gauge.gauge) == wanted and reading.value is not None:
                    found[gauge.key][reading.time] = reading.value
        self._series = {key: self._flagged(key, values) for key, values in found.items()}

    def _flagged(self, key: SeriesKey, readings: dict[int, float]) -> Series:
        times = np.array(sorted(readings), np.int64)
        values = np.array([readings[time] for time in times.tolist()])
        limits = limits_of(self.district.gauges[key], self.district.stations[key.station])
        quality = assess_series(values, times, limits=limits)
        assert quality.size == 0 or quality[0] == GOOD
        return Series(times, values, quality)

    def series(self, key: SeriesKey, start: int, end: int) -> Series:
        return self._series.get(key, empty()).between(start - 1, end)


@pytest.fixture(scope="module")
def played() -> Rehearsal:
    known = Storm()
    return rehearse(known, known.district, start=T0, end=T0 + 48 * HOUR)


def alerts(found: Rehearsal, station: str, variable: str) -> list[Rehearsed]:
    """Of the limits themselves and of rain windows; watches and rates are alerts of their own."""
    wanted = ("level", "rainfall")
    mine = [a for a in found.alerts if a.rule.type in wanted]
    return [a for a in mine if (a.rule.station, a.rule.variable) == (station, variable)]


def reached(alert: Rehearsed, severity: Severity) -> int:
    """When the alert first was of this severity or worse."""
    up = (TransitionKind.FIRED, TransitionKind.WORSENED)
    return min(t.at for t in alert.transitions if t.kind in up and t.severity >= severity)


@pytest.mark.parametrize(
    ("code", "severity", "clock", "day"),
    [
        ("61990003", Severity.IV, "23:00", 0),  # 石桥 spills
        ("61990002", Severity.IV, "23:40", 0),
        ("61990006", Severity.IV, "03:00", 1),
        ("61990001", Severity.IV, "02:20", 1),  # over the flood limit
        ("61990005", Severity.IV, "02:25", 1),
        ("61990004", Severity.IV, "03:05", 1),
        ("61990003", Severity.III, "03:35", 1),  # half-way to design
        ("61990006", Severity.III, "04:10", 1),
        ("61990002", Severity.III, "04:15", 1),
        ("61990003", Severity.II, "04:25", 1),  # over design, then silent
    ],
)
def test_a_reservoir_reaches_its_band(
    played: Rehearsal, code: str, severity: Severity, clock: str, day: int
) -> None:
    believed = [a for a in alerts(played, code, "stage") if not a.suspect]
    assert len(believed) == 1
    assert abs(reached(believed[0], severity) - local(clock, day)) <= 5 * MINUTE


def test_the_spike_at_bamboo_hill_is_the_only_suspect_alert(played: Rehearsal) -> None:
    (alert,) = [a for a in played.alerts if a.suspect]
    assert (alert.rule.station, alert.fired_at) == ("61990006", local("22:15", 0))


@pytest.mark.parametrize(
    ("code", "centimetres", "peak_clock"),
    [("61990012", 67, "04:45"), ("61990011", 45, "04:45"), ("61990017", 17, "04:10")],
)
def test_a_street_has_one_alert_with_its_crest(
    played: Rehearsal, code: str, centimetres: int, peak_clock: str
) -> None:
    (alert,) = alerts(played, code, "ponding_depth")
    assert alert.peak == pytest.approx(centimetres / 100, abs=0.02)
    assert alert.peak_at is not None
    assert abs(alert.peak_at - local(peak_clock)) <= 10 * MINUTE
    assert alert.resolved_at is not None


def test_the_underpass_must_close_at_a_quarter_to_four(played: Rehearsal) -> None:
    (alert,) = alerts(played, "61990012", "ponding_depth")
    assert abs(reached(alert, Severity.I) - local("03:45")) <= 5 * MINUTE


def test_every_rain_gauge_has_one_alert_that_clears_by_itself(played: Rehearsal) -> None:
    rain = [a for a in played.alerts if a.rule.type == "rainfall"]
    assert len(rain) == len({a.rule for a in rain}) == 6
    assert all(a.resolved_at is not None for a in rain)


def test_no_rule_alerts_twice(played: Rehearsal) -> None:
    believed = [a.rule for a in played.alerts if not a.suspect]
    assert len(believed) == len(set(believed))
