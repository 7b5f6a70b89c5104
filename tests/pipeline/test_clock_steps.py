"""Whatever the clock or the calendar does, an alert goes the way it would have gone without."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.store import alert_log
from floodwatch.store.clockwork import service_row
from floodwatch.store.database import Database
from tests.pipeline.town import FILES, GAUGE, RESERVOIR, STREET, Town

STEPS = {
    "an hour back": -HOUR,
    "a year ahead": 365 * DAY,
    "to 1970": -56 * 365 * DAY,
}
ENDS = "missed"  # nothing is sent here, so the all-clear says what was missed
PERIOD = MINUTE  # of the ticks in these tests


def at(year: int, month: int, day: int, hour: int, minute: int = 0) -> int:
    return int(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp() * 1000)


class Night:
    """A flood of some hours: it rises, stands, and falls; `step` moves the wall clock within it."""

    def __init__(self, town: Town, *, steps: Iterable[tuple[int, int]] = ()) -> None:
        self.town = town
        self.began = town.clock.wall()
        self.steps = dict(steps)  # minute -> by how much
        self.moved = 0
        self.gaps: list[int] = []

    def live(self, minutes: int, stage: Callable[[int], float]) -> "Night":
        """Readings of every station every five minutes, a tick every minute."""
        town = self.town
        last = self._now()
        for minute in range(minutes):
            town.clock.advance(PERIOD)
            if minute in self.steps:
                town.clock.step_wall(self.steps[minute])
                self.moved += self.steps[minute]
            town.ticker.tick()
            here = self._now()
            self.gaps.append(here - last)
            last = here
            if minute % 5 == 0:
                true = self.began + (minute + 1) * MINUTE
                town.stage(stage(minute), at=true)
                town.say(STREET, "ponding_depth", 1570.0, at=true)
                town.say(GAUGE, "rainfall", 0.0, at=true)
        return self

    def _now(self) -> int:
        with self.town.database.read() as connection:
            row = service_row(connection)
        assert row
        return row.now

    def told(self) -> list[tuple[Any, ...]]:
        """Every message about the reservoir: what, to whom, and how long after the beginning."""
        with self.town.database.read() as connection:
            known = alert_log.alerts(connection, state="all")
        mine = {
            row["id"] for row in known if row["station"] == RESERVOIR and row["type"] == "level"
        }
        return [
            (m["kind"], m["person"], m["seq"], m["created_at"] - self.began)
            for m in self.town.messages()
            if m["alert_id"] in mine
        ]


def flood(minute: int) -> float:
    """Up half a metre and down again, slowly enough to be believed."""
    return 95.0 + min(0.5, 0.02 * minute, max(0.0, 0.02 * (65 - minute)))


def lived(database: Database, folder: Path, *, start: int, zone: str, **how: Any) -> Night:
    town = Town(database, folder, at=start)
    text = '[service]\nname = "示范小镇"'
    assert text in FILES["floodwatch.toml"]
    town.configure("floodwatch.toml", text, f'{text}\ntimezone = "{zone}"')
    for old, new in (('"II"', '"I"'), ('"IV"', '"II"')):
        town.configure("thresholds.toml", f"severity = {old}", f"severity = {new}")
    return Night(town, **how).live(100, flood)


@pytest.fixture
def other(tmp_path: Path) -> Iterable[Database]:
    """A second database, for the same night without the step."""
    made = Database.at(tmp_path / "other")
    made.migrate()
    yield made
    made.close()


DAYTIME: dict[str, Any] = {"start": at(2026, 6, 18, 0), "zone": "Asia/Shanghai"}


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Iterable[list[tuple[Any, ...]]]:
    """What is told when nothing is wrong with the clock."""
    place = tmp_path_factory.mktemp("calm")
    made = Database.at(place / "data")
    made.migrate()
    told = lived(made, place / "config", **DAYTIME).told()
    kinds = [kind for kind, *_ in told]
    assert kinds.count("fired") == kinds.count(ENDS) == kinds.count("reminder") == 2
    yield told
    made.close()


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS.keys())
def test_a_step_of_the_clock_changes_no_page_and_no_all_clear(
    sqlite_database: Database, calm: list[tuple[Any, ...]], tmp_path: Path, step: int
) -> None:
    moved = lived(sqlite_database, tmp_path / "moved", steps=[(20, step)], **DAYTIME)
    assert moved.told() == calm
    assert max(moved.gaps) <= 2 * PERIOD
    assert min(moved.gaps) > 0
    assert "clock" in moved.town.system_alerts()


def test_a_clock_that_jumps_to_and_fro_changes_no_page(
    sqlite_database: Database, calm: list[tuple[Any, ...]], tmp_path: Path
) -> None:
    steps = [(5, HOUR), (12, -2 * HOUR), (13, HOUR), (40, -DAY), (41, DAY), (62, 90 * DAY)]
    moved = lived(sqlite_database, tmp_path / "moved", steps=steps, **DAYTIME)
    # The alert about the clock calls the same people, and one call is about all they owe.
    assert without_calls(moved.told()) == without_calls(calm)
    assert max(moved.gaps) <= 2 * PERIOD


def without_calls(told: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [one for one in told if one[0] != "reminder"]


CALENDAR = {
    "forward": (at(2026, 3, 8, 6, 30), "America/New_York", "Etc/GMT+5"),
    "back": (at(2026, 11, 1, 5, 30), "America/New_York", "Etc/GMT+4"),
    "leap day": (at(2028, 2, 28, 23, 30), "UTC", "Etc/GMT"),
}


@pytest.mark.parametrize(("start", "zone", "plain"), CALENDAR.values(), ids=CALENDAR.keys())
def test_a_night_in_which_the_calendar_jumps_is_a_night_like_others(
    sqlite_database: Database,
    other: Database,
    tmp_path: Path,
    start: int,
    zone: str,
    plain: str,
) -> None:
    calm = lived(other, tmp_path / "plain", start=start, zone=plain)
    found = lived(sqlite_database, tmp_path / "zone", start=start, zone=zone)
    assert found.told() == calm.told()
    assert ENDS in [kind for kind, *_ in found.told()]
    assert set(found.gaps) == {PERIOD}
    assert found.town.system_alerts() == []
