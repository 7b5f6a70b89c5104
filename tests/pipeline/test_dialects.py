"""Files of every maker, made here: what becomes of them with a station and a zone and no more."""

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from floodwatch.config.edit import NewStation
from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.district import District
from floodwatch.model.errors import ImportRefused
from floodwatch.model.reading import Outcome
from floodwatch.model.station import Gauge, Station, StationKind
from floodwatch.pipeline.import_plan import plan_file
from floodwatch.pipeline.import_report import FileAccount
from floodwatch.pipeline.import_stations import with_stations
from floodwatch.sources.csv.options import ImportOptions, mapping
from floodwatch.sources.csv.stream import Source
from floodwatch.sources.dialects.registry import DIALECTS
from floodwatch.store.database import Database
from tests.pipeline.importing import adds_up, district, report, run

FILES = Path(__file__).parents[1] / "data" / "dialects"
LOGGER = "61990099"
TEN_MIN = 10 * MINUTE


class Made(NamedTuple):
    """What a file holds. Each series: variable, gauge, period, values, first, last, min, max."""

    dialect: str
    lines: int
    series: list[tuple[str, str, int, int, str, str, float, float]]
    missing: int = 0
    other: int = 0  # lines that are no rows
    blank: int = 0


MADE = {
    "toa5.dat": Made("toa5", 5, [
        ("battery", "1", 0, 5, "01T00:10:00", "01T00:50:00.500", 12.79, 12.81),
        ("rainfall", "1", TEN_MIN, 5, "01T00:10:00", "01T00:50:00.500", 0.0, 6.2),
        ("stage", "1", 0, 4, "01T00:10:00", "01T00:50:00.500", 1.204, 1.402),
        ("water_temperature", "1", 0, 5, "01T00:10:00", "01T00:50:00.500", 19.3, 19.5),
    ], missing=1),
    "hobo_two_digit_years.csv": Made("hobo", 6, [
        ("pressure", "1", 0, 4, "2023-07-28T16:30:00", "2023-07-28T17:15:00", 104.512, 105.31),
        ("stage", "1", 0, 4, "2023-07-28T16:30:00", "2023-07-28T17:15:00", 0.312, 0.393),
        ("water_temperature", "1", 0, 4, "2023-07-28T16:30:00", "2023-07-28T17:15:00", 18.141,
         18.236),
    ], missing=6),
    "hobo_semicolons.csv": Made("hobo", 3, [
        ("pressure", "1", 0, 3, "2023-07-28T10:30:00", "2023-07-28T11:00:00", 104.512, 104.922),
        ("water_temperature", "1", 0, 3, "2023-07-28T10:30:00", "2023-07-28T11:00:00", 18.141,
         18.236),
    ]),
    "diver.MON": Made("diver", 4, [
        ("pressure", "1", 0, 4, "01T00:00:00", "01T00:45:00", 97.674234, 136.61644115),
        ("water_temperature", "1", 0, 4, "01T00:00:00", "01T00:45:00", 9.34, 12.36),
    ], other=1),
    "diver_export.csv": Made("diver", 3, [
        ("pressure", "1", 0, 3, "01T06:00:00", "01T08:00:00", 130.618007544, 130.658116743),
        ("water_temperature", "1", 0, 3, "01T06:00:00", "01T08:00:00", 14.653, 14.66),
    ], other=1),
    "keller.txt": Made("keller", 3, [
        ("pressure", "1", 0, 3, "2024-06-28T15:45:00", "2024-06-30T16:15:00", 313.8, 314.4),
        ("pressure", "baro", 0, 3, "2024-06-28T15:45:00", "2024-06-30T16:15:00", 101.3, 101.3),
        ("pressure", "diff", 0, 3, "2024-06-28T15:45:00", "2024-06-30T16:15:00", 212.5, 213.1),
        ("water_temperature", "1", 0, 3, "2024-06-28T15:45:00", "2024-06-30T16:15:00", 11.2, 11.3),
    ], blank=1),
    "solinst.csv": Made("solinst", 4, [
        ("stage", "1", 0, 4, "01T00:00:00", "01T00:00:01.005", 1.036, 1.101),
        ("water_temperature", "1", 0, 4, "01T00:00:00", "01T00:00:01.005", 12.222, 12.236),
    ]),
    "solinst.xle": Made("solinst", 3, [
        ("stage", "1", 0, 3, "01T00:00:00", "01T00:30:00", 1.0367, 1.0401),
        ("water_temperature", "1", 0, 3, "01T00:00:00", "01T00:30:00", 12.1, 12.2),
    ]),
    "export-18039901-2024-07-01_0715-2024-07-02_0700-G2.4.txt": Made("ellitrack", 3, [
        ("stage", "1", 0, 3, "2024-06-30T23:15:00", "2024-06-30T23:45:00", -1.96, -1.6546),
        ("water_temperature", "1", 0, 3, "2024-06-30T23:15:00", "2024-06-30T23:45:00", 13.26, 13.3),
    ]),
    "in_situ.csv": Made("in_situ", 3, [
        ("pressure", "1", 0, 3, "01T00:00:00", "01T00:30:00", 10.424873027, 10.617926231),
        ("stage", "1", 0, 3, "01T00:00:00", "01T00:30:00", 1.063, 1.083),
        ("water_temperature", "1", 0, 3, "01T00:00:00", "01T00:30:00", 12.034, 12.388),
    ], blank=1),
    "nivus.TXT": Made("nivus", 3, [
        ("flow", "1", 0, 2, "01T03:50:00", "02T04:00:00", 0.00125, 0.020079),
        ("stage", "1", 0, 3, "01T03:45:00", "02T04:00:00", 0.059, 0.225),
        ("water_temperature", "1", 0, 2, "01T03:50:00", "02T04:00:00", 8.6, 8.7),
    ], missing=2, other=1, blank=1),
    "ori.csv": Made("ori", 3, [
        ("battery", "1", 0, 3, "09T06:30:19", "10T06:32:00", 2.73, 2.74),
        ("stage", "1", 0, 3, "09T06:30:19", "10T06:32:00", 0.02, 0.0487),
    ]),
    "sts.txt": Made("sts", 3, [
        ("pressure", "1", 0, 3, "09T02:05:06", "10T02:05:08", 11.6503002, 11.67972015),
        ("water_temperature", "1", 0, 3, "09T02:05:06", "10T02:05:08", 12.1, 12.2),
    ]),
    "water_services.rdb": Made("rdb", 5, [
        ("flow", "1", 0, 3, "2023-11-05T05:45:00", "2023-11-05T06:45:00", 24.465755455,
         24.918825001),
        ("stage", "1", 0, 4, "2023-11-05T05:45:00", "2023-11-05T06:30:00", 0.64008, 0.65532),
    ], missing=3, other=1),
    "data_retrieval.tsv": Made("rdb", 2, [
        ("flow", "1", 0, 2, "2023-11-04T16:00:00", "2023-11-05T16:00:00", 24.465755455,
         24.635656535),
    ]),
    "hydrology_api.csv": Made("wiski", 3, [
        ("flow", "1", 0, 2, "01T08:00:00", "01T08:15:00", 1.31, 1.52),
    ], missing=1),
    "wiski.csv": Made("wiski", 4, [
        ("stage", "1", 0, 3, "01T08:00:00", "14T08:45:00", 1.21, 1.24),
    ], missing=1),
    "level.zrx": Made("zrxp", 4, [
        ("stage", "1", 0, 3, "01T07:00:00", "01T07:45:00", 1.23, 1.26),
    ], missing=1),
    "watina.csv": Made("watina", 3, [
        ("pressure", "1", 0, 3, "2024-03-30T11:00:00", "2024-03-31T11:00:00", 100.522501717,
         100.925995302),
        ("water_temperature", "1", 0, 3, "2024-03-30T11:00:00", "2024-03-31T11:00:00", 7.352,
         12.308),
    ]),
    "contdata.csv": Made("contdata", 3, [
        ("pressure", "1", 0, 3, "2024-04-26T02:30:00", "2024-04-26T03:30:00", 101.648027822,
         102.058955356),
        ("pressure", "baro", 0, 3, "2024-04-26T02:30:00", "2024-04-26T03:30:00", 99.010783157,
         99.039051662),
        ("stage", "1", 0, 3, "2024-04-26T02:30:00", "2024-04-26T03:30:00", 0.2602992, 0.300228),
        ("water_temperature", "1", 0, 2, "2024-04-26T02:30:00", "2024-04-26T03:00:00", 10.063,
         10.357),
    ], missing=1),
    "st_pptn_r_hours.csv": Made("sl323", 4, [
        ("rainfall", "1", 5 * MINUTE, 2, "01T00:05:00", "01T00:10:00", 0.5, 2.5),
        ("rainfall", "1", TEN_MIN, 1, "01T00:40:00", "01T00:40:00", 0.5, 0.5),
        ("rainfall", "1", 15 * MINUTE, 1, "01T00:30:00", "01T00:30:00", 1.0, 1.0),
    ], missing=4),
    "st_was_r.txt": Made("sl323", 2, [
        ("flow", "1", 0, 2, "01T00:00:00", "01T01:00:00", 15.5, 16.0),
        ("stage", "1", 0, 2, "01T00:00:00", "01T01:00:00", 25.1, 25.12),
        ("tail_stage", "1", 0, 2, "01T00:00:00", "01T01:00:00", 23.05, 23.11),
    ]),
    "st_pump_r.csv": Made("sl323", 2, [
        ("flow", "1", 0, 2, "01T00:00:00", "01T01:00:00", 0.0, 7.5),
        ("pumps_running", "1", 0, 2, "01T00:00:00", "01T01:00:00", 0.0, 3.0),
        ("stage", "1", 0, 2, "01T00:00:00", "01T01:00:00", 24.8, 25.01),
        ("tail_stage", "1", 0, 2, "01T00:00:00", "01T01:00:00", 27.3, 27.35),
    ]),
}  # fmt: skip


def taken(database: Database, name: str, **options: Any) -> FileAccount:
    """Import a file for a station that is made by it."""
    place = district()

    def create(new: list[NewStation]) -> District:
        return with_stations(place, new)

    options = {"station": LOGGER, "tz": "Asia/Shanghai", "create_stations": True} | options
    return report(database, [FILES / name], place, create=create, **options).files[0]


def series_of(account: FileAccount) -> list[tuple[str, str, int, int, str, str, float, float]]:
    document = account.document()["series"]
    keys = ("variable", "gauge", "period", "stored", "from", "to", "min", "max")
    return sorted(tuple(entry[key] for key in keys) for entry in document)


def moment(text: str) -> str:
    return f"{text if text[4:5] == '-' else '2024-07-' + text}Z"


@pytest.mark.parametrize("name", MADE)
def test_a_file_is_read_with_a_station_and_a_zone_alone(
    sqlite_database: Database, name: str
) -> None:
    made = MADE[name]
    account = taken(sqlite_database, name)
    assert adds_up(account)
    assert account.detected["dialect"] == made.dialect
    assert series_of(account) == sorted(
        (*entry[:4], moment(entry[4]), moment(entry[5]), *entry[6:]) for entry in made.series
    )
    assert account.lines == made.lines
    assert (account.other_lines, account.blank_lines) == (made.other, made.blank)
    assert account.counts[Outcome.MISSING] == made.missing
    assert account.counts[Outcome.REJECTED] == 0


@pytest.mark.parametrize("name", MADE)
def test_the_dialect_can_be_said_and_is_then_the_same(sqlite_database: Database, name: str) -> None:
    account = taken(sqlite_database, name, dialect=MADE[name].dialect, dry_run=True)
    assert account.lines == MADE[name].lines
    assert account.counts[Outcome.REJECTED] == 0


def test_every_dialect_has_a_file_here() -> None:
    assert {made.dialect for made in MADE.values()} == set(DIALECTS)


def plan(name: str, place: District | None = None, **options: Any) -> Any:
    return plan_file(Source(FILES / name), ImportOptions(**options), place or district())


def test_a_dialect_that_does_not_fit_is_refused_with_its_reason() -> None:
    with pytest.raises(ImportRefused, match="neither \\[Data\\] nor a header Date/time"):
        plan("nivus.TXT", dialect="diver", station="61990001")
    with pytest.raises(ImportRefused, match="unknown; known: auto, long, wide, sl323"):
        plan("keller.txt", dialect="abacus", station="61990001")


# -- SL 323 -------------------------------------------------------------------------------------


def test_rain_of_several_stations_and_periods(sqlite_database: Database) -> None:
    account = taken(sqlite_database, "st_pptn_r.csv", station="")
    assert adds_up(account)
    found = {
        (entry["station"], entry["period"]): (entry["stored"], entry["max"])
        for entry in account.document()["series"]
    }
    assert found == {
        ("61990001", 5 * MINUTE): (2, 2.5),
        ("61990001", DAY): (1, 31.5),
        ("6199A002", HOUR): (1, 12.0),
    }


def test_station_codes_of_18_characters_and_gb18030(sqlite_database: Database) -> None:
    account = taken(sqlite_database, "st_river_r.csv", station="")
    assert account.detected["encoding"] == "gb18030"
    assert {key.station for key in account.series} == {"61990001", "619900010000000ABC"}
    assert account.counts[Outcome.MISSING] == 1  # NULL


def test_the_unit_of_w_is_asked_for_and_what_is_said_counts(sqlite_database: Database) -> None:
    (question,) = plan("st_rsvr_r.csv").questions
    assert "in which unit is column W (storage)" in question
    assert "--unit million_m3" in question
    stored = {}
    for unit in ("million_m3", "wan_m3"):
        account = taken(sqlite_database, "st_rsvr_r.csv", station="", unit=unit, dry_run=True)
        stored[unit] = {key.variable: count.maximum for key, count in account.series.items()}
    assert stored["million_m3"]["storage"] == 12_351_000
    assert stored["wan_m3"]["storage"] == 123_510
    assert stored["wan_m3"]["stage"] == 95.24  # what has a unit keeps it


def test_an_interval_that_may_be_either_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "rain.csv"
    path.write_text("STCD,TM,DRP,INTV\n61990001,2024-07-01 08:00:00,1.0,0.10\n", encoding="utf-8")
    options = ImportOptions()
    (question,) = plan_file(Source(path), options, district()).questions
    assert "INTV has 0.10 (61990001), which may be hours and minutes (HH.NN) or hours" in question
    said = plan_file(Source(path), ImportOptions(period=6 * MINUTE), district())
    assert not said.questions
    assert "period" not in said.columns.names


# -- stations, gauges, zones ----------------------------------------------------------------------


def test_a_station_nobody_knows_is_asked_for_under_the_name_the_file_gives() -> None:
    nobody = District(timezone="Asia/Shanghai", stations={})
    (question,) = plan("toa5.dat", nobody).questions
    assert "the file calls it '61990001'" in question
    assert "--create-stations" in question
    with pytest.raises(ImportRefused, match="configure it, or say --create-stations"):
        plan("toa5.dat", station="61990077")


def test_the_name_in_the_file_is_the_station_if_it_is_known() -> None:
    assert plan("toa5.dat").station == "61990001"


def test_columns_without_a_gauge_are_left_out_and_named() -> None:
    found = plan("toa5.dat", station="61990001")
    assert [value.variable for value in found.values] == ["stage", "rainfall"]
    assert any("no such gauge: BattV_Min (battery), WTemp_C_Avg" in note for note in found.notes)
    assert not found.questions


def test_a_station_without_any_of_the_gauges_is_asked_about() -> None:
    (question,) = plan("diver.MON", station="61990001").questions
    assert "station 61990001 has no gauge for PRESSURE = pressure" in question
    assert '{variable = "pressure"}' in question
    assert "it has: rainfall@1, stage@1, storage@1" in question


def test_a_mapping_to_a_gauge_that_is_not_there_is_asked_about() -> None:
    options = ImportOptions(station="61990001", map=(mapping("PRESSURE=stage@7:cm"),))
    (question,) = plan_file(Source(FILES / "diver.MON"), options, district()).questions
    assert "no gauge for PRESSURE = stage@7" in question


def test_a_level_goes_to_the_only_gauge_that_measures_one(sqlite_database: Database) -> None:
    street = Station(
        "61990052", "示范二路口", StationKind.WATERLOGGING, (Gauge("61990052", "ponding_depth"),)
    )
    account = run(sqlite_database, FILES / "solinst.csv", district(street), station="61990052")
    (key,) = account.series
    assert (key.variable, account.series[key].maximum) == ("ponding_depth", 1.101)


def test_columns_can_be_mapped_by_hand_within_the_dialect(sqlite_database: Database) -> None:
    account = run(
        sqlite_database, FILES / "toa5.dat", station="61990001", map=["WLevel_m_Max=stage"]
    )
    (key,) = account.series
    assert (key.variable, account.series[key].maximum) == ("stage", 1.45)


def test_a_zone_that_is_not_the_files_is_said_and_can_be_forced(sqlite_database: Database) -> None:
    name = "hobo_two_digit_years.csv"
    believed = taken(sqlite_database, name, dry_run=True)
    assert believed.detected["tz"] == "-05:00"
    assert any("states GMT-05:00, which is not Asia/Shanghai" in note for note in believed.notes)
    same = taken(sqlite_database, name, tz="America/Chicago", dry_run=True)  # UTC-5 in July
    assert not any("states" in note for note in same.notes)
    forced = taken(sqlite_database, name, force_tz=True, dry_run=True)
    first = min(count.first for count in forced.series.values() if count.first is not None)
    assert first == min(c.first for c in believed.series.values() if c.first) - 13 * HOUR


def test_a_wrong_number_of_rows_is_said(sqlite_database: Database) -> None:
    account = taken(sqlite_database, "diver.MON", dry_run=True)
    assert "the file says it has 5 rows; it has 4" in account.notes


def test_a_clock_that_does_not_follow_summer_time_is_pointed_out(
    sqlite_database: Database, tmp_path: Path
) -> None:
    text = (FILES / "solinst.csv").read_bytes().replace(b"2024/07/01,08", b"2024/10/27,02")
    path = tmp_path / "a.csv"
    path.write_bytes(text)
    account = taken(sqlite_database, str(path), tz="Europe/Berlin")
    assert adds_up(account)
    assert account.counts[Outcome.REJECTED] == 8
    assert any("say --tz as a fixed offset" in note for note in account.notes)
    fixed = taken(sqlite_database, str(path), tz="Etc/GMT-1", dry_run=True)
    assert fixed.counts[Outcome.REJECTED] == 0


# -- several tables in one file ------------------------------------------------------------------


def test_downloads_put_one_after_the_other_are_one_file(
    sqlite_database: Database, tmp_path: Path
) -> None:
    text = (FILES / "toa5.dat").read_bytes()
    path = tmp_path / "two.dat"
    path.write_bytes(text + text.replace(b"2024-07-01", b"2024-07-02"))
    account = run(sqlite_database, path, station="61990001")
    assert adds_up(account)
    assert (account.lines, account.other_lines) == (10, 4)
    assert account.counts[Outcome.REJECTED] == 0


def test_tables_of_unlike_columns_in_one_file_are_refused(tmp_path: Path) -> None:
    text = (FILES / "water_services.rdb").read_text(encoding="utf-8")
    path = tmp_path / "two.rdb"
    path.write_text(text + text.replace("40346_00060", "40348_00010"), encoding="utf-8")
    with pytest.raises(ImportRefused, match="several tables with different columns"):
        plan_file(Source(path), ImportOptions(station="61990001"), district())
