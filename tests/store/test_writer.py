"""The writer: together, in turn, and nobody is left waiting or told what is not so."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from floodwatch.model.batch import Batch, Receipt, Rejection
from floodwatch.model.errors import Fenced, StorageError
from floodwatch.model.reading import Outcome, RawReading
from floodwatch.store import clockwork
from floodwatch.store.database import Database, Transaction
from floodwatch.store.writer import Writer

STORED, REJECTED = Outcome.STORED, Outcome.REJECTED


def batch(*times: int) -> Batch:
    return Batch("test", tuple(RawReading("61990001", "stage", time, 1.0) for time in times))


class Ingest:
    """Keeps the times it was given in a setting, refuses some, and can be made to wait."""

    def __init__(self, *poison: int) -> None:
        self.poison = set(poison)
        self.groups: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Semaphore(0)
        self.fault: Callable[[Transaction], object] = lambda tx: None

    def __call__(self, tx: Transaction, batches: Sequence[Batch]) -> list[Receipt]:
        self.groups.append(len(batches))
        self.entered.release()
        assert self.gate.wait(20)
        self.fault(tx)
        times = [reading.time for each in batches for reading in each.readings]
        if self.poison.intersection(times):
            raise ValueError("poison")
        clockwork.set_setting(tx, "times", kept(tx) + times)
        return [Receipt((STORED,) * len(each.readings)) for each in batches]


def kept(tx: Transaction) -> list[int]:
    return clockwork.setting(tx.connection, "times") or []


def times_in(database: Database) -> list[int]:
    with database.read() as connection:
        return clockwork.setting(connection, "times") or []


@contextmanager
def writing(database: Database, ingest: Ingest, **options: object) -> Iterator[Writer]:
    writer = Writer(database, ingest, **options)  # type: ignore[arg-type]
    try:
        yield writer
    finally:
        ingest.gate.set()
        writer.close()


@contextmanager
def waiting(
    writer: Writer, ingest: Ingest, *batches: Batch, timeout: float = 20
) -> Iterator[list[Future[Receipt]]]:
    """The first batch is being committed, the others wait behind it, in order."""
    ingest.gate.clear()
    with ThreadPoolExecutor(len(batches)) as pool:
        futures = [pool.submit(writer.submit, batches[0], timeout=20)]
        assert ingest.entered.acquire(timeout=20)
        for number, each in enumerate(batches[1:], 1):
            futures.append(pool.submit(writer.submit, each, timeout=timeout))
            while len(writer._queue) < number:
                pass
        try:
            yield futures
        finally:
            ingest.gate.set()


def test_a_receipt_is_given_after_the_commit(database: Database) -> None:
    with writing(database, Ingest()) as writer:
        assert writer.submit(batch(1, 2)) == Receipt((STORED, STORED))
        assert times_in(database) == [1, 2]


def test_batches_that_wait_are_committed_together(database: Database) -> None:
    ingest = Ingest()
    with writing(database, ingest) as writer:
        with waiting(writer, ingest, *(batch(n) for n in range(9))) as futures:
            pass
        assert [future.result() for future in futures] == [Receipt((STORED,))] * 9
    assert ingest.groups == [1, 8]
    assert times_in(database) == list(range(9))


def test_a_transaction_takes_no_more_than_so_many_readings(sqlite_database: Database) -> None:
    ingest = Ingest()
    batches = [batch(n, n) for n in range(6)]
    with writing(sqlite_database, ingest, most=4) as writer, waiting(writer, ingest, *batches):
        pass
    assert ingest.groups == [1, 2, 2, 1]


def test_a_batch_above_the_measure_is_committed_in_parts(sqlite_database: Database) -> None:
    ingest = Ingest(5)
    with writing(sqlite_database, ingest, most=2) as writer:
        receipt = writer.submit(batch(*range(7)))
    assert receipt.outcomes == (STORED,) * 5 + (REJECTED, STORED)
    assert [each.index for each in receipt.rejected] == [5]
    assert times_in(sqlite_database) == [0, 1, 2, 3, 4, 6]


def test_one_bad_reading_sinks_neither_its_batch_nor_the_others(database: Database) -> None:
    ingest = Ingest(13, 17)
    with writing(database, ingest) as writer:
        batches = (batch(1), batch(2, 3), batch(11, 12, 13, 14, 15, 16, 17), batch(4))
        with waiting(writer, ingest, *batches) as futures:
            pass
        receipts = [future.result() for future in futures]
    assert receipts[1] == Receipt((STORED, STORED))
    assert receipts[2].outcomes == (STORED, STORED, REJECTED, STORED, STORED, STORED, REJECTED)
    assert receipts[2].rejected == tuple(
        Rejection(index, "cannot be ingested: ValueError: poison") for index in (2, 6)
    )
    assert sorted(times_in(database)) == [1, 2, 3, 4, 11, 12, 14, 15, 16]


def test_what_goes_beside_a_batch_is_written_in_its_transaction(database: Database) -> None:
    def beside(tx: Transaction, receipt: Receipt) -> None:
        clockwork.set_setting(tx, "beside", [kept(tx), len(receipt.outcomes)])

    with writing(database, Ingest()) as writer:
        assert writer.enqueue(batch(1, 2), beside).result(20) == Receipt((STORED, STORED))
    with database.read() as connection:
        assert clockwork.setting(connection, "beside") == [[1, 2], 2]


def test_readings_are_stored_when_what_goes_beside_them_fails(database: Database) -> None:
    def beside(tx: Transaction, receipt: Receipt) -> None:
        raise ValueError("a fault of the trace")

    with writing(database, Ingest()) as writer:
        assert writer.enqueue(batch(1), beside).result(20) == Receipt((STORED,))
    assert times_in(database) == [1]


def test_a_batch_with_a_bad_reading_is_traced_all_the_same(database: Database) -> None:
    def beside(tx: Transaction, receipt: Receipt) -> None:
        clockwork.set_setting(tx, "beside", [outcome.value for outcome in receipt.outcomes])

    with writing(database, Ingest(2)) as writer:
        assert writer.enqueue(batch(1, 2), beside).result(20).outcomes == (STORED, REJECTED)
    with database.read() as connection:
        assert clockwork.setting(connection, "beside") == ["stored", "rejected"]


def test_a_database_error_is_told_and_never_acknowledged(sqlite_database: Database) -> None:
    def fill(tx: Transaction) -> None:
        pages = tx.connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        tx.connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        clockwork.set_setting(tx, "x", "x" * 100_000)

    ingest = Ingest()
    with writing(sqlite_database, ingest) as writer:
        ingest.fault = fill
        with waiting(writer, ingest, batch(1), batch(2), batch(3)) as futures:
            pass
        for future in futures:
            with pytest.raises(StorageError, match="full"):
                future.result()
        assert times_in(sqlite_database) == []
        ingest.fault = lambda tx: tx.connection.exec_driver_sql("PRAGMA max_page_count = 100000")
        assert writer.submit(batch(4)).outcomes == (STORED,)


@pytest.mark.parametrize("fault", [MemoryError(), OSError(5, "Input/output error")])
def test_a_machine_that_fails_is_not_the_readings_fault(
    sqlite_database: Database, fault: Exception
) -> None:
    def fail(tx: Transaction) -> None:
        raise fault

    ingest = Ingest()
    ingest.fault = fail
    with writing(sqlite_database, ingest) as writer, pytest.raises(StorageError):
        writer.submit(batch(1, 2))
    assert len(ingest.groups) == 1


def test_an_engine_whose_time_is_over_is_fenced(database: Database) -> None:
    with writing(database, Ingest(), epoch=lambda: 7) as writer, pytest.raises(Fenced):
        writer.submit(batch(1))


def test_an_outcome_too_few_is_not_a_receipt(sqlite_database: Database) -> None:
    writer = Writer(sqlite_database, lambda tx, batches: [Receipt(())])
    receipt = writer.submit(batch(1))
    writer.close()
    assert receipt.outcomes == (REJECTED,)


def test_who_waited_too_long_is_told_and_the_batch_is_dropped(sqlite_database: Database) -> None:
    ingest = Ingest()
    with writing(sqlite_database, ingest) as writer:
        late = pytest.raises(StorageError, match="not stored")
        with waiting(writer, ingest, batch(1), batch(2), timeout=0.01) as futures, late:
            futures[1].result()
        assert futures[0].result() == Receipt((STORED,))
        assert writer.submit(batch(3)) == Receipt((STORED,))
    assert times_in(sqlite_database) == [1, 3]


def test_who_waited_too_long_for_the_commit_itself_is_told_to_hand_it_in_again(
    sqlite_database: Database,
) -> None:
    ingest = Ingest()
    ingest.gate.clear()
    unknown = pytest.raises(StorageError, match="not known to be stored")
    with writing(sqlite_database, ingest) as writer, unknown:
        writer.submit(batch(1), timeout=0.01)


def test_closing_commits_what_waits_and_refuses_what_comes(database: Database) -> None:
    ingest = Ingest()
    with writing(database, ingest) as writer:
        with waiting(writer, ingest, batch(1), batch(2), batch(3)) as futures:
            closing = threading.Thread(target=writer.close)
            closing.start()
            while not writer._closing:
                pass
            with pytest.raises(StorageError, match="stopping"):
                writer.submit(batch(4))
        closing.join()
        assert all(future.result() == Receipt((STORED,)) for future in futures)
    assert times_in(database) == [1, 2, 3]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_nobody_waits_for_a_committer_that_has_ended(sqlite_database: Database) -> None:
    def end(tx: Transaction) -> None:
        if len(ingest.groups) == 3:  # the second of two that failed together, tried alone
            raise SystemExit
        if len(ingest.groups) == 2:
            raise ValueError

    ingest = Ingest()
    ingest.fault = end
    with writing(sqlite_database, ingest) as writer:
        batches = [batch(n) for n in range(4)]
        with waiting(writer, ingest, *batches) as futures:
            pass
        assert futures[0].result() == Receipt((STORED,))
        for future in futures[1:]:
            with pytest.raises(StorageError, match="ended"):
                future.result()
        with pytest.raises(StorageError):
            writer.submit(batch(3))
