"""What people enter is judged at the next tick: hazards, inspections, backup sources."""

from typing import Any

import pytest
from sqlalchemy import select

from floodwatch.config.live import Configuration
from floodwatch.model.clock import DAY, HOUR
from floodwatch.model.errors import Refused
from floodwatch.model.severity import Severity
from floodwatch.pipeline import registers
from floodwatch.store import registers as store
from floodwatch.store.tables import audit
from tests.pipeline.town import RESERVOIR, STREET, Town

ASKED = """
[[rule]]
type = "inspection"
kind = "reservoir"
parameters = {flood_days = 7, dry_days = 30}
"""


def hazard(town: Town, **given: Any) -> int:
    with town.database.write() as tx:
        return registers.add_hazard(
            tx,
            Configuration(town.database).current(),
            given.pop("station", RESERVOIR),
            title=given.pop("title", "坝脚渗水"),
            found_by="示范巡查",
            owner="示范技术",
            severity=given.pop("severity", Severity.II),
            who="示范值班",
            now=town.clock.wall(),
            **given,
        )


def close(town: Town, number: int) -> None:
    with town.database.write() as tx:
        registers.close_hazard(tx, number, who="示范值班", now=town.clock.wall())


def inspect(town: Town, **given: Any) -> None:
    with town.database.write() as tx:
        district = Configuration(town.database).current()
        registers.add_inspection(
            tx, district, RESERVOIR, result="正常", who="示范巡查", now=town.clock.wall(), **given
        )


def inspections(town: Town) -> list[tuple[object, object]]:
    return [
        (row["direction"], row["severity"]) for row in town.alerts() if row["type"] == "inspection"
    ]


def tick(town: Town) -> None:
    town.clock.advance(200)
    town.ticker.tick()


def test_an_open_hazard_is_a_stricter_limit_at_once_and_closing_it_clears(town: Town) -> None:
    town.stage(93.00)
    number = hazard(town, limit=92.50)
    assert inspections(town) == []
    tick(town)
    assert inspections(town) == [("up", 3)]
    [row] = [row for row in town.alerts() if row["type"] == "inspection"]
    assert row["limit_value"] == 92.50
    assert "坝脚渗水" in row["facts"]["zh"]  # type: ignore[index]
    close(town, number)
    tick(town)
    town.wait(31)
    assert inspections(town) == []


def test_the_next_reading_is_held_against_the_limit_of_the_hazard(town: Town) -> None:
    town.stage(92.00)
    hazard(town, limit=92.50)
    tick(town)
    assert inspections(town) == []
    town.stage(92.50)
    assert inspections(town) == [("up", 3)]


def test_a_hazard_without_a_limit_is_told_when_it_is_past_its_date(town: Town) -> None:
    hazard(town, due=town.clock.wall() + 2 * DAY, severity=Severity.III)
    town.wait(2 * 1440 - 60, step=60)
    assert inspections(town) == []
    town.wait(1440 + 120, step=60)
    assert inspections(town) == [("none", 2)]


def test_a_place_that_is_not_inspected_is_told_of_until_somebody_has_been_there(town: Town) -> None:
    town.configure(
        "thresholds.toml",
        '\n[[rule]]\nkind = "reservoir"',
        ASKED + '\n[[rule]]\nkind = "reservoir"',
    )
    inspect(town)
    tick(town)
    town.wait(7 * 1440, step=120)
    assert inspections(town) == []
    town.wait(1440 + 120, step=120)
    assert inspections(town) == [("none", 1)]
    town.wait(7 * 1440, step=120)
    assert inspections(town) == [("none", 2)]
    inspect(town)
    tick(town)
    assert inspections(town) == []


def test_everything_entered_stands_in_the_audit(town: Town) -> None:
    close(town, hazard(town))
    with town.database.write() as tx:
        now = town.clock.wall()
        registers.add_forecast(
            tx,
            begins=now,
            ends=now + DAY,
            rainfall_mm=60,
            source="示范气象",
            who="示范值班",
            now=now,
        )
    with town.database.read() as connection:
        actions = [row.action for row in connection.execute(select(audit).order_by(audit.c.id))]
        forecasts = store.coming_forecasts(connection, now=now)
        later = store.coming_forecasts(connection, now=now + DAY)
    assert actions[-3:] == ["hazard add", "hazard close", "forecast add"]
    assert [row["rainfall_mm"] for row in forecasts] == [60]
    assert later == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"station": "61990099"}, "no station"),
        ({"title": " "}, "title is empty"),
        ({"limit": 92.0, "gauge": "7"}, "has no gauge"),
        ({"limit": float("nan")}, "cannot be a value"),
        ({"limit": 1.0, "station": STREET}, "has no gauge"),
        ({"due": 1}, "before it was found"),
    ],
)
def test_what_cannot_be_entered_is_refused(
    sqlite_town: Town, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(Refused, match=said):
        hazard(sqlite_town, **given)


def test_a_hazard_that_is_closed_cannot_be_closed_again(sqlite_town: Town) -> None:
    number = hazard(sqlite_town)
    close(sqlite_town, number)
    with pytest.raises(Refused, match="no open hazard"):
        close(sqlite_town, number)


def test_the_newest_state_of_a_backup_source_counts(sqlite_town: Town) -> None:
    for state in ("ready", "failed"):
        with sqlite_town.database.write() as tx:
            district = Configuration(sqlite_town.database).current()
            now = sqlite_town.clock.wall() + HOUR * (state == "failed")
            registers.set_backup(tx, district, STREET, state=state, who="示范值班", now=now)
    with sqlite_town.database.read() as connection:
        [row] = store.newest_backups(connection, now=0)
    assert row["state"] == "failed"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"limit": 98.5}, "above the crest"),
        ({"station": STREET, "variable": "ponding_depth", "limit": 0.1}, "no rule judges"),
    ],
)
def test_a_limit_that_could_never_bind_is_refused(
    sqlite_town: Town, given: dict[str, Any], why: str
) -> None:
    with pytest.raises(Refused, match=why):
        hazard(sqlite_town, **given)
