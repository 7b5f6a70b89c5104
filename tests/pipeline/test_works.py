"""Gate and pumps through the pipeline: what people typed in, what gauges say, what is told."""

import pytest

from floodwatch.model.batch import Batch
from floodwatch.model.clock import DAY, MINUTE
from floodwatch.model.reading import RawReading
from floodwatch.pipeline import registers
from tests.pipeline.town import Town

GATE, PUMPS = "61990032", "61990023"
STATIONS = """
[[station]]
code = "61990032"
name = "示范湖排水闸"
kind = "gate"
reporting = {timed = "5min"}
gauges = [{variable = "stage"}, {variable = "tail_stage"}, {variable = "gate_opening"}]

[[station]]
code = "61990023"
name = "示范三号排渍站"
kind = "pump"
reporting = {timed = "5min"}
gauges = [{variable = "stage"}, {variable = "pumps_running"}]

[[station]]
code = "61990051"
"""
RULES = """
[[rule]]
type = "gate"
station = "61990032"
parameters = {pre_drain = 26.30}

[[rule]]
type = "pump"
station = "61990023"
parameters = {starts = [24.0, 24.3, 24.6], stop = 23.5}

[[rule]]
"""


@pytest.fixture
def works(town: Town) -> Town:
    """The town with a gate and a pumping station."""
    town.configure("stations.toml", '\n[[station]]\ncode = "61990051"\n', STATIONS)
    town.configure("thresholds.toml", "\n[[rule]]\n", RULES)
    town.restart()
    return town


def say(town: Town, station: str, **values: float) -> None:
    """One report of a station, five minutes after the last."""
    town.clock.advance(5 * MINUTE)
    now = town.clock.wall()
    town.send(
        Batch("test", tuple(RawReading(station, k, now, float(v)) for k, v in values.items()))
    )
    town.ticker.tick()


def test_a_forecast_typed_in_reminds_of_the_lake(works: Town) -> None:
    say(works, GATE, stage=26.45, tail_stage=26.10, gate_opening=0.5)
    assert works.alerts() == []
    now = works.clock.wall()
    with works.database.write() as tx:
        registers.add_forecast(
            tx, begins=now, ends=now + DAY, rainfall_mm=80.0, source="示范气象", who="示范", now=now
        )
    works.wait(0.1, step=0.1)
    [alert] = works.alerts()
    assert (alert["station"], alert["band"]) == (GATE, "drain_ahead")
    assert "预报24小时雨量80毫米" in str(alert["facts"])


def test_backflow_is_told_at_once_in_its_own_words(works: Town) -> None:
    say(works, GATE, stage=26.45, tail_stage=26.40, gate_opening=0.5)
    say(works, GATE, stage=26.45, tail_stage=26.45, gate_opening=0.5)
    [alert] = works.alerts()
    assert (alert["band"], alert["severity"]) == ("backflow", 4)
    [text] = {m["body"] for m in works.messages() if m["person"] == "示范值班"}
    assert "示范湖排水闸外河倒灌" in str(text)
    assert "请立即关闸" in str(text)


def test_a_trip_is_told_within_seventy_characters_and_ends_with_the_water(works: Town) -> None:
    for stage, running in ((24.31, 2), (24.32, 2), (24.33, 2), (24.42, 1)):
        say(works, PUMPS, stage=stage, pumps_running=running)
    [alert] = works.alerts()
    assert (alert["band"], alert["severity"]) == ("pump_trip", 3)
    [text] = {str(m["body"]) for m in works.messages() if m["person"] == "示范值班"}
    assert text.index("请立即到站恢复机组") + len("请立即到站恢复机组") <= 70, text
    for stage in (24.35, 24.30, 24.20, 24.10):
        say(works, PUMPS, stage=stage, pumps_running=3)
    assert works.alerts() == []
