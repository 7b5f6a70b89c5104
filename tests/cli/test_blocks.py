"""The commands `blocks verify`, `blocks stats` and `blocks compact`."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select, update

from floodwatch import config
from floodwatch.model.clock import HOUR
from floodwatch.store import archive
from floodwatch.store.database import Database
from floodwatch.store.tables import block
from tests.cli.test_keeping import run
from tests.pipeline.town import FILES
from tests.store.series_of import add_series, series_of

N = 500


@pytest.fixture
def place(tmp_path: Path, sqlite_database: Database) -> Path:
    """A folder of a service with a few blocks."""
    (tmp_path / "config").mkdir()
    for name, text in FILES.items():
        (tmp_path / "config" / name).write_text(text, "utf-8")
    config.apply(sqlite_database, tmp_path / "config", who="test", now=0)
    for variable in ("stage", "storage"):
        number = add_series(sqlite_database, sealed_until=N * HOUR, variable=variable)
        with sqlite_database.write() as tx:
            archive.merge(tx, number, series_of(range(0, N * HOUR, HOUR), range(N)))
    return tmp_path


def test_a_sound_archive_is_called_sound(place: Path) -> None:
    done = run(place, "blocks", "verify")
    assert done.exit_code == 0, done.output
    assert "2 blocks of 2 series: all sound" in done.stdout


def test_damage_is_named_with_its_series_and_ends_with_1(
    place: Path, sqlite_database: Database
) -> None:
    with sqlite_database.write() as tx:
        data = tx.connection.execute(select(block.c.data).limit(1)).scalar_one()
        broken = data[:-1] + bytes([data[-1] ^ 1])
        tx.connection.execute(update(block).where(block.c.series_id == 1).values(data=broken))
    done = run(place, "blocks", "verify")
    assert done.exit_code == 1
    assert "61990001/1/stage 1970-01-01T" in done.stdout
    assert "restore a backup" in done.stdout
    again = run(place, "blocks", "verify", "--json")
    assert again.exit_code == 1
    [fault] = json.loads(again.stdout)["faults"]
    assert (fault["station"], fault["variable"], fault["readings"]) == ("61990001", "stage", N)


def test_what_it_takes_is_counted_by_variable_and_in_total(place: Path) -> None:
    found = json.loads(run(place, "blocks", "stats", "--json").stdout)
    assert {one["variable"] for one in found["variables"]} == {"stage", "storage"}
    assert (found["total"]["series"], found["total"]["readings"]) == (2, 2 * N)
    assert "bytes a reading" in run(place, "blocks", "stats").stdout


def test_compacting_a_tidy_archive_changes_nothing(place: Path) -> None:
    done = json.loads(run(place, "blocks", "compact", "--json").stdout)
    assert done["renewed"]["before"] == 0
    assert done["faults"] == []
