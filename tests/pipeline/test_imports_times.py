"""Times as files have them: hours that are twice or not at all, days, odd ways of writing."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from floodwatch.model.errors import ImportRefused
from floodwatch.model.reading import Outcome
from floodwatch.model.station import Gauge, Station, StationKind
from floodwatch.store.database import Database
from tests.pipeline.importing import adds_up, district, reservoir, run, stored
from tests.sources.csv.making import write

BERLIN = district(reservoir("61990009", "示范九库", tz="Europe/Berlin"))
RAIN = district(
    Station(
        "61990020",
        "示范雨站",
        StationKind.RAIN,
        (Gauge("61990020", "rainfall_day", unit="mm"), Gauge("61990020", "stage", unit="m")),
    )
)


def utc(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def times(database: Database) -> dict[str, float]:
    """When what is stored, as UTC."""
    return {
        datetime.fromtimestamp(time / 1000, UTC).strftime("%m-%d %H:%M"): value
        for (_, time), value in sorted(stored(database).items(), key=lambda entry: entry[0][1])
    }


def night(rows: list[str], *, newest_first: bool = False) -> str:
    body = rows[::-1] if newest_first else rows
    return "time,stage (m),storage (m3)\n" + "\n".join(body) + "\n"


AUTUMN = [
    "2024-10-27 01:30,1,10",
    "2024-10-27 02:00,2,20",
    "2024-10-27 02:30,3,",
    "2024-10-27 02:00,4,40",
    "2024-10-27 02:30,5,50",
    "2024-10-27 03:00,6,60",
    "2025-12-20 00:00,7,70",
]


@pytest.mark.parametrize("newest_first", [False, True])
def test_an_hour_that_is_twice_is_told_by_the_order_of_the_file(
    sqlite_database: Database, tmp_path: Path, newest_first: bool
) -> None:
    path = write(tmp_path / "a.csv", night(AUTUMN, newest_first=newest_first))
    account = run(sqlite_database, path, BERLIN, station="61990009")
    assert adds_up(account)
    assert account.counts == {Outcome.STORED: 13, Outcome.MISSING: 1}
    found = {k[1]: v for k, v in stored(sqlite_database).items() if k[0].variable == "stage"}
    assert found == {
        utc("2024-10-26T23:30"): 1,
        utc("2024-10-27T00:00"): 2,
        utc("2024-10-27T00:30"): 3,
        utc("2024-10-27T01:00"): 4,
        utc("2024-10-27T01:30"): 5,
        utc("2024-10-27T02:00"): 6,
        utc("2025-12-19T23:00"): 7,
    }


def test_doubled_hours_of_several_years_are_not_taken_for_misdated(
    sqlite_database: Database, tmp_path: Path
) -> None:
    days = ["2023-10-29", "2024-10-27", "2025-10-26"]
    rows = [f"{day} {hour}:00,1,1" for day in days for hour in ("00", "01", "02", "02", "03")]
    rows.append("2025-11-20 00:00,1,1")
    path = write(tmp_path / "a.csv", night(rows))
    account = run(sqlite_database, path, BERLIN, station="61990009")
    assert account.counts == {Outcome.STORED: 2 * len(rows)}


def test_a_doubled_hour_told_by_nothing_is_refused(
    sqlite_database: Database, tmp_path: Path
) -> None:
    rows = [AUTUMN[0], AUTUMN[1], AUTUMN[5]]
    account = run(
        sqlite_database, write(tmp_path / "a.csv", night(rows)), BERLIN, station="61990009"
    )
    assert account.counts == {Outcome.STORED: 4, Outcome.REJECTED: 2}
    assert "exists twice" in account.rejects[0].reason


def test_an_hour_that_is_not_is_refused(sqlite_database: Database, tmp_path: Path) -> None:
    rows = ["2024-03-31 01:59,1,1", "2024-03-31 02:00,2,2", "2024-03-31 03:00,3,3"]
    account = run(
        sqlite_database, write(tmp_path / "a.csv", night(rows)), BERLIN, station="61990009"
    )
    assert account.counts == {Outcome.STORED: 4, Outcome.REJECTED: 2}
    assert [(r.line, "does not exist" in r.reason) for r in account.rejects] == [(3, True)]


def test_offsets_may_be_mixed_with_local_times(sqlite_database: Database, tmp_path: Path) -> None:
    text = "time,stage (m)\n2021-06-01T08:00+08:00,1\n2021-06-01T01:00Z,2\n2021-06-01 10:00,3\n"
    run(sqlite_database, write(tmp_path / "a.csv", text), station="61990001")
    assert times(sqlite_database) == {"06-01 00:00": 1, "06-01 01:00": 2, "06-01 02:00": 3}


@pytest.mark.parametrize(
    ("cells", "encoding"),
    [
        (("2021/6/1 上午 8:05", "2021/6/1 下午 8:05"), "gb18030"),
        (("2021年6月1日8时5分", "2021年6月1日20时5分"), "utf-16"),
        (("1-Jun-2021 08:05", "1-Jun-2021 20:05"), "utf-8-sig"),
        (("44348.336806", "44348.836806"), "utf-8"),
        (("1622505900", "1622549100"), "utf-8"),
        (("1622505900000", "1622549100000"), "utf-8"),
        (("2021-06-01 08:05 AM", "2021-06-01 08:05 PM"), "latin-1"),
    ],
)
def test_times_are_read_however_they_are_written(
    sqlite_database: Database, tmp_path: Path, cells: tuple[str, str], encoding: str
) -> None:
    text = f"时间,stage (m)\n{cells[0]},1\n{cells[1]},2\n"
    if encoding == "latin-1":
        text = text.replace("时间", "time")
    path = write(tmp_path / "a.csv", text, encoding=encoding)
    run(sqlite_database, path, station="61990001", time_column=text.split(",")[0])
    assert times(sqlite_database) == {"06-01 00:05": 1, "06-01 12:05": 2}


def test_which_is_the_day_is_asked_for_and_then_taken(
    sqlite_database: Database, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.csv", "time,stage (m)\n01/06/2021 08:00,1\n")
    with pytest.raises(ImportRefused, match="--time-format"):
        run(sqlite_database, path, station="61990001")
    run(sqlite_database, path, station="61990001", time_format="%d/%m/%Y")
    assert times(sqlite_database) == {"06-01 00:00": 1}


@pytest.mark.parametrize(
    ("label", "expected"),
    [("", "06-01 00:00"), ("end", "06-01 00:00"), ("begin", "06-02 00:00")],
)
def test_a_date_of_daily_rain_is_the_0800_that_ends_it(
    sqlite_database: Database, tmp_path: Path, label: str, expected: str
) -> None:
    path = write(tmp_path / "a.csv", "date,rainfall_day (mm),stage (m)\n2021-06-01,12.5,3\n")
    account = run(sqlite_database, path, RAIN, station="61990020", day_label=label)
    found = times(sqlite_database)
    assert found == {"05-31 16:00": 3, expected: 12.5}
    assert ("begins" if label == "begin" else "ends") in " ".join(account.notes)


def test_a_daily_value_with_a_clock_is_believed(sqlite_database: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "time,rainfall_day (mm)\n2021-06-01 08:00,12.5\n")
    run(sqlite_database, path, RAIN, station="61990020")
    assert times(sqlite_database) == {"06-01 00:00": 12.5}
