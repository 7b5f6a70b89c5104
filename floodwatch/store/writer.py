"""The writer: sources wait, a committer thread takes what waits and commits it together."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import replace

from floodwatch.model.batch import Batch, Receipt, Rejection
from floodwatch.model.errors import StorageError
from floodwatch.model.reading import Outcome
from floodwatch.store.database import Database, Transaction

_log = logging.getLogger(__name__)

# So many readings in a row that cannot be ingested are not at fault: the way in is. They are then
# not rejected but refused for now, so that their devices keep them.
BROKEN_AFTER = 5

IDLE_S = 1.0  # between two signs of life of a committer that has nothing to do

Ingest = Callable[[Transaction, Sequence[Batch]], Sequence[Receipt]]
Beside = Callable[[Transaction, Receipt], object]  # what else a batch's transaction writes


class _Waiting:
    """A batch whose source waits for its receipt."""

    __slots__ = ("batch", "beside", "receipt")

    def __init__(self, batch: Batch, beside: Beside | None = None) -> None:
        self.batch, self.beside = batch, beside
        self.receipt: Future[Receipt] = Future()


class Writer:
    """The way in for every source of a process.

    `ingest` does all that belongs to a group of batches within one transaction. `epoch` is asked
    anew for each transaction (None: not the engine). At most `most` readings share a transaction.
    `turn` is told of each round of the committer, also of one that found nothing to do.
    """

    def __init__(
        self,
        database: Database,
        ingest: Ingest,
        *,
        epoch: Callable[[], int | None] = lambda: None,
        most: int = 500,
        turn: Callable[[bool], object] = lambda worked: None,
    ) -> None:
        self._database, self._ingest, self._epoch, self._most = database, ingest, epoch, most
        self._turn = turn
        self._queue: deque[_Waiting] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._failures = 0  # readings in a row that could not be ingested
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    def submit(self, batch: Batch, *, timeout: float = 30.0) -> Receipt:
        """Wait until the batch is committed; its receipt.

        StorageError: not known to be stored, hand it in again (what was stored already counts as
        duplicate then). Fenced: this engine's time is over. A batch above `most` readings is
        committed in parts.
        """
        parts = [
            replace(batch, readings=batch.readings[start : start + self._most])
            for start in range(0, max(1, len(batch.readings)), self._most)
        ]
        return _joined([self._submit(part, timeout) for part in parts])

    def enqueue(self, batch: Batch, beside: Beside | None = None) -> Future[Receipt]:
        """Hand a batch in without waiting: the future is done once it is committed, whole.

        `beside` writes in the same transaction, with the receipt that is about to be given; when
        it fails, the readings are stored without it. StorageError as from `submit`.
        """
        return self._put(batch, beside).receipt

    def close(self) -> None:
        """Commit what waits, then stop; later batches are refused with StorageError."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()

    def _submit(self, batch: Batch, timeout: float) -> Receipt:
        waiting = self._put(batch)
        try:
            return waiting.receipt.result(timeout)
        except FutureTimeout:
            if waiting.receipt.cancel():
                raise StorageError(
                    f"not stored: the database has been busy for {timeout:.0f} s; try again later"
                ) from None
            if waiting.receipt.done():  # it came at the last moment
                return waiting.receipt.result()
            raise StorageError(
                f"not known to be stored after {timeout:.0f} s; hand it in again"
            ) from None

    def _put(self, batch: Batch, beside: Beside | None = None) -> _Waiting:
        waiting = _Waiting(batch, beside)
        with self._changed:
            if self._closing:
                raise StorageError("FloodWatch is stopping and takes nothing more; try again later")
            self._queue.append(waiting)
            self._changed.notify()
        return waiting

    def _run(self) -> None:
        group: list[_Waiting] = []
        try:
            while group := self._take():
                self._answer(group)
                self._turn(True)
        finally:  # whatever ends this thread, nobody may wait for ever
            with self._changed:
                self._closing = True
                left = [each for each in self._queue if each.receipt.set_running_or_notify_cancel()]
                self._queue.clear()
            for waiting in group + left:
                if not waiting.receipt.done():
                    waiting.receipt.set_exception(StorageError("the committer has ended: restart"))

    def _take(self) -> list[_Waiting]:
        """Wait for batches and take the oldest ones together; none: the writer is closed."""
        group: list[_Waiting] = []
        readings = 0
        with self._changed:
            while not group:
                while not self._changed.wait_for(lambda: self._queue or self._closing, IDLE_S):
                    self._turn(True)
                if not self._queue:
                    return []
                while self._queue:
                    size = max(1, len(self._queue[0].batch.readings))
                    if group and readings + size > self._most:
                        break
                    waiting = self._queue.popleft()
                    if waiting.receipt.set_running_or_notify_cancel():
                        group.append(waiting)
                        readings += size
        return group

    def _answer(self, group: list[_Waiting]) -> None:
        try:
            receipts = self._commit([each.batch for each in group], [each.beside for each in group])
        except (StorageError, OSError, MemoryError) as error:
            for waiting in group:
                waiting.receipt.set_exception(_as_storage_error(error))
        except Exception as error:  # noqa: BLE001 - the loop's boundary: whose fault, is found out
            if len(group) == 1:
                self._answer_alone(group[0], error)
                return
            _log.exception("a group of %d batches failed; trying each alone", len(group))
            for waiting in group:
                self._answer([waiting])
        else:
            for waiting, receipt in zip(group, receipts, strict=True):
                waiting.receipt.set_result(receipt)

    def _answer_alone(self, waiting: _Waiting, error: Exception) -> None:
        try:
            if (beside := waiting.beside) is None:
                receipt = self._bisect(waiting.batch, error)
            elif (found := self._without(waiting.batch)) is None:
                receipt = self._bisect(waiting.batch, error)
                self._write_beside(beside, receipt)
            else:
                receipt = found
            waiting.receipt.set_result(receipt)
        except (StorageError, OSError, MemoryError) as fault:
            waiting.receipt.set_exception(_as_storage_error(fault))

    def _write_beside(self, beside: Beside, receipt: Receipt) -> None:
        try:
            with self._database.write(epoch=self._epoch()) as tx:
                beside(tx, receipt)
        except (StorageError, OSError, MemoryError):
            raise
        except Exception:  # noqa: BLE001 - the readings are stored; the thread must live
            _log.exception("what was to be written beside a batch failed")

    def _without(self, batch: Batch) -> Receipt | None:
        """The receipt when what goes beside the readings is at fault; None: a reading is."""
        try:
            (receipt,) = self._commit([batch])
        except (StorageError, OSError, MemoryError):
            raise
        except Exception:  # noqa: BLE001 - whose fault it is, the bisection finds out
            return None
        _log.error("%s: stored without what was to be written beside it", batch.source)
        return receipt

    def _bisect(self, batch: Batch, error: Exception) -> Receipt:
        """Commit all readings but those that cannot be: these are rejected, with the reason."""
        size = len(batch.readings)
        if size < 2:
            _log.error("%s: a reading cannot be ingested: %s", batch.source, batch.readings)
            self._failures += 1
            if size == 0 or self._failures > BROKEN_AFTER:
                raise StorageError(f"{batch.source}: cannot be ingested: {error}") from error
            reason = f"cannot be ingested: {type(error).__name__}: {error}"
            return Receipt((Outcome.REJECTED,), (Rejection(0, reason),))
        middle = size // 2
        halves = (batch.readings[:middle], batch.readings[middle:])
        receipts = []
        for readings in halves:
            half = replace(batch, readings=readings)
            try:
                receipts.append(self._commit([half])[0])
            except (StorageError, OSError, MemoryError):
                raise
            except Exception as fault:  # noqa: BLE001 - any fault of the half: look closer
                receipts.append(self._bisect(half, fault))
        return _joined(receipts)

    def _commit(
        self, batches: Sequence[Batch], besides: Sequence[Beside | None] = ()
    ) -> Sequence[Receipt]:
        with self._database.write(epoch=self._epoch()) as tx:
            receipts = self._ingest(tx, batches)
            counts = [len(receipt.outcomes) for receipt in receipts]
            if counts != [len(batch.readings) for batch in batches]:
                raise ValueError(f"not one outcome for every reading: {counts}")
            for beside, receipt in zip(besides, receipts, strict=False):
                if beside is not None:
                    beside(tx, receipt)
        self._failures = 0
        return receipts


def _as_storage_error(error: BaseException) -> StorageError:
    if isinstance(error, StorageError):
        return error
    told = StorageError(f"nothing was stored: {type(error).__name__}: {error}")
    told.__cause__ = error
    return told


def _joined(receipts: Sequence[Receipt]) -> Receipt:
    """The receipt of a batch from those of its parts, in order."""
    if len(receipts) == 1:
        return receipts[0]
    rejected: list[Rejection] = []
    start = 0
    for receipt in receipts:
        rejected += [Rejection(start + each.index, each.reason) for each in receipt.rejected]
        start += len(receipt.outcomes)
    return Receipt(tuple(o for receipt in receipts for o in receipt.outcomes), tuple(rejected))
