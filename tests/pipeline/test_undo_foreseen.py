"""Before an import is taken back it is said what that will do, and that is what it does."""

from pathlib import Path

import numpy as np
import pytest

from floodwatch.model.reading import SeriesKey
from floodwatch.pipeline import import_undo
from floodwatch.pipeline.import_undo import Foreseen, foresee, undo
from floodwatch.store.database import Database
from tests.pipeline.importing import NOW, days_ago, run, stored
from tests.sources.csv.making import write

STAGE = SeriesKey("61990001", "1", "stage")
OPTIONS = {"station": "61990001", "unit": "m"}


def table(first: int, last: int, value: float) -> str:
    """A reading a day, so many days ago."""
    days = [np.datetime64(days_ago(d), "ms").astype(str) for d in range(last, first - 1, -1)]
    return "time,stage\n" + "".join(f"{day}Z,{value}\n" for day in days)


@pytest.mark.parametrize("ago", [1, 400])
def test_what_is_foreseen_is_what_comes(
    sqlite_database: Database, tmp_path: Path, ago: int
) -> None:
    """In rows of the journal and in blocks."""
    run(sqlite_database, write(tmp_path / "a.csv", table(ago + 2, ago + 4, 95.0)), **OPTIONS)
    run(sqlite_database, write(tmp_path / "b.csv", table(ago, ago + 3, 96.0)), **OPTIONS)
    run(sqlite_database, write(tmp_path / "c.csv", table(ago, ago, 97.0)), **OPTIONS)
    with sqlite_database.read() as connection:
        found = foresee(connection, 2)
    assert found == Foreseen(removed=1, restored=2, covered=1)
    undo(sqlite_database, 2, who="示范张三", now=NOW)
    values = [value for _, value in sorted(stored(sqlite_database).items())]
    assert values == [95.0, 95.0, 95.0, 97.0]


def test_of_a_very_large_import_only_a_part_is_counted(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(sqlite_database, write(tmp_path / "a.csv", table(300, 304, 95.0)), **OPTIONS)
    monkeypatch.setattr(import_undo, "_FORESEEN", 1)
    with sqlite_database.read() as connection:
        assert foresee(connection, 1) == Foreseen(removed=5, whole=False)
