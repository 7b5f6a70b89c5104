"""The database: turns, snapshots, fencing, and errors a person can act on."""

import threading

import pytest
from sqlalchemy import text

from floodwatch.model.errors import Fenced, StorageError
from floodwatch.store import clockwork
from floodwatch.store.database import Database, Transaction


def note(tx: Transaction, value: object) -> None:
    clockwork.set_setting(tx, "note", value)


def noted(database: Database) -> object:
    with database.read() as connection:
        return clockwork.setting(connection, "note")


def test_every_write_transaction_takes_the_next_revision(database: Database) -> None:
    revisions = []
    for _ in range(3):
        with database.write() as tx:
            revisions.append(tx.rev)
    assert revisions == [1, 2, 3]


def test_what_fails_leaves_nothing_and_no_revision(database: Database) -> None:
    called: list[str] = []
    with pytest.raises(ZeroDivisionError), database.write() as tx:
        tx.after_commit(lambda: called.append("committed"))
        note(tx, 1)
        1 / 0  # noqa: B018
    with database.write() as tx:
        assert tx.rev == 1
    assert noted(database) is None
    assert called == []


def test_what_follows_a_commit_sees_it_done(database: Database) -> None:
    seen: list[object] = []
    with database.write() as tx:
        note(tx, "x")
        tx.after_commit(lambda: seen.append(noted(database)))
    assert seen == ["x"]


def test_a_failure_after_the_commit_is_not_told_as_one_of_it(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with database.write() as tx:
        note(tx, "x")
        tx.after_commit(lambda: 1 / 0)
    assert noted(database) == "x"
    assert "follow a commit" in caplog.text


def test_a_reader_sees_one_moment_while_others_commit(database: Database) -> None:
    with database.write() as tx:
        note(tx, "before")
    with database.read() as connection:
        assert clockwork.setting(connection, "note") == "before"
        with database.write() as tx:
            note(tx, "after")
        assert clockwork.setting(connection, "note") == "before"
    assert noted(database) == "after"


def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(StorageError), database.read() as connection:
        connection.execute(text("UPDATE revision SET rev = 99"))
    with database.write() as tx:
        assert tx.rev == 1


def test_writers_of_one_process_take_turns(database: Database) -> None:
    def add() -> None:
        for _ in range(10):
            with database.write() as tx:
                value = clockwork.setting(tx.connection, "note") or 0
                note(tx, value + 1)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert noted(database) == 40


def test_a_transaction_inside_another_is_refused_instead_of_waiting_for_itself(
    database: Database,
) -> None:
    with database.write(), pytest.raises(RuntimeError, match="inside"), database.write():
        pass
    with database.write() as tx:
        assert tx.rev == 2


def test_an_engine_whose_epoch_is_over_cannot_write(database: Database) -> None:
    with database.write() as tx:
        tx.connection.execute(text("INSERT INTO lease VALUES ('engine', 2, 'other', 0)"))
    with pytest.raises(Fenced, match="epoch 2"), database.write(epoch=1) as tx:
        note(tx, "from the past")
    with database.write(epoch=2) as tx:
        note(tx, "now")
    assert noted(database) == "now"


def test_without_a_lease_nobody_is_the_engine(database: Database) -> None:
    with pytest.raises(Fenced), database.write(epoch=1):
        pass


def test_a_full_disk_is_told_with_its_remedy_and_leaves_nothing(sqlite_database: Database) -> None:
    with pytest.raises(StorageError, match=r"full; free space"), sqlite_database.write() as tx:
        pages = tx.connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        tx.connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
        note(tx, "x" * 100_000)
    assert noted(sqlite_database) is None


def test_a_damaged_file_is_told_as_damaged(sqlite_database: Database) -> None:
    assert sqlite_database.path
    sqlite_database.close()
    sqlite_database.path.write_bytes(b"not a database, but long enough to look like one" * 100)
    with pytest.raises(StorageError, match="restore the newest backup"):
        noted(sqlite_database)


def test_a_server_that_is_away_is_a_storage_error() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(StorageError, match=r"127\.0\.0\.1"), database.write():
        pass
    database.close()


def test_an_error_does_not_tell_the_password() -> None:
    assert "secret" not in str(Database("postgresql://u:secret@127.0.0.1:1/none"))


def test_every_commit_is_flushed_to_the_disk(sqlite_database: Database) -> None:
    with sqlite_database.read() as reader, sqlite_database.engine.begin() as writer:
        for connection in (reader, writer):
            found = [
                connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            ]
            assert found == ["wal", 2, 1, 30_000]
