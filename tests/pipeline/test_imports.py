"""An import accounts for every value and line of a file, and refuses to guess."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.errors import ImportRefused
from floodwatch.model.moment import iso
from floodwatch.model.reading import Outcome, SeriesKey
from floodwatch.pipeline import import_buffer, imports
from floodwatch.sources.csv.options import ImportOptions
from floodwatch.store.database import Database
from floodwatch.store.journal import latest
from tests.pipeline.importing import (
    NOW,
    Journal,
    adds_up,
    days_ago,
    district,
    report,
    reservoir,
    run,
    stored,
)
from tests.sources.csv.making import write

STAGE = SeriesKey("61990001", "1", "stage")
HEAD = "station,time,value\n"
LONG = {"variable": "stage", "unit": "m"}


def counts(account: object) -> dict[str, int]:
    return {outcome.value: n for outcome, n in account.counts.items() if n}


def reasons(account: object) -> list[tuple[int, str]]:
    return [(reject.line, reject.reason) for reject in account.rejects]


def test_a_long_table_is_stored(database: Database, tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.csv", HEAD + "示范水库,2021-01-01T00:00Z,9.5\n61990001,2021-01-02,9\n"
    )
    account = run(database, path, **LONG)
    assert counts(account) == {"stored": 2}
    assert sorted(stored(database).values()) == [9, 9.5]
    assert (STAGE, 1_609_516_800_000) in stored(database)  # midnight in Shanghai


def test_the_latest_reading_is_known_after_an_import(database: Database, tmp_path: Path) -> None:
    run(database, write(tmp_path / "a.csv", HEAD + "61990001,2021-01-01T00:00Z,9.5\n"), **LONG)
    with database.read() as connection:
        (row,) = latest(connection).values()
    assert (row.time, row.value) == (1_609_459_200_000, 9.5)


def test_bad_lines_and_values_are_refused_with_their_numbers(
    sqlite_database: Database, tmp_path: Path
) -> None:
    text = (
        "61990001,2021-01-01T00:00Z,1\n\n"  # 2, 3 blank
        "61990001,2021-01-01T00:01Z,NaN\n61990001,2021-01-01T00:02Z,inf\n"  # 4, 5
        "61990001,2021-01-01T00:03Z,-9999\n61990001,2021-01-01T00:04Z,\n"  # 6, 7 missing
        "61990001,2021-01-01T00:05Z,12.3m\n61990001,2021-02-30T00:00Z,1\n"  # 8, 9
        "61990001,,1\nA,2021-01-01T00:00Z,1\n" + ",".join(["x"] * 30) + "\n"  # 10, 11, 12
        '61990001,"2021-01-01T00:06Z,1\n61990001,2021-01-01T00:07Z,2\n'  # 13, 14 good
        "61990001,2021-01-01T00:08Z\x00,1\nA,2021-01-01T00:00Z,1\n"  # 15, 16
    )
    account = run(sqlite_database, write(tmp_path / "a.csv", HEAD + text), **LONG)
    assert counts(account) == {"stored": 2, "missing": 2, "rejected": 10}
    assert (account.lines, account.blank_lines) == (14, 1)
    assert adds_up(account)
    assert dict(account.unknown_stations) == {"A": 2}
    by_line = dict(reasons(account))
    assert sorted(by_line) == [4, 5, 8, 9, 10, 11, 12, 13, 15, 16]
    assert by_line[10] == "no time"
    assert by_line[11] == "unknown station A"
    assert by_line[12] == "30 fields instead of 3"
    assert by_line[13] == "unclosed quote"
    assert account.rejects_file
    with Path(account.rejects_file).open(encoding="utf-8", newline="") as file:
        assert {int(row["line"]) for row in csv.DictReader(file)} == set(by_line)


def test_the_same_file_again_changes_nothing(database: Database, tmp_path: Path) -> None:
    rows = "".join(f"61990001,2021-01-{day:02},{day}\n" for day in range(1, 20))
    path = write(tmp_path / "a.csv", HEAD + rows + "61990001,2021-01-01,7\n61990001,2021-01-02,2\n")
    assert counts(run(database, path, **LONG)) == {"stored": 19, "corrected": 1, "duplicate": 1}
    before = stored(database)
    again = run(database, path, **LONG)
    assert adds_up(again)
    # The first day's two values each meet the other.
    assert counts(again) == {"duplicate": 19, "corrected": 2}
    assert stored(database) == before


def test_recent_readings_go_through_ingest_and_older_ones_into_blocks(
    sqlite_database: Database, tmp_path: Path
) -> None:
    rows = "".join(f"61990001,{iso(days_ago(20 - day))},{day}\n" for day in range(20))
    place = district()
    ingest = Journal(sqlite_database, place)
    path = write(tmp_path / "a.csv", HEAD + rows)
    account = report(sqlite_database, [path], place, submit=ingest.submit, **LONG).files[0]
    assert counts(account) == {"stored": 20}
    assert len(stored(sqlite_database)) == 20
    sent = [reading for batch in ingest.batches for reading in batch.readings]
    assert [reading.time for reading in sent] == [days_ago(d) for d in range(8, 0, -1)]
    assert {batch.import_id for batch in ingest.batches} == {1}


def test_a_time_ahead_is_quarantined_by_ingest(sqlite_database: Database, tmp_path: Path) -> None:
    rows = f"61990001,{iso(NOW + DAY)},1\n61990001,{iso(NOW + DAY)},2\n61990001,{iso(NOW)},3\n"
    account = run(sqlite_database, write(tmp_path / "a.csv", HEAD + rows), **LONG)
    assert counts(account) == {"quarantined": 2, "stored": 1}
    assert adds_up(account)


@pytest.mark.parametrize("lines", [1, 7, 1000])
def test_a_buffer_that_is_full_again_and_again_changes_nothing(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: int
) -> None:
    monkeypatch.setattr(import_buffer, "MOST", lines)
    monkeypatch.setattr("floodwatch.sources.csv.stream.Source.blocks.__defaults__", (300,))
    rows = "".join(
        f"6199000{1 + n % 2},{iso(days_ago(400) + n % 97 * MINUTE)},{n}\n" for n in range(300)
    )
    account = run(sqlite_database, write(tmp_path / "a.csv", HEAD + rows), **LONG)
    assert adds_up(account)
    assert counts(account) == {"stored": 194, "corrected": 106}
    assert sorted(stored(sqlite_database).values()) == list(range(106, 300))


# -- units ---------------------------------------------------------------------------------------


def test_a_column_without_a_unit_is_asked_for_and_nothing_written(
    sqlite_database: Database, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.csv", HEAD + "61990001,2021-01-01,9\n")
    with pytest.raises(ImportRefused, match="which unit is column value"):
        run(sqlite_database, path, variable="stage")
    assert stored(sqlite_database) == {}


@pytest.mark.parametrize(
    ("unit", "words"), [("parsec", "unknown unit"), ("m3", "does not fit stage")]
)
def test_a_wrong_unit_is_refused(
    sqlite_database: Database, tmp_path: Path, unit: str, words: str
) -> None:
    path = write(tmp_path / "a.csv", HEAD + "61990001,2021-01-01,9\n")
    with pytest.raises(ImportRefused, match=words):
        run(sqlite_database, path, variable="stage", unit=unit)


@pytest.mark.parametrize(
    ("header", "options", "value"),
    [
        ("水位(厘米)", {}, 9.5),
        ("WaterLevel(m)", {}, 950),
        ("水位", {"unit": "cm"}, 9.5),
        ("水位", {"map": ["水位=stage:ft"]}, 289.56),
        ("水位(m)", {"map": ["水位(m)=stage:mm"]}, 0.95),
        ("水位", {"map": ["水位=stage"], "unit": "canonical"}, 950),
    ],
)
def test_units_come_from_the_map_the_header_or_the_option(
    sqlite_database: Database, tmp_path: Path, header: str, options: dict, value: float
) -> None:
    path = write(tmp_path / "a.csv", f"站名,时间,{header}\n示范水库,2021-01-01,950\n")
    account = run(sqlite_database, path, **options)
    assert stored(sqlite_database) == {(STAGE, 1_609_430_400_000): value}
    assert account.detected["mapping"][0]["variable"] == "stage"


def test_a_unit_column_gives_each_row_its_own(sqlite_database: Database, tmp_path: Path) -> None:
    text = "station,variable,time,value,unit\n61990001,stage,2021-01-01,950,cm\n"
    text += "61990001,storage,2021-01-01,2,wan_m3\n61990001,storage,2021-01-02,2,m\n"
    account = run(sqlite_database, write(tmp_path / "a.csv", text))
    assert sorted(stored(sqlite_database).values()) == [9.5, 20_000]
    assert counts(account) == {"stored": 2, "rejected": 1}
    assert "does not fit storage" in reasons(account)[0][1]


def test_a_distance_becomes_a_depth(sqlite_database: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "time,dist_mm\n2021-01-01,1569\n2021-01-02,1103\n")
    run(sqlite_database, path, station="61990051", map=["dist_mm=ponding_depth"])
    assert sorted(stored(sqlite_database).values()) == [0.009, 0.475]


def test_a_gauge_that_says_what_it_sends_needs_no_unit(
    sqlite_database: Database, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.csv", "time,reading\n2021-01-01,1569\n")
    run(sqlite_database, path, station="61990051", map=["reading=ponding_depth"])
    assert list(stored(sqlite_database).values()) == [0.009]


# -- columns and times ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("station,time,x\n61990001,2021-01-01,1\n", "which columns hold the values"),
        ("time,value\n2021-01-01,1\n", "which station"),
        ("station,a,value\n61990001,x,1\n", "which column is the time"),
        ("station,time,value\n61990001,01/07/2021,1\n", "--time-format"),
    ],
)
def test_what_is_not_known_is_asked(
    sqlite_database: Database, tmp_path: Path, text: str, words: str
) -> None:
    options = {} if "columns" in words else LONG
    with pytest.raises(ImportRefused, match=words):
        run(sqlite_database, write(tmp_path / "a.csv", text), **options)


def test_an_unknown_station_of_a_whole_file_is_refused(
    sqlite_database: Database, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.csv", "time,value\n2021-01-01,1\n")
    with pytest.raises(ImportRefused, match="unknown station 'A'"):
        run(sqlite_database, path, station="A", **LONG)


def test_two_columns_of_one_series_are_refused(sqlite_database: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "time,a,b\n2021-01-01,1,2\n")
    with pytest.raises(ImportRefused, match="two columns hold stage"):
        run(sqlite_database, path, station="61990001", map=["a=stage:m", "b=stage:m"])


def test_a_date_and_a_clock_column_are_joined(sqlite_database: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "日期,时刻,水位(m)\n2021-01-01,08:30:00,1\n")
    account = run(sqlite_database, path, station="61990001")
    assert account.detected["time_column"] == "日期+时刻"
    assert list(stored(sqlite_database)) == [(STAGE, 1_609_461_000_000)]


def test_the_time_zone_is_the_stations_then_the_options_then_the_services(
    sqlite_database: Database, tmp_path: Path
) -> None:
    place = district(reservoir("61990003", "远", tz="Europe/Berlin"))
    text = HEAD + "61990003,2021-01-01 00:00,1\n61990001,2021-01-01 00:00,2\n"
    run(sqlite_database, write(tmp_path / "a.csv", text), place, tz="UTC", **LONG)
    times = {key.station: time for key, time in stored(sqlite_database)}
    midnight = 1_609_459_200_000
    assert times == {"61990003": midnight - HOUR, "61990001": midnight}


def test_local_times_that_never_were_are_refused_and_doubled_ones_decided_by_order(
    sqlite_database: Database, tmp_path: Path
) -> None:
    place = district(reservoir("61990003", "远", tz="Europe/Berlin"))
    clocks = ["03-31 01:30", "03-31 02:30", "03-31 03:30"]
    clocks += ["10-27 01:30", "10-27 02:00", "10-27 02:30", "10-27 02:00", "10-27 02:30"]
    clocks += ["10-27 03:00"]
    rows = "".join(f"61990003,2024-{c},{n}\n" for n, c in enumerate(clocks))
    account = run(
        sqlite_database, write(tmp_path / "a.csv", HEAD + rows), place, accept_misdated=True, **LONG
    )
    assert counts(account) == {"stored": 8, "rejected": 1}
    assert reasons(account) == [(3, "this time does not exist in Europe/Berlin")]
    autumn = sorted((time, value) for (_, time), value in stored(sqlite_database).items())[2:]
    first = datetime(2024, 10, 26, 23, 30, tzinfo=UTC)
    assert [iso(time) for time, _ in autumn] == [
        iso(round((first + timedelta(minutes=30 * n)).timestamp() * 1000)) for n in range(6)
    ]
    assert [value for _, value in autumn] == [3, 4, 5, 6, 7, 8]


def test_a_doubled_time_seen_once_is_refused(sqlite_database: Database, tmp_path: Path) -> None:
    place = district(timezone="Europe/Berlin")
    text = HEAD + "61990001,2024-10-27 02:30,1\n61990001,2024-10-27 04:30,1\n"
    account = run(sqlite_database, write(tmp_path / "a.csv", text), place, **LONG)
    assert counts(account) == {"stored": 1, "rejected": 1}
    assert "exists twice" in reasons(account)[0][1]


def test_misdated_values_are_quarantined_unless_accepted(
    sqlite_database: Database, tmp_path: Path
) -> None:
    days = ["2013-05-01", "2013-05-02", "2021-09-10", "2013-05-03", "2013-05-04"]
    path = write(tmp_path / "a.csv", HEAD + "".join(f"61990001,{day},1\n" for day in days))
    account = run(sqlite_database, path, **LONG)
    assert counts(account) == {"stored": 4, "quarantined": 1}
    assert reasons(account)[0][0] == 4
    assert adds_up(account)
    accepted = run(sqlite_database, path, accept_misdated=True, **LONG)
    assert counts(accepted) == {"duplicate": 4, "stored": 1}


# -- the whole ------------------------------------------------------------------------------------


def test_a_dry_run_says_the_same_and_writes_nothing(
    sqlite_database: Database, tmp_path: Path
) -> None:
    rows = "".join(f"61990001,{iso(days_ago(20 - day))},{day}\n" for day in range(25))
    path = write(tmp_path / "a.csv", HEAD + rows + rows)
    dry = run(sqlite_database, path, dry_run=True, **LONG)
    assert stored(sqlite_database) == {}
    assert dry.rejects_file is None
    real = run(sqlite_database, path, **LONG)
    assert counts(dry) == counts(real)
    assert counts(run(sqlite_database, path, dry_run=True, **LONG)) == counts(
        run(sqlite_database, path, **LONG)
    )


def test_a_cancelled_import_accounts_for_what_it_has_read(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("floodwatch.sources.csv.stream.Source.blocks.__defaults__", (100,))
    rows = "".join(f"61990001,{iso(days_ago(100 - n))},{n}\n" for n in range(50))
    path = write(tmp_path / "a.csv", HEAD + rows)
    place = district()
    polls = iter([False, False, True])
    found = imports.run(
        sqlite_database,
        [path],
        ImportOptions(**LONG),
        place,
        submit=Journal(sqlite_database, place).submit,
        who="示范张三",
        now=NOW,
        cancelled=lambda: next(polls, True),
    )
    assert found.state == "cancelled"
    assert 0 < found.count(Outcome.STORED) == found.files[0].lines < 50
    assert len(stored(sqlite_database)) == found.files[0].lines


@pytest.mark.parametrize("days", [1, 400])
def test_an_import_that_is_stopped_writes_little_more_and_counts_the_rest(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    """In rows of the journal and in blocks."""
    monkeypatch.setattr("floodwatch.pipeline.import_write.GRACE", 0)
    rows = "".join(f"6199000{1 + n % 2},{iso(days_ago(days) - n)},{n}\n" for n in range(50))
    place = district()
    found = imports.run(
        sqlite_database,
        [write(tmp_path / "a.csv", HEAD + rows)],
        ImportOptions(**LONG),
        place,
        submit=Journal(sqlite_database, place).submit,
        who="示范张三",
        now=NOW,
        cancelled=lambda: True,
    )
    (file,) = found.files
    assert (file.left, sum(file.counts.values()), file.values) == (50, 0, 50)
    assert stored(sqlite_database) == {}


def test_a_file_that_changes_while_it_is_read_leaves_an_import_that_can_be_taken_back(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("floodwatch.sources.csv.stream.Source.blocks.__defaults__", (100,))
    monkeypatch.setattr(import_buffer, "MOST", 5)
    rows = "".join(f"61990001,{iso(days_ago(100 - n))},{n}\n" for n in range(50))
    path = write(tmp_path / "a.csv", HEAD + rows)
    place = district()

    def append(progress: object) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write("more\n")

    with pytest.raises(ImportRefused, match="changed while it was being read\nimport 1 stopped"):
        imports.run(
            sqlite_database,
            [path],
            ImportOptions(**LONG),
            place,
            submit=Journal(sqlite_database, place).submit,
            who="示范张三",
            now=NOW,
            progress=append,
        )
    assert stored(sqlite_database)
    imports.undo(sqlite_database, 1, who="示范张三", now=NOW)
    assert stored(sqlite_database) == {}


def test_a_preview_shows_the_choices_and_the_questions(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.csv", "站名,时间,水位,雨量(mm)\n示范水库,2021-01-01 08:00,1,2\n甲,x,1,2\n"
    )
    (file,) = imports.preview([path], ImportOptions(), district()).files
    assert (file.station, file.time_column, file.encoding) == ("站名", "时间", "utf-8")
    assert [m["variable"] for m in file.mapping] == ["stage", "rainfall"]
    assert (file.stations, file.unknown_stations) == (["示范水库"], ["甲"])
    assert [question.split("?")[0] for question in file.questions] == [
        "in which unit is column 水位 (stage)"
    ]


def test_a_table_without_rows_is_no_error(sqlite_database: Database, tmp_path: Path) -> None:
    account = run(sqlite_database, write(tmp_path / "a.csv", HEAD), **LONG)
    assert (account.lines, account.values) == (0, 0)


def test_the_report_is_a_document_as_promised(sqlite_database: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", HEAD + "61990001,2021-01-01T00:00Z,9.5\n")
    document = report(sqlite_database, [path], **LONG).document()
    assert document["import_id"] == 1
    (file,) = document["files"]
    assert {"file", "dialect", "encoding", "tz", "lines", "blank_lines", "values", "stored"} <= set(
        file
    )
    assert file["series"] == [
        {
            "station": "61990001",
            "gauge": "1",
            "variable": "stage",
            "period": 0,
            "stored": 1,
            "from": "2021-01-01T00:00:00Z",
            "to": "2021-01-01T00:00:00Z",
            "min": 9.5,
            "max": 9.5,
        }
    ]
