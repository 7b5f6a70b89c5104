"""A damaged, cut off or vanished database: kept aside, loud, and alarms go on from the backup."""

import os
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from floodwatch.bootstrap import open_services
from floodwatch.bootstrap.rescue import diagnose
from floodwatch.model.clock import SystemClock
from floodwatch.pipeline import backups
from floodwatch.pipeline.backups import Keeping
from floodwatch.store import tables
from floodwatch.store.clockwork import setting
from floodwatch.store.database import FILE
from tests.pipeline.town import FILES, Town
from tests.service.kills import ABOVE, one_crossing, reading
from tests.service.running import until
from tests.service.test_storage import asked

ALERTS = "SELECT COUNT(*) FROM alert WHERE type = 'level'"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A data folder with an open alert, a backup of it, and a reading since."""
    config = tmp_path / "config"
    config.mkdir()
    for name, text in FILES.items():
        (config / name).parent.mkdir(exist_ok=True)
        (config / name).write_text(text, "utf-8")
    with closing(open_services(config, tmp_path / "data", migrate=True)) as services:
        town = Town(services.database, config, at=SystemClock().wall())
        for value in (95.10, 95.15, 95.21, 95.22):
            town.clock.advance(300_000)
            town.stage(value)
        backups.take(services.database, Keeping.of({}, tmp_path / "data"), now=SystemClock().wall())
        town.clock.advance(300_000)
        town.stage(95.23)
    return tmp_path


def flip(path: Path) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        for at in range(4096, size, 4096):  # every page but the first
            file.seek(at)
            file.write(os.urandom(64))


def beheaded(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"\0" * 100)


def halve(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def rescued(place: Path) -> Any:
    """What a start finds to say of the database."""
    with (
        closing(open_services(place / "config", place / "data", migrate=True)) as services,
        services.database.read() as connection,
    ):
        return setting(connection, backups.RESCUED)


@pytest.mark.parametrize("ruin", [flip, beheaded, halve, empty, Path.unlink])
def test_the_service_goes_on_from_its_last_good_backup(place: Path, ruin: object) -> None:
    path = place / "data" / FILE
    assert callable(ruin)
    ruin(path)
    left = path.read_bytes() if path.exists() else None
    with closing(open_services(place / "config", place / "data", migrate=True)) as services:
        with services.database.read() as connection:
            alerts = connection.execute(
                select(tables.alert.c.type).where(tables.alert.c.resolved_at.is_(None))
            ).scalars()
            assert "level" in set(alerts)
            rescued = setting(connection, backups.RESCUED)
        assert rescued["backup"] is not None
        assert rescued["alerts"] >= 1
    if left is not None:
        [aside] = (place / "data" / "damaged").rglob(FILE)
        assert aside.read_bytes() == left  # as it was found, for whoever can read it


def test_without_a_backup_it_begins_with_its_configuration_and_says_so(place: Path) -> None:
    for path in (place / "data" / "backups").iterdir():
        path.unlink()
    beheaded(place / "data" / FILE)
    assert rescued(place)["backup"] is None


def test_a_sound_database_and_a_first_start_are_left_alone(place: Path) -> None:
    clock = SystemClock()
    assert diagnose(place / "data" / FILE, established=True, clock=clock) is None
    assert diagnose(place / "new" / FILE, established=False, clock=clock) is None
    before = (place / "data" / FILE).read_bytes()
    assert rescued(place) is None
    assert (place / "data" / FILE).read_bytes()[:16] == before[:16]


@pytest.mark.soak  # most of a minute: two processes must notice, save, and begin anew
def test_a_database_deleted_while_running_is_saved_and_the_alarms_go_on(tmp_path: Path) -> None:
    with one_crossing(tmp_path) as (running, device, _):
        before = set(running.parts().values()) - {running.parts()["supervisor"]}
        assert until(lambda: asked(running, ALERTS) == [(1,)], patience=20)
        for path in running.data.glob(f"{FILE}*"):
            path.unlink()
        device.push([reading(2, ABOVE)])  # into a file that has no name any more
        assert until(lambda: not before & set(running.parts().values()), patience=60)
        running.wait_ready()
        device.push([reading(3, ABOVE)])
        assert until(lambda: asked(running, ALERTS) == [(3,)], patience=30)
        told = "SELECT 1 FROM alert WHERE type = 'system' AND variable = 'database'"
        assert until(lambda: asked(running, told), patience=30)
        assert asked(running, "PRAGMA quick_check") == [("ok",)]
