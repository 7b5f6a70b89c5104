"""Service time that was wrong from the start, and what becomes of it when that comes out."""

import numpy as np
import pytest

from floodwatch.hydrology.series import Series
from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.reading import Outcome
from floodwatch.pipeline.sight import as_received
from tests.pipeline.town import GAUGE, RESERVOIR, START, STREET, Town


def all_speak(town: Town, *, apart: int, stage: float = 95.0) -> list[Outcome]:
    """A reading of every station, `apart` from service time."""
    at = town.clock.wall() + apart
    receipts = [
        town.stage(stage, at=at),
        town.say(STREET, "ponding_depth", 1570.0, at=at),
        town.say(GAUGE, "rainfall", 0.0, at=at),
    ]
    return [receipt.outcomes[0] for receipt in receipts]


def test_readings_are_taken_as_live_at_once_after_service_time_was_set_back(town: Town) -> None:
    for _ in range(3):
        all_speak(town, apart=-DAY)  # the machine began a day ahead
        town.wait(5)
    town.clock.step_wall(-DAY)
    town.wait(3)
    assert not town.system_alerts()
    assert all_speak(town, apart=0, stage=97.0) == [Outcome.STORED] * 3
    assert town.alerts()


def test_no_gauge_counts_as_silent_because_service_time_was_set_forward(town: Town) -> None:
    for _ in range(3):
        all_speak(town, apart=DAY)  # the machine began a day behind
        town.wait(5)
    town.clock.step_wall(DAY)
    town.wait(2)
    town.restart()
    assert not town.silent()


def test_of_two_clocks_that_disagree_the_one_a_lone_gauge_agrees_with_counts(town: Town) -> None:
    town.stage(95.0, at=town.clock.wall() - 3 * DAY)
    town.clock.step_wall(-3 * DAY)  # service time is three days ahead; the wall is right
    town.wait(1)
    assert town.system_alerts() == ["clock"]
    assert town.stage(97.0).outcomes == (Outcome.STORED,)
    assert [alert["station"] for alert in town.alerts()] == [RESERVOIR]


def test_a_machine_behind_by_hours_judges_a_lone_gauge_without_doubt(town: Town) -> None:
    town.clock.step_wall(3 * HOUR)
    town.wait(1)
    town.clock.advance(MINUTE)
    town.stage(97.0)
    [alert] = town.alerts()
    assert not alert["suspect"]


@pytest.mark.parametrize("ahead", [0, 10])
def test_a_clock_a_little_ahead_hides_no_newest_reading_from_what_is_judged_over_time(
    town: Town, ahead: int
) -> None:
    value = 94.0
    for _ in range(13):
        town.stage(round(value, 2), at=town.clock.wall() + ahead * MINUTE)
        town.wait(5)
        value += 0.1
    town.wait(4)
    [silent] = [row for row in town.alerts() if row["type"] == "rise_silent"]
    assert silent["value"] == 95.2
    assert silent["value_time"] == START + 60 * MINUTE
    facts = silent["facts"]
    assert isinstance(facts, dict)
    assert facts["rise"] == pytest.approx(1.2)


def test_readings_ahead_are_given_at_the_time_they_came_and_no_amount_is_lost() -> None:
    series = Series(np.array([10, 20, 30]), np.array([1.0, 2.0, 3.0]), np.zeros(3, np.int16))
    came = {20: 15, 30: 15}
    assert as_received(series, came).times.tolist() == [10, 15]
    assert as_received(series, came).values.tolist() == [1.0, 3.0]
    assert as_received(series, came, amounts=True).values.tolist() == [1.0, 2.0, 3.0]
