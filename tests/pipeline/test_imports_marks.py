"""Flags of makers, lost decimal points, marks of thousands, words for no value: all the way in."""

from pathlib import Path

import pytest

from floodwatch.model.batch import Batch, Receipt
from floodwatch.model.quality import Flag, Reason, flag_of, reason_of
from floodwatch.model.reading import Outcome
from floodwatch.store import archive
from floodwatch.store.database import Database
from floodwatch.store.journal import SeriesMap
from tests.pipeline.importing import Journal, adds_up, days_ago, district, run, stored
from tests.sources.csv.making import write


def qualities(database: Database) -> list[tuple[float, Flag, Reason]]:
    """Everything in blocks with its flag."""
    found = []
    with database.read() as connection:
        for number in SeriesMap().all(connection).values():
            series = archive.read(connection, number, -(2**60), 2**60)
            pairs = zip(series.values.tolist(), series.quality.tolist(), strict=True)
            found += [(value, flag_of(quality), reason_of(quality)) for value, quality in pairs]
    return found


def lines(first: int, cells: list[str]) -> str:
    return "".join(f"{first + 300_000 * place},{cell}\n" for place, cell in enumerate(cells))


@pytest.mark.parametrize("first", [1_622_505_600_000, days_ago(2)])
def test_flags_of_the_maker_are_kept_as_quality(
    sqlite_database: Database, tmp_path: Path, first: int
) -> None:
    cells = ["50.0,A", "50.1,e", "50.2,4", "50.3,9", "50.4,"]
    text = "time,stage (m),stage (m)_cd\n" + lines(first, cells)
    account = run(
        sqlite_database,
        write(tmp_path / "a.csv", text),
        station="61990001",
        map=["stage (m)=stage"],
    )
    assert adds_up(account)
    assert account.counts == {Outcome.STORED: 4, Outcome.MISSING: 1}
    if first < days_ago(30):
        assert qualities(sqlite_database) == [
            (50.0, Flag.GOOD, Reason.NONE),
            (50.1, Flag.SUSPECT, Reason.MAKER),
            (50.2, Flag.FAIL, Reason.MAKER),
            (50.4, Flag.GOOD, Reason.NONE),
        ]


def test_flags_reach_readings_that_go_the_way_of_live_ones(
    sqlite_database: Database, tmp_path: Path
) -> None:
    handed: list[int | None] = []

    def submit(batch: Batch) -> Receipt:
        handed.extend(reading.quality for reading in batch.readings)
        return Journal(sqlite_database, district()).submit(batch)

    text = "time,stage (m),qc\n" + lines(days_ago(2), ["104.7,1", "104.8,3", "10480,1", "104.8,1"])
    run(sqlite_database, write(tmp_path / "a.csv", text), station="61990001", submit=submit)
    assert handed == [None, 93, 113, None]


def test_a_lost_decimal_point_is_suspect_and_kept(
    sqlite_database: Database, tmp_path: Path
) -> None:
    text = "time,stage (m)\n" + lines(
        1_622_505_600_000, ["44.76", "44.77", "4477", "44.78", "44.8"]
    )
    account = run(sqlite_database, write(tmp_path / "a.csv", text), station="61990001")
    assert account.counts == {Outcome.STORED: 5}
    assert [q[0] for q in qualities(sqlite_database) if q[1] is Flag.SUSPECT] == [4477]
    assert (4477, Flag.SUSPECT, Reason.DECIMAL) in qualities(sqlite_database)


def test_words_and_numbers_for_no_value_may_be_said(
    sqlite_database: Database, tmp_path: Path
) -> None:
    text = "time,stage (m)\n" + lines(
        1_622_505_600_000, ["1", "RETIRED", "-77", "-77.0", "ICE", "x"]
    )
    account = run(
        sqlite_database,
        write(tmp_path / "a.csv", text),
        station="61990001",
        no_value=("RETIRED", "-77"),
    )
    assert account.counts == {Outcome.STORED: 1, Outcome.MISSING: 4, Outcome.REJECTED: 1}


def test_marks_of_thousands_are_decided_by_the_column(
    sqlite_database: Database, tmp_path: Path
) -> None:
    text = 'time,stage (m)\n2021-06-01,"1,234.5"\n2021-06-02,"1,235"\n'
    run(sqlite_database, write(tmp_path / "a.csv", text), station="61990001")
    assert sorted(stored(sqlite_database).values()) == [1234.5, 1235]


def test_a_mark_that_may_be_either_is_refused_with_what_decides_it(
    sqlite_database: Database, tmp_path: Path
) -> None:
    text = 'time,stage (m)\n2021-06-01,"1,234"\n2021-06-02,5\n'
    path = write(tmp_path / "a.csv", text)
    account = run(sqlite_database, path, station="61990001")
    assert [(r.line, "--thousands" in r.reason) for r in account.rejects] == [(2, True)]
    run(sqlite_database, path, station="61990001", decimal=",")
    assert sorted(stored(sqlite_database).values()) == [1.234, 5]


def test_headers_again_in_the_middle_are_no_rows(sqlite_database: Database, tmp_path: Path) -> None:
    one = "time,level\n,cm\n2021-06-01,101\n"
    two = one.replace("06-01", "06-02")
    path = write(tmp_path / "a.csv", one + two)
    account = run(sqlite_database, path, station="61990001", map=["level=stage"])
    assert adds_up(account)
    assert (account.lines, account.other_lines, account.counts) == (2, 2, {Outcome.STORED: 2})
    assert set(stored(sqlite_database).values()) == {1.01}


def test_trailers_are_refused_by_their_own(sqlite_database: Database, tmp_path: Path) -> None:
    text = "time,stage (m)\n2021-06-01,1\nEND OF DATA\nrecords: 1,,\n"
    account = run(sqlite_database, write(tmp_path / "a.csv", text), station="61990001")
    assert adds_up(account)
    assert account.counts == {Outcome.STORED: 1, Outcome.REJECTED: 2}
    assert [reject.line for reject in account.rejects] == [3, 4]
