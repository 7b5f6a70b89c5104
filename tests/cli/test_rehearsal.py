"""`rehearse` as the engineer uses it before a new limit is put in force."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from floodwatch import config
from floodwatch.cli.rehearsal import rehearse
from floodwatch.store import archive, tables
from floodwatch.store.database import Database
from tests.pipeline.test_rehearse_street import KEY, depths
from tests.store.series_of import add_series, series_of

EIGHT = 1_782_864_000_000  # 2026-07-01 08:00 in Shanghai, 00:00 UTC
HOUR = 3_600_000
STATIONS = """
[[station]]
code = "61990001"
name = "示范水库"
kind = "reservoir"
outlet = "gated"
crest = 98.0
gauges = [{variable = "stage"}]
[[station]]
code = "61990019"
name = "示范路口"
kind = "waterlogging"
gauges = [{variable = "ponding_depth", from = "distance", zero = 1578, unit = "mm"}]
"""
THRESHOLDS = """
[[threshold]]
station = "61990001"
variable = "stage"
name = "flood_limit"
severity = "IV"
above = 95.20
"""
STREET = """
[[threshold]]
station = "61990019"
variable = "ponding_depth"
name = "flooded"
severity = "II"
at_or_above = 0.100
clear = 0.050
[[rule]]
type = "level"
variable = "ponding_depth"
hold_up = "0s"
hold_down = "0s"
"""
RECIPIENTS = """
[[person]]
name = "示范张三"
email = "a@example.org"
[[route]]
people = ["示范张三"]
channels = ["log"]
"""


@pytest.fixture
def folders(tmp_path: Path, sqlite_database: Database) -> list[str]:
    """Two stations, one threshold, and one morning of stages."""
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "floodwatch.toml").write_text("[service]\n", "utf-8")
    (folder / "stations.toml").write_text(STATIONS, "utf-8")
    (folder / "thresholds.toml").write_text(THRESHOLDS, "utf-8")
    (folder / "recipients.toml").write_text(RECIPIENTS, "utf-8")
    config.apply(sqlite_database, folder, who="test", now=0)
    number = add_series(sqlite_database, sealed_until=EIGHT + 24 * HOUR)
    stages = [95.0, 95.3, 95.5, 95.1, 95.1]
    with sqlite_database.write() as tx:
        times = [EIGHT + i * HOUR for i in range(len(stages))]
        archive.merge(tx, number, series_of(times, stages))
    return ["--config", str(folder), "--data", str(tmp_path / "data")]


def call(folders: list[str], *arguments: str) -> Result:
    return CliRunner().invoke(rehearse, [*folders, *arguments])


MORNING = ("--from", "2026-07-01T08:00", "--to", "2026-07-01T20:00")


def test_the_rules_in_force_are_rehearsed(folders: list[str]) -> None:
    document = json.loads(call(folders, *MORNING, "--json").stdout)
    (alert,) = document["alerts"]
    assert (alert["station"], alert["rule"], alert["severity"]) == ("61990001", "level", "IV")
    assert alert["fired_at"] == "2026-07-01T01:00:00Z"
    assert alert["resolved_at"] == "2026-07-01T04:00:00Z"
    assert (alert["peak"], alert["peak_at"]) == (95.5, "2026-07-01T02:00:00Z")
    assert [t["kind"] for t in alert["transitions"]] == ["fired", "resolved"]
    assert document["readings"] == 5


def test_the_period_bounds_what_is_judged(folders: list[str]) -> None:
    result = call(folders, "--from", "2026-07-01T08:00", "--to", "2026-07-01T08:30", "--json")
    assert json.loads(result.stdout)["alerts"] == []


def test_other_rules_replace_all_thresholds(folders: list[str], tmp_path: Path) -> None:
    rules = tmp_path / "draft.toml"
    rules.write_text(THRESHOLDS.replace("95.20", "95.40"), "utf-8")
    result = call(folders, *MORNING, "--rules", str(rules), "--json")
    (alert,) = json.loads(result.stdout)["alerts"]
    assert alert["fired_at"] == "2026-07-01T02:00:00Z"


def test_wrong_rules_are_refused_by_the_name_of_their_file(
    folders: list[str], tmp_path: Path
) -> None:
    rules = tmp_path / "draft.toml"
    rules.write_text(THRESHOLDS.replace("95.20", "99.20"), "utf-8")
    result = call(folders, *MORNING, "--rules", str(rules))
    assert result.exit_code == 1
    assert "draft.toml:7" in str(result.exception)
    assert "crest" in str(result.exception)


def test_an_unknown_station_is_refused_by_name(folders: list[str]) -> None:
    result = call(folders, *MORNING, "--station", "石桥")
    assert "石桥" in str(result.exception)


def test_people_get_a_table(folders: list[str]) -> None:
    text = call(folders, *MORNING, "--station", "示范水库").stdout
    assert "61990001 示范水库" in text
    assert "1 alerts from 5 readings" in text


def test_nothing_is_written(folders: list[str], sqlite_database: Database) -> None:
    call(folders, *MORNING)
    with sqlite_database.read() as connection:
        assert connection.execute(tables.alert.select()).all() == []
        assert connection.execute(tables.rule_state.select()).all() == []


def test_a_stored_street_flood_gives_its_eight_alerts(
    folders: list[str], tmp_path: Path, sqlite_database: Database
) -> None:
    depth = depths("daily_happy_satyr.csv", 1578)
    number = add_series(
        sqlite_database, sealed_until=EIGHT, station=KEY.station, variable=KEY.variable
    )
    with sqlite_database.write() as tx:
        archive.merge(tx, number, depth)
    rules = tmp_path / "street.toml"
    rules.write_text(STREET, "utf-8")
    period = ("--from", "2023-05-29T00:00:00Z", "--to", "2023-06-29T00:00:00Z")
    document = json.loads(call(folders, *period, "--rules", str(rules), "--json").stdout)
    assert len(document["alerts"]) == 8
    first = document["alerts"][0]
    assert (first["fired_at"], first["resolved_at"]) == (
        "2023-06-03T23:19:02Z",
        "2023-06-04T03:22:41Z",
    )
    assert (first["peak"], first["peak_at"]) == (0.475, "2023-06-04T00:43:07Z")
