"""Attending to what comes in: frames are committed, then answered in their order."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import NamedTuple, Protocol

from floodwatch.model.batch import Receipt
from floodwatch.model.clock import Clock
from floodwatch.model.errors import StorageError
from floodwatch.model.reading import RawReading
from floodwatch.model.telemetry import Picture, Trace
from floodwatch.sources.sl651.frame import Damage, Frame
from floodwatch.sources.sl651.message import HEARTBEAT
from floodwatch.sources.sl651.session import Desk, Key, Step, damage_trace
from floodwatch.sources.way import Way

log = logging.getLogger(__name__)

TOGETHER = 32  # frames of one connection that are committed at the same time
PATIENCE_S = 30.0  # for a commit; then there is no answer, and the station sends again
MOST_WAITING = 5_000  # frames that wait for a commit; beyond it nothing more is taken in
REFUSED_A_MINUTE, REFUSED_A_PEER = 120, 12  # rows kept of frames refused, and of repeated ones
Pieces = Sequence[Frame | Damage]
Write = Callable[[bytes], None]


class Take(Protocol):
    """The way in: readings, what is kept of their frames, and pictures, in one transaction."""

    def __call__(
        self,
        readings: Sequence[RawReading],
        traces: Sequence[Trace],
        pictures: Sequence[Picture],
        /,
    ) -> "Future[Receipt]":
        """Done once committed. StorageError: not known to be stored."""
        ...


class Begun(NamedTuple):
    """A frame that is being committed; without `done` there is nothing to wait for."""

    step: Step
    done: "asyncio.Future[Receipt] | None"


class Seldom:
    """Says yes to so many of a kind a minute, and to so many in all."""

    def __init__(self, clock: Clock, *, each: int, most: int) -> None:
        self._clock, self._each, self._most = clock, each, most
        self._minute = -1
        self._given: Counter[str] = Counter()

    def __call__(self, kind: str) -> bool:
        """Whether this one may be."""
        minute = int(self._clock.monotonic() // 60)
        if minute != self._minute:
            self._minute = minute
            self._given.clear()
        if self._given.total() >= self._most or self._given[kind] >= self._each:
            return False
        self._given[kind] += 1
        return True


class Attendant:
    """Serves every connection of a server, in its event loop."""

    def __init__(self, desk: Desk, take: Take, way: Way) -> None:
        self.desk, self._take, self._way = desk, take, way
        self.counts: Counter[str] = Counter()
        self._flights: dict[Key, asyncio.Future[Receipt]] = {}
        self._row = Seldom(way.clock, each=REFUSED_A_PEER, most=REFUSED_A_MINUTE)
        self._again = Seldom(way.clock, each=REFUSED_A_PEER, most=10 * REFUSED_A_MINUTE)
        self._said = Seldom(way.clock, each=1, most=60)
        self._beside: set[asyncio.Future[Receipt]] = set()

    @property
    def waiting(self) -> int:
        """How many frames wait for their commit."""
        return len(self._flights)

    async def attend(
        self, pieces: Pieces, peer: str, *, write: Write, proven: Callable[[str], object]
    ) -> None:
        """Commit the frames among `pieces`, then answer each; never raises for what they hold."""
        for start in range(0, len(pieces), TOGETHER):
            begun = [self._begin(piece, peer, proven) for piece in pieces[start : start + TOGETHER]]
            for each in begun:
                if each is not None and await self._settled(each):
                    self._reply(each.step, write)

    def give_up(self) -> None:
        """Keep what came of pictures whose packets stay away."""
        if pictures := self.desk.given_up(self._wall()):
            self.counts["incomplete"] += len(pictures)
            self._aside((), pictures)

    def _begin(
        self, piece: Frame | Damage, peer: str, proven: Callable[[str], object]
    ) -> Begun | None:
        now = self._wall()
        if isinstance(piece, Damage):
            self.counts[piece.fault.value] += 1
            self._refused(damage_trace(piece, peer, now), piece.fault.value)
            return None
        self.counts["frames"] += 1
        try:
            step = self.desk.hear(piece, peer, now)
        except Exception:
            # A frame nobody foresaw must not end the connection of a station, nor its neighbours.
            log.exception("a frame of %s could not be attended to: %s", peer, piece.raw.hex())
            self.counts["failed"] += 1
            return None
        if step.known:
            proven(step.address)
        if piece.function == HEARTBEAT:
            self.counts["heartbeats"] += 1
        if step.refused:
            self.counts["refused"] += 1
            self._refused(step.traces[0], step.refused)
        return Begun(step, self._commit(step))

    def _commit(self, step: Step) -> "asyncio.Future[Receipt] | None":
        """The commit to wait for; one that is under way already is waited for together."""
        if step.key is None:
            return None
        if step.repeated or step.key in self._flights:
            self.counts["repeated"] += 1
            if step.repeated and self._again(step.address):
                self._aside(step.traces, ())
            return self._flights.get(step.key)
        loop = asyncio.get_running_loop()
        if len(self._flights) >= MOST_WAITING:
            return self._failed(loop, StorageError("too many frames wait for the database"))
        try:
            done = asyncio.wrap_future(
                self._take(step.readings, step.traces, step.pictures), loop=loop
            )
        except StorageError as error:
            return self._failed(loop, error)
        key = step.key
        self._flights[key] = done
        done.add_done_callback(lambda future: self._landed(step, key, future))
        return done

    def _landed(self, step: Step, key: Key, done: "asyncio.Future[Receipt]") -> None:
        self._flights.pop(key, None)
        if done.cancelled():
            self._storage_fault("no commit in time")
        elif (error := done.exception()) is not None:
            self._storage_fault(f"{error}")
        else:
            self.desk.remember(key)
            self.counts[step.traces[0].fate.value] += 1
            self.counts["pictures"] += len(step.pictures)
            if step.readings:
                self._way.took(step.readings, done.result())

    async def _settled(self, begun: Begun) -> bool:
        """Whether it is committed, and may be answered."""
        if begun.done is None:
            return True
        await asyncio.wait({begun.done}, timeout=PATIENCE_S)
        if not begun.done.done():
            begun.done.cancel()
            return False
        return not begun.done.cancelled() and begun.done.exception() is None

    def _reply(self, step: Step, write: Write) -> None:
        if step.answer is not None:
            write(step.answer.encoded(self._wall()))
            self.counts["replies"] += 1
        if step.command:
            write(step.command)
            self.counts["commands"] += 1

    def _failed(
        self, loop: asyncio.AbstractEventLoop, error: StorageError
    ) -> "asyncio.Future[Receipt]":
        self._storage_fault(str(error))
        future: asyncio.Future[Receipt] = loop.create_future()
        future.cancel()
        return future

    def _storage_fault(self, why: str) -> None:
        self.counts["unstored"] += 1
        if self._said("storage"):
            log.error("frames are not stored and not answered; stations will repeat them: %s", why)
            self._way.failed(f"not stored: {why}")

    def _refused(self, trace: Trace, why: str) -> None:
        """Keep a bounded number of rows; somebody unknown may not fill the disk."""
        known = trace.address if trace.address in self.desk.book.by_address else trace.peer
        if not self._row(known):
            return
        self._way.refused(f"{trace.address or '-'} {trace.peer}", why)
        if self._said(why):
            log.warning("a frame of %s from %s is refused: %s", trace.address, trace.peer, why)
        self._aside((trace,), ())

    def _aside(self, traces: Sequence[Trace], pictures: Sequence[Picture]) -> None:
        """Write down what nobody waits for."""
        if len(self._beside) >= MOST_WAITING:
            return
        try:
            done = asyncio.wrap_future(self._take((), traces, pictures))
        except StorageError:
            return
        self._beside.add(done)
        done.add_done_callback(self._written)

    def _written(self, done: "asyncio.Future[Receipt]") -> None:
        self._beside.discard(done)
        if not done.cancelled() and (error := done.exception()) is not None and self._said("aside"):
            log.error("what is kept of frames was not written: %s", error)

    def _wall(self) -> int:
        return self._way.clock.wall()
