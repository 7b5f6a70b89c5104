"""Versions in the database: what is in force, and what a bad edit does not change."""

import pytest
from sqlalchemy import select

from floodwatch import config
from floodwatch.config.change import Look, Watch
from floodwatch.config.live import Configuration
from floodwatch.model.errors import ConfigError
from floodwatch.store import config_log
from floodwatch.store.database import Database
from floodwatch.store.tables import audit
from tests.config.conftest import Folder

NOW = 1_781_000_000_000


def _apply(database: Database, folder: Folder) -> int:
    return config.apply(database, folder.path, who="somebody", now=NOW)


def _refusal(database: Database) -> list[dict[str, object]] | None:
    with database.read() as connection:
        found = config_log.refusal(connection)
    return found["problems"] if found else None


def test_nothing_is_in_force_before_the_first_version(sqlite_database: Database) -> None:
    district = Configuration(sqlite_database).current()

    assert (district.version, district.stations) == (0, {})


def test_the_newest_version_is_in_force(database: Database, folder: Folder) -> None:
    live = Configuration(database)
    first = _apply(database, folder)
    assert live.current().stations["61990001"].crest == 98

    folder.edit("stations.toml", "98.00", "98.50")
    second = _apply(database, folder)

    assert (first, second) == (1, 2)
    assert live.current().stations["61990001"].crest == 98.5
    assert live.current().version == 2
    assert live.current() is live.current()


def test_an_unchanged_folder_inserts_nothing(database: Database, folder: Folder) -> None:
    _apply(database, folder)
    with database.read() as connection:
        before = config_log.latest(connection)

    assert _apply(database, folder) == 1
    with database.read() as connection:
        assert config_log.latest(connection) == before
        assert len(connection.execute(select(audit)).all()) == 1


def test_each_version_has_its_audit_entry(database: Database, folder: Folder) -> None:
    _apply(database, folder)
    folder.edit("stations.toml", "98.00", "98.50")
    folder.write("curves/61990001.csv", "stage_m,storage_m3\n90,0\n99,5\n")
    _apply(database, folder)

    with database.read() as connection:
        entry = connection.execute(select(audit).order_by(audit.c.id.desc())).first()
    assert entry is not None
    assert (entry.who, entry.action, entry.at) == ("somebody", "config", NOW)
    assert entry.what == "stations.toml, curves/61990001.csv"
    assert (entry.before["version"], entry.after["version"]) == (1, 2)


def test_a_folder_with_errors_is_not_put_in_force(
    sqlite_database: Database, folder: Folder
) -> None:
    _apply(sqlite_database, folder)
    folder.edit("stations.toml", "98.00", "90.00")

    with pytest.raises(ConfigError):
        _apply(sqlite_database, folder)

    assert Configuration(sqlite_database).current().stations["61990001"].crest == 98


def test_a_bad_edit_keeps_the_last_good_version_and_says_so(
    sqlite_database: Database, folder: Folder
) -> None:
    watch = Watch(sqlite_database, folder.path, who="engine")
    assert watch.look(now=NOW) is Look.APPLIED

    folder.edit("stations.toml", "crest = 98.00", "crest = 90.00")
    assert watch.look(now=NOW) is Look.SAME  # it may still be being written
    assert watch.look(now=NOW + 5) is Look.REFUSED

    assert Configuration(sqlite_database).current().version == 1
    problems = _refusal(sqlite_database)
    assert problems is not None
    assert problems[0]["field"] == "threshold[1].above"


def test_a_mended_edit_comes_into_force_and_the_refusal_ends(
    sqlite_database: Database, folder: Folder
) -> None:
    watch = Watch(sqlite_database, folder.path, who="engine")
    folder.edit("stations.toml", "crest = 98.00", "crest = 90.00")
    assert watch.look(now=NOW) is Look.REFUSED

    folder.edit("stations.toml", "crest = 90.00", "crest = 98.30")
    watch.look(now=NOW)

    assert watch.look(now=NOW) is Look.APPLIED
    assert _refusal(sqlite_database) is None


def test_an_edit_taken_back_ends_the_refusal_without_a_version(
    sqlite_database: Database, folder: Folder
) -> None:
    watch = Watch(sqlite_database, folder.path, who="engine")
    watch.look(now=NOW)
    for old, new in (("crest = 98.00", "crest = 90.00"), ("crest = 90.00", "crest = 98.00")):
        folder.edit("stations.toml", old, new)
        watch.look(now=NOW)
        watch.look(now=NOW)

    assert _refusal(sqlite_database) is None
    assert Configuration(sqlite_database).current().version == 1


def test_a_quiet_folder_is_not_read_again(sqlite_database: Database, folder: Folder) -> None:
    watch = Watch(sqlite_database, folder.path, who="engine")
    watch.look(now=NOW)

    assert watch.look(now=NOW) is Look.SAME
    with sqlite_database.read() as connection:
        assert config_log.newest(connection) == 1


def test_a_folder_that_has_gone_is_a_refusal(sqlite_database: Database, folder: Folder) -> None:
    watch = Watch(sqlite_database, folder.path, who="engine")
    watch.look(now=NOW)
    folder.path.rename(folder.path.with_name("elsewhere"))
    watch.look(now=NOW)

    assert watch.look(now=NOW) is Look.REFUSED
    assert Configuration(sqlite_database).current().version == 1


def test_a_version_in_force_stays_when_checks_become_stricter(
    sqlite_database: Database, folder: Folder
) -> None:
    texts = config.documents(folder.path)
    texts["stations.toml"] = texts["stations.toml"].replace("98.00", "90.00")
    with sqlite_database.write() as tx:
        config_log.insert(tx, texts, who="an older program", now=NOW)

    assert Configuration(sqlite_database).current().stations["61990001"].crest == 90


def test_a_stored_version_that_cannot_be_read_leaves_the_one_before_in_force(
    sqlite_database: Database, starter: Folder
) -> None:
    config.apply(sqlite_database, starter.path, who="test", now=1)
    with sqlite_database.write() as tx:
        config_log.insert(tx, {"stations.toml": "[["}, who="a newer program", now=2)
    found = Configuration(sqlite_database).current()
    assert (found.version, list(found.stations)) == (2, ["61990001"])
