"""`readings`, `latest` and `stations` as people and scripts use them."""

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from floodwatch import config
from floodwatch.cli.configuration import init
from floodwatch.cli.reading import latest, readings, stations
from floodwatch.model.errors import Refused
from floodwatch.model.quality import Flag, Reason, pack
from floodwatch.store import archive, journal
from floodwatch.store.database import Database
from floodwatch.store.journal import LatestRow, Row
from tests.store.series_of import add_series, series_of

EIGHT = 1_782_864_000_000  # 2026-07-01 08:00 in Shanghai, 00:00 UTC
HOUR = 3_600_000
SUSPECT = pack(Flag.SUSPECT, Reason.SPIKE)


@pytest.fixture
def folders(tmp_path: Path, sqlite_database: Database) -> list[str]:
    """A starter configuration in force, and three readings: one in a block, two in rows."""
    assert CliRunner().invoke(init, [str(tmp_path / "config")]).exit_code == 0
    config.apply(sqlite_database, tmp_path / "config", who="test", now=0)
    number = add_series(sqlite_database, sealed_until=EIGHT)
    other = add_series(sqlite_database, sealed_until=EIGHT, station="61990099")
    with sqlite_database.write() as tx:
        archive.merge(tx, number, series_of([EIGHT - HOUR], [95.1]))
        rows = [Row(number, EIGHT, 95.2, 2, EIGHT), Row(number, EIGHT + 250, 99.0, SUSPECT, EIGHT)]
        journal.put(tx, [*rows, Row(other, EIGHT, 1.0, 1, EIGHT)])
        journal.set_latest(tx, [LatestRow(number, EIGHT, 95.2, 2, EIGHT, EIGHT, EIGHT, True)])
    return ["--config", str(tmp_path / "config"), "--data", str(tmp_path / "data")]


def run(command: object, *arguments: str) -> str:
    result = CliRunner().invoke(command, list(arguments), catch_exceptions=False)  # type: ignore[arg-type]
    assert result.exit_code == 0
    return result.stdout


def test_readings_are_printed_as_csv(folders: list[str]) -> None:
    text = run(readings, *folders, "--station", "61990001", "--variable", "stage")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["time"] for row in rows] == [
        "2026-06-30T23:00:00Z",
        "2026-07-01T00:00:00Z",
        "2026-07-01T00:00:00.250Z",
    ]
    assert [float(row["value"]) for row in rows] == [95.1, 95.2, 99.0]
    assert rows[2]["unit"] == "m"
    assert (rows[2]["quality"], rows[2]["reason"]) == ("3", "spike")


def test_times_without_an_offset_are_the_stations_own(folders: list[str]) -> None:
    span = ("--from", "2026-07-01T08:00", "--to", "2026-07-01T08:00")
    text = run(readings, *folders, "--station", "61990001", *span, "--format", "jsonl")
    assert [json.loads(line)["value"] for line in text.splitlines()] == [95.2]


def test_json_is_one_document_with_every_series(folders: list[str]) -> None:
    found = json.loads(run(readings, *folders, "--json"))
    assert [(row["station"], row["value"]) for row in found] == [
        ("61990001", 95.1),
        ("61990001", 95.2),
        ("61990001", 99.0),
        ("61990099", 1.0),
    ]
    assert found[0]["quality"] == 1


def test_a_span_without_readings_is_an_empty_list(folders: list[str]) -> None:
    span = ("--from", "2030-01-01", "--to", "2030-01-02")
    assert json.loads(run(readings, *folders, *span, "--format", "json")) == []
    assert run(readings, *folders, *span).count("\n") == 1


def test_max_points_thins_each_series(folders: list[str], sqlite_database: Database) -> None:
    number = add_series(sqlite_database, sealed_until=EIGHT, station="61990098")
    times = range(0, 10_000 * HOUR, HOUR)
    with sqlite_database.write() as tx:
        archive.merge(tx, number, series_of(times, [float(t % 7) for t in times]))
    text = run(readings, *folders, "--station", "61990098", "--max-points", "100")
    assert 50 < text.count("\n") <= 101


def test_an_unknown_station_is_refused(folders: list[str]) -> None:
    with pytest.raises(Refused, match="61990055"):
        run(readings, *folders, "--station", "61990055")


def test_a_span_that_ends_before_it_begins_is_refused(folders: list[str]) -> None:
    with pytest.raises(Refused, match="before"):
        run(readings, *folders, "--from", "2026-07-02", "--to", "2026-07-01")


def test_latest_says_when_and_how_each_gauge_spoke(folders: list[str]) -> None:
    (row,) = json.loads(run(latest, *folders, "--json"))
    assert (row["station"], row["variable"], row["value"]) == ("61990001", "stage", 95.2)
    assert (row["time"], row["heard"]) == ("2026-07-01T00:00:00Z", "2026-07-01T00:00:00Z")
    assert row["late"] is True
    assert row["name"]
    assert "95.2" in run(latest, *folders)


def test_stations_lists_what_is_configured_and_what_is_only_stored(folders: list[str]) -> None:
    found = {row["code"]: row for row in json.loads(run(stations, *folders, "--json"))}
    assert found["61990001"]["kind"] == "reservoir"
    assert found["61990001"]["configured"] is True
    assert {gauge["variable"] for gauge in found["61990001"]["gauges"]} >= {"stage", "rainfall"}
    assert found["61990099"]["configured"] is False
    assert "not configured" in run(stations, *folders)


def test_without_a_database_one_is_told_how_to_get_one(tmp_path: Path) -> None:
    arguments = ["--config", str(tmp_path), "--data", str(tmp_path / "none")]
    with pytest.raises(Refused, match="floodwatch run"):
        run(latest, *arguments)


def test_a_large_export_holds_only_a_piece_at_a_time(
    folders: list[str], sqlite_database: Database
) -> None:
    number = add_series(sqlite_database, sealed_until=10**15, station="61990097")
    n = 120_000
    with sqlite_database.write() as tx:
        archive.merge(tx, number, series_of(range(0, n * 60_000, 60_000), [1.5] * n))
    text = run(readings, *folders, "--station", "61990097")
    assert text.count("\n") == n + 1
