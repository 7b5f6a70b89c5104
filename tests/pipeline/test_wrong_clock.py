"""Service time that was wrong from the start, and what becomes of it when that comes out."""

from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.reading import Outcome
from tests.pipeline.town import GAUGE, RESERVOIR, STREET, Town


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
