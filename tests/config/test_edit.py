"""Stations are added to the file without touching what stands there."""

from pathlib import Path

import pytest

from floodwatch import config
from floodwatch.config.edit import NewGauge, NewStation, add_stations, appended, replace_file
from floodwatch.model.clock import DAY, MINUTE
from floodwatch.model.errors import ConfigError
from floodwatch.model.reading import SeriesKey
from floodwatch.model.station import StationKind
from tests.config.conftest import Folder

DAM = NewStation(
    code="石門水庫",
    name="石門水庫",
    kind=StationKind.RESERVOIR,
    gauges=(
        NewGauge("stage"),
        NewGauge("storage", unit="wan_m3"),
        NewGauge("rainfall", period=DAY),
    ),
    aliases=('"10201"',),
    tz="Asia/Taipei",
    timed=DAY,
)
STREET = NewStation(
    code="happy_satyr",
    name="happy_satyr",
    kind=StationKind.WATERLOGGING,
    gauges=(NewGauge("ponding_depth", unit="mm", source="distance", zero=1578.0),),
    timed=MINUTE,
)


def test_added_stations_are_in_the_configuration(folder: Folder) -> None:
    add_stations(folder.path, [DAM, STREET])

    district = config.load(folder.path)
    dam = district.stations["石門水庫"]
    assert (dam.kind, dam.tz, dam.aliases) == (StationKind.RESERVOIR, "Asia/Taipei", ('"10201"',))
    assert dam.reporting.timed == DAY
    assert SeriesKey("石門水庫", "1", "rainfall", DAY) in district.gauges
    assert district.gauges[SeriesKey("石門水庫", "1", "storage")].unit == "wan_m3"
    assert district.gauges[SeriesKey("happy_satyr", "1", "ponding_depth")].zero == 1578


def test_what_stood_there_stays_to_the_last_byte(folder: Folder) -> None:
    before = folder.text("stations.toml")

    add_stations(folder.path, [DAM])

    assert folder.text("stations.toml").startswith(before)
    assert [p.name for p in folder.path.iterdir() if p.name.startswith(".")] == []


def test_a_file_without_its_last_line_break_gets_one(folder: Folder) -> None:
    assert "\n\n[[station]]" in appended('[[station]]\ncode = "1"', [DAM])
    assert appended("", [DAM]).startswith("[[station]]")


def test_a_station_that_would_be_an_error_is_not_written(folder: Folder) -> None:
    before = folder.text("stations.toml")
    taken = NewStation("61990001", "again", StationKind.RIVER, ())

    with pytest.raises(ConfigError, match="already means"):
        add_stations(folder.path, [taken])

    assert folder.text("stations.toml") == before


def test_a_file_changed_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("theirs", encoding="utf-8")

    with pytest.raises(ConfigError, match="changed this file meanwhile"):
        replace_file(tmp_path, "a.toml", "mine", expected="what I read")

    assert (tmp_path / "a.toml").read_text(encoding="utf-8") == "theirs"
    assert [p.name for p in tmp_path.iterdir()] == ["a.toml"]
