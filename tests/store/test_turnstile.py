"""The turn to write: fair between processes and threads, and never waited for in vain."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest

from floodwatch.model.clock import SetClock
from floodwatch.model.errors import StorageError
from floodwatch.store.database import Database
from floodwatch.store.turnstile import Turnstile

TIGHT = """
import sys, threading, time
from floodwatch.store.database import Database
database = Database(sys.argv[1])
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
count = 0
while not ended.is_set():
    with database.write(yielding=sys.argv[2] == "yielding"):
        time.sleep(0.005)
    count += 1
    if count == 1:
        print("writing", flush=True)
print(count, flush=True)
database.close()
"""


@contextmanager
def tight_importer(database: Database, manners: str = "greedy") -> Iterator[subprocess.Popen[str]]:
    url = database.url.render_as_string(hide_password=False)
    with subprocess.Popen(
        [sys.executable, "-c", TIGHT, url, manners],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "writing\n"
        yield process


@pytest.mark.parametrize("manners", ["greedy", "yielding"])
def test_a_tight_importer_gets_about_every_second_turn_and_no_more(
    database: Database, manners: str
) -> None:
    revisions = []
    with tight_importer(database, manners) as importer:
        for _ in range(40):
            with database.write() as tx:
                revisions.append(tx.rev)
        output, _ = importer.communicate()
    between = [after - before - 1 for before, after in pairwise(revisions)]
    assert median(between) <= 2
    assert int(output) >= 40 - 1 - between.count(0)  # and the importer is not starved either


def test_bulk_work_stays_away_as_long_as_it_held_the_turn(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    rests = []

    def rest(seconds: float) -> None:
        with database.write() as tx:  # the turn is free
            rests.append((seconds, tx.rev))

    clock = SetClock(0)
    bulk = Database(database.url, clock=clock)
    monkeypatch.setattr("time.sleep", rest)
    with bulk.write(yielding=True):
        clock.advance(250)
    clock.advance(100)  # spent on preparing what comes next
    with bulk.write(yielding=True):
        pass
    bulk.close()
    assert rests == [(pytest.approx(0.15), 2)]


def test_the_turn_of_a_killed_process_is_free(sqlite_database: Database) -> None:
    with tight_importer(sqlite_database) as importer:
        importer.kill()
        importer.wait()
    with sqlite_database.write() as tx:
        assert tx.rev > 1


def test_waiting_ends_with_an_error_a_person_can_act_on(tmp_path: Path) -> None:
    first = Turnstile(tmp_path / "db")
    second = Turnstile(tmp_path / "db", patience=0.01)
    hangs = pytest.raises(StorageError, match="which FloodWatch process hangs")
    with first.hold(), hangs, second.hold():
        pass
    with second.hold():
        pass


def test_one_who_gave_up_blocks_nobody(tmp_path: Path) -> None:
    turnstile = Turnstile(tmp_path / "db", patience=0.01)
    with turnstile.hold():
        for _ in range(3):
            with pytest.raises(StorageError), turnstile.hold():
                pass
    before = open_files()
    with turnstile.hold():
        assert open_files() == before + 1


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_threads_exclude_each_other(tmp_path: Path) -> None:
    turnstile = Turnstile(tmp_path / "db")
    inside: list[int] = []
    most: list[int] = []

    def enter() -> None:
        for _ in range(20):
            with turnstile.hold():
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(most), max(most)) == (80, 1)


def test_a_folder_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    turnstile = Turnstile(tmp_path / "absent" / "db")
    with pytest.raises(StorageError, match="check the data folder"), turnstile.hold():
        pass
