"""What happens to an open alert when everything around it changes."""

from typing import Any

import pytest
from sqlalchemy import select

from floodwatch.model.batch import Batch
from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.reading import RawReading
from floodwatch.model.severity import Severity
from floodwatch.pipeline import shelving
from floodwatch.store import alert_log, tables, timeline
from tests.pipeline.town import RESERVOIR, START, Town

SPILL = "above = 95.20\nclear = 95.19"
SEASONS = """above = 95.20
clear = 95.19
season = "06-19/12-31"

[[threshold]]
station = "61990001"
variable = "stage"
name = "spill"
severity = "IV"
above = 94.60
season = "01-01/06-18"
"""
OFFICER = "示范值班"


def shelve(town: Town, span: int = HOUR) -> int:
    """The officer shelves the only alert."""
    [alert] = town.alerts()
    with town.database.write() as tx:
        district = town.ticker.plans.current(tx.connection).district
        return shelving.shelve(
            tx,
            int(str(alert["id"])),
            district=district,
            span=span,
            who=OFFICER,
            reason="已派人",
            now=town.service_now(tx.connection),
        )


class Watched(Town):
    """A town that can be asked for its time and its timeline."""

    def service_now(self, connection: Any) -> int:
        return self.ticker.service.moment(connection).now

    def kinds(self, alert_id: int = 1) -> list[str]:
        with self.database.read() as connection:
            return [row["kind"] for row in timeline.events(connection, alert_id)]

    def reasons(self, alert_id: int = 1) -> list[str]:
        with self.database.read() as connection:
            return [row["text"] for row in timeline.events(connection, alert_id) if row["text"]]

    def fresh(self) -> set[str]:
        """The kinds of messages nobody has sent yet; they are sent now."""
        found = {str(row["kind"]) for row in self.messages() if row["state"] == "pending"}
        with self.database.write() as tx:
            tx.connection.execute(
                tables.outbox.update()
                .where(tables.outbox.c.state == "pending")
                .values(state="accepted", next_at=None)
            )
        return found

    def muted(self) -> object:
        [alert] = self.alerts()
        return alert["muted_by"]


@pytest.fixture
def town(sqlite_database: Any, tmp_path: Any) -> Watched:
    return Watched(sqlite_database, tmp_path / "config")


def test_an_edit_that_makes_it_worse_says_why(town: Watched) -> None:
    town.stage(95.30)
    town.fresh()
    town.configure("thresholds.toml", "at_or_above = 96.80", "at_or_above = 95.30")
    town.wait(1)
    [alert] = town.alerts()
    assert alert["severity"] == Severity.II
    assert "thresholds edited" in town.reasons()


def test_an_edit_that_makes_it_better_clears_only_after_the_hold(town: Watched) -> None:
    town.stage(95.30)
    town.configure("thresholds.toml", SPILL, "above = 95.40\nclear = 95.39")
    town.wait(29)
    assert town.alerts()
    town.wait(2)
    assert not town.alerts()
    assert town.kinds()[-1] == "resolved"


def test_a_season_that_ends_switches_at_eight_and_not_at_midnight(town: Watched) -> None:
    town.configure("thresholds.toml", SPILL, SEASONS)
    town.wait(1)
    town.stage(94.80)
    [alert] = town.alerts()
    for _ in range(23):  # the gauge goes on speaking: nothing but the season changes
        town.clock.advance(HOUR)
        town.stage(94.80)
        town.ticker.tick()
    assert [a["id"] for a in town.alerts()] == [alert["id"]]
    town.wait(59 + 29)
    assert town.clock.wall() > START + DAY
    town.stage(94.80)
    town.wait(5)
    assert not town.alerts()


def test_a_station_switched_off_ends_its_alert_saying_so(town: Watched) -> None:
    town.stage(96.90)
    town.fresh()
    town.configure("stations.toml", 'outlet = "weir"', 'outlet = "weir"\nenabled = false')
    town.wait(1)
    assert not town.alerts()
    assert "rule no longer configured" in town.reasons()
    assert "resolved" in town.fresh()


def test_a_rule_switched_off_ends_its_alert_saying_so(town: Watched) -> None:
    town.stage(96.90)
    town.configure("thresholds.toml", 'hold_down = "30min"', "enabled = false")
    town.wait(1)
    assert not town.alerts()
    assert "rule no longer configured" in town.reasons()


def test_a_retired_station_ends_its_alerts_on_its_day_and_keeps_what_it_sends(
    town: Watched,
) -> None:
    town.configure("stations.toml", 'outlet = "weir"', 'outlet = "weir"\nvalid_to = 2026-06-18')
    town.wait(1)
    town.clock.advance(23 * HOUR)
    town.stage(96.90)
    assert town.alerts()
    town.wait(60)
    assert not town.alerts()
    assert "station retired" in town.reasons()
    [outcome] = town.stage(97.50).outcomes
    town.wait(2)
    assert outcome == "stored"
    assert not town.alerts()


def test_a_station_that_is_retired_stays_so_after_a_restart(town: Watched) -> None:
    town.stage(96.90)
    town.configure("stations.toml", 'outlet = "weir"', 'outlet = "weir"\nvalid_to = 2026-06-17')
    town.restart()
    town.stage(97.00)
    town.wait(2)
    assert not town.alerts()


def test_worse_after_an_acknowledgement_is_told_and_open_again(town: Watched) -> None:
    town.stage(95.30)
    with town.database.write() as tx:
        alert_log.acknowledge(tx, 1, who=OFFICER, note="", via="page", now=town.clock.wall())
    town.fresh()
    town.clock.advance(5 * MINUTE)
    town.stage(96.90)
    [alert] = town.alerts()
    assert town.fresh() == {"worsened"}
    assert int(str(alert["acked_severity"])) < int(str(alert["severity"]))


def test_a_shelving_survives_a_restart_and_ends_in_its_time(town: Watched) -> None:
    town.stage(96.90)
    town.fresh()
    number = shelve(town)
    town.restart()
    town.wait(55, step=5)
    assert town.muted() == f"shelve:{number}"
    assert town.fresh() == set()
    town.wait(6)
    assert town.muted() is None
    assert "fired" in town.fresh()


@pytest.mark.parametrize("jump", [-HOUR, HOUR, 365 * DAY])
def test_a_jump_of_the_wall_clock_moves_no_mute(town: Watched, jump: int) -> None:
    town.stage(96.90)
    number = shelve(town)
    town.wait(30, step=5)
    town.clock.step_wall(jump)
    town.wait(29, step=1)
    assert town.muted() == f"shelve:{number}"
    town.wait(2)
    assert town.muted() is None


def test_an_alert_that_fires_and_clears_in_one_batch_is_told(town: Watched) -> None:
    town.configure("thresholds.toml", 'hold_down = "30min"', 'hold_down = "0s"')
    town.wait(1)
    town.fresh()
    now = town.clock.wall()
    up = RawReading(RESERVOIR, "stage", now - 2 * MINUTE, 95.22)
    down = RawReading(RESERVOIR, "stage", now - MINUTE, 95.18)
    town.send(Batch("test", (up, down)))
    assert not town.alerts()
    assert {str(row["kind"]) for row in town.messages() if row["state"] == "pending"} == {"missed"}


def test_easing_is_written_and_told_to_nobody(town: Watched) -> None:
    town.stage(96.81)
    town.fresh()
    town.clock.advance(20 * MINUTE)
    town.stage(96.75)
    town.wait(31)
    with town.database.read() as connection:
        query = select(tables.alert_event.c.kind).where(tables.alert_event.c.kind == "eased")
        assert connection.execute(query).all()
    assert "eased" not in town.fresh()


def test_late_data_never_ends_an_open_alert(town: Watched) -> None:
    town.stage(96.90)
    town.stage(95.00, at=town.clock.wall() - 2 * HOUR)
    town.wait(40, step=5)
    assert town.alerts()


def test_a_silent_gauge_is_no_all_clear(town: Watched) -> None:
    town.stage(96.90)
    town.wait(120, step=10)
    assert RESERVOIR in town.silent()
    assert [a["severity"] for a in town.alerts() if a["type"] == "level"] == [Severity.II]
