"""What the audit holds to account, and what it takes for an explanation."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from sqlalchemy import insert, update

from floodwatch.audit import Violation, violations
from floodwatch.audit.documents import duration, read, routes
from floodwatch.cli.watching import audit
from floodwatch.model.clock import DAY, HOUR, MINUTE, SystemClock
from floodwatch.pipeline.self_watch import nightly
from floodwatch.store import tables
from floodwatch.store.database import Database
from tests.pipeline.town import FILES, GAUGE, RESERVOIR, START, STREET, Town

SINCE_EIGHT = '{variable = "rainfall_day"}'
SPILL = f"{RESERVOIR}/1/stage/level/up"


@pytest.fixture
def town(database: Database, tmp_path: Path) -> Town:
    return Town(database, tmp_path / "config")


def found(town: Town, *, until: int = 0) -> list[Violation]:
    now = town.clock.wall()
    with town.database.read() as connection:
        return violations(connection, start=START - HOUR, end=now + 1, now=until or now)


def change(town: Town, table: Any, **values: Any) -> None:
    with town.database.write() as tx:
        tx.connection.execute(update(table).values(**values))


def rise(town: Town) -> None:
    """Up to a spill of grade IV, believably."""
    for value in (95.10, 95.15, 95.21, 95.22):
        town.clock.advance(5 * MINUTE)
        town.stage(value)
    town.ticker.tick()


def test_a_crossing_that_became_an_alert_and_messages_is_explained(town: Town) -> None:
    rise(town)
    assert town.alerts()
    assert found(town) == []


def test_a_crossing_without_an_alert_is_found_once_with_its_value(town: Town) -> None:
    rise(town)
    change(town, tables.alert, rule="another")
    [one] = [v for v in found(town) if v.kind == "no alert"]
    assert one.where == SPILL
    assert "95.21 met spill (95.2, severity 1)" in one.what
    assert "2 readings in all" in one.what


def test_an_alert_that_was_not_grave_enough_does_not_explain(town: Town) -> None:
    for value in (95.5, 95.9, 96.3, 96.6, 96.81, 96.82):
        town.clock.advance(20 * MINUTE)
        town.stage(value)
    assert "no alert" not in {v.kind for v in found(town)}
    change(town, tables.alert_event, severity=1)
    assert "design_flood" in next(v for v in found(town) if v.kind == "no alert").what


def test_an_alert_that_ended_too_early_does_not_explain(town: Town) -> None:
    rise(town)
    change(town, tables.alert, resolved_at=town.clock.wall() - 2 * MINUTE)
    assert "no alert" in {v.kind for v in found(town)}


def test_rain_of_a_window_is_summed_again(town: Town) -> None:
    for _ in range(11):
        town.clock.advance(5 * MINUTE)
        town.say(GAUGE, "rainfall", 5.0)
    assert found(town) == []
    change(town, tables.alert, rule="another")
    rain = [v for v in found(town) if v.kind == "no alert"]
    assert [v.where for v in rain] == [f"{GAUGE}/1/rainfall/rainfall/up"]
    assert "50 met rain_1h" in rain[0].what


def test_rain_since_eight_is_summed_again_over_the_morning(town: Town) -> None:
    town.configure("stations.toml", '{variable = "rainfall", period = "5min"}', SINCE_EIGHT)
    now = town.clock.wall()
    until_eight = -now % DAY  # 08:00 of Shanghai is midnight of UTC
    town.clock.advance(until_eight - 30 * MINUTE)
    for counted in (60.0, 66.0, 72.0, 78.0, 84.0, 90.0, 6.0, 12.0, 18.0, 24.0, 30.0):
        town.clock.advance(5 * MINUTE)
        town.say(GAUGE, "rainfall_day", counted)
    assert [alert["rule"] for alert in town.alerts()] == [f"{GAUGE}/1/rainfall/rainfall/up"]
    assert found(town) == []
    change(town, tables.alert, rule="another")
    rain = [v for v in found(town) if v.kind == "no alert"]
    assert [v.where for v in rain] == [f"{GAUGE}/1/rainfall/rainfall/up"]
    assert "54 met rain_1h" in rain[0].what


def test_a_failed_reading_a_late_one_and_an_overtaken_one_demand_nothing(town: Town) -> None:
    now = town.clock.wall()
    town.stage(94.0, at=now)
    town.stage(500.0, at=now + MINUTE)
    town.stage(96.0, at=now - 10 * MINUTE)
    town.clock.advance(MINUTE)
    assert found(town) == []


def test_a_rule_that_is_switched_off_demands_nothing(town: Town) -> None:
    town.configure("thresholds.toml", 'hold_down = "30min"', "enabled = false")
    rise(town)
    assert town.alerts() == []
    assert found(town) == []


def test_a_hold_must_have_passed_before_anything_is_demanded(town: Town) -> None:
    town.configure("thresholds.toml", 'hold_down = "30min"', 'hold_up = "2h"')
    rise(town)
    assert town.alerts() == []
    assert found(town) == []
    for _ in range(13):
        town.clock.advance(10 * MINUTE)
        town.ticker.tick()
        town.stage(95.23)
    change(town, tables.alert, rule="another")
    assert "no alert" in {v.kind for v in found(town)}


def test_an_alert_about_which_nobody_was_written_to_is_found(town: Town) -> None:
    rise(town)
    with town.database.write() as tx:
        tx.connection.execute(tables.outbox.delete())
    assert {v.kind for v in found(town)} == {"nobody told"}
    change(town, tables.alert, muted_by="maintenance:1")
    assert found(town) == []


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"state": "accepted", "next_at": None, "reason": "taken"}, None),
        ({"state": "retry", "next_at": START + HOUR, "reason": "busy"}, None),
        ({"state": "failed", "next_at": None, "reason": "no such box"}, "not reached"),
        ({"state": "superseded", "next_at": None, "reason": "a graver one"}, None),
        ({"state": "pending", "next_at": None}, "outbox"),
        ({"state": "accepted", "next_at": START, "reason": "taken"}, "outbox"),
        ({"state": "expired", "next_at": None, "reason": None}, "outbox"),
    ],
)
def test_each_message_is_accepted_or_under_way_or_ended_for_a_reason(
    town: Town, values: dict[str, Any], kind: str | None
) -> None:
    rise(town)
    change(town, tables.outbox, **values)
    kinds = {v.kind for v in found(town)}
    assert kind in kinds if kind else not kinds


def test_a_message_that_nobody_works_on_is_found(town: Town) -> None:
    rise(town)
    late = town.clock.wall() + 20 * MINUTE
    assert "outbox" in {v.kind for v in found(town, until=late)}


def test_a_duty_without_a_next_step_is_found(town: Town) -> None:
    for value in (95.5, 95.9, 96.3, 96.6, 96.81):
        town.clock.advance(20 * MINUTE)
        town.stage(value)
    assert found(town) == []
    change(town, tables.obligation, due=None)
    assert "no next step" in {v.kind for v in found(town)}


def test_whom_nobody_has_reached_twice_stands_in_the_list_of_calls(town: Town) -> None:
    rise(town)
    change(town, tables.obligation, due=None, step=2)
    assert "no next step" not in {v.kind for v in found(town)}


def test_an_alert_for_which_another_stood_told_nobody_and_is_explained(town: Town) -> None:
    rise(town)
    [alert] = town.alerts()
    change(town, tables.outbox, alert_id=None)
    assert "nobody told" in {v.kind for v in found(town)}
    with town.database.write() as tx:
        muted = {"alert_id": alert["id"], "seq": 99, "at": alert["fired_at"], "kind": "muted"}
        tx.connection.execute(
            insert(tables.alert_event).values(**muted, text="", facts={}, rev=tx.rev)
        )
    assert "nobody told" not in {v.kind for v in found(town)}


def test_what_came_by_import_demands_nothing(town: Town) -> None:
    rise(town)
    change(town, tables.alert, rule="another")
    number = town.an_import()
    with town.database.write() as tx:
        row = {"import_id": number, "series_id": 1, "start": START, "end": START + DAY}
        tx.connection.execute(insert(tables.import_delta).values(**row, rev=tx.rev, data=b""))
    assert "no alert" not in {v.kind for v in found(town)}


def test_the_command_prints_what_is_unexplained_and_says_so_by_its_code(tmp_path: Path) -> None:
    database = Database.at(tmp_path / "data")
    database.migrate()
    morning = SystemClock().wall() // DAY * DAY - DAY + 2 * HOUR  # 10 o'clock there: told at once
    town = Town(database, tmp_path / "config", at=morning)
    rise(town)
    arguments = ["--config", str(tmp_path / "config"), "--data", str(tmp_path / "data"), "--json"]
    span = ["--from", _iso(town.clock.wall() - HOUR), "--to", _iso(town.clock.wall() + 1)]
    change(town, tables.outbox, state="accepted", next_at=None, reason="taken")
    change(town, tables.obligation, state="answered", due=None)
    done = CliRunner().invoke(audit, [*span, *arguments])
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["unexplained"] == []
    change(town, tables.alert, rule="another")
    done = CliRunner().invoke(audit, [*span, *arguments])
    assert done.exit_code == 1
    assert json.loads(done.output)["unexplained"][0]["where"] == SPILL
    old = ["--from", "2020-01-01", "--to", "2020-01-02"]
    assert CliRunner().invoke(audit, [*old, *arguments]).exception
    database.close()


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat()


def test_a_template_makes_room_for_the_station_s_own_and_units_become_canonical() -> None:
    rules = read(FILES)
    depth = next(limit for limit in rules.limits if limit.station == STREET)
    assert depth.value == 0.15
    own = FILES["thresholds.toml"] + (
        f'\n[[threshold]]\nstation = "{STREET}"\nvariable = "ponding_depth"\nname = "depth_15"\n'
        'severity = "II"\nunit = "mm"\nabove = 200\n'
    )
    limits = read({**FILES, "thresholds.toml": own}).limits
    assert [(limit.value, limit.severity) for limit in limits if limit.station == STREET] == [
        (0.2, 3)
    ]


def test_documents_that_cannot_be_read_demand_nothing() -> None:
    assert read({"stations.toml": "[[", "thresholds.toml": "="}).limits == ()
    assert not routes({}).writes(rule=SPILL, severity=1, band="")
    assert [duration(text) for text in ("5min", "1.5h", "0s", "", None, "x")] == [
        300_000,
        5_400_000,
        0,
        0,
        0,
        0,
    ]


def test_the_nightly_audit_goes_on_where_the_last_one_ended() -> None:
    tz, night = ZoneInfo("Asia/Shanghai"), START - 4 * HOUR  # 04:00 there
    end = night - 10 * MINUTE
    assert nightly(START, last=None, tz=tz) is None
    assert nightly(night, last=None, tz=tz) == (end - DAY, end)
    assert nightly(night, last=end - DAY, tz=tz) == (end - DAY, end)
    assert nightly(night, last=end - HOUR, tz=tz) is None
    assert nightly(night, last=end - 30 * DAY, tz=tz) == (end - 7 * DAY, end)
    ahead = night + 365 * DAY  # a clock that had run a year ahead must not silence it for a year
    assert nightly(night, last=ahead, tz=tz) == (end - DAY, end)
