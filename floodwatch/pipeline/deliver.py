"""Works the outbox off: at least once, in order, and no way out delays another."""

import logging
import queue
import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from floodwatch.config.live import Configuration
from floodwatch.model.clock import SystemClock
from floodwatch.model.district import District
from floodwatch.model.errors import Fenced
from floodwatch.model.notification import Channel, Message, Result, Sent
from floodwatch.model.severity import Severity
from floodwatch.notify.message import repeated
from floodwatch.pipeline.settle_delivery import Outcome, settle
from floodwatch.store import outbox
from floodwatch.store.database import Database, Transaction
from floodwatch.store.outbox import Claimed, Waiting

_log = logging.getLogger(__name__)

POLL_S = 0.2
GRACE_S = 10.0  # beyond a channel's own limit, before its thread counts as lost
LAST_S = 8.0  # how long an ending engine waits for what is being sent
WORKERS = 6  # a channel's threads; the last one is kept for grade I

Channels = Mapping[str, Channel]


@dataclass(slots=True)
class _Sending:
    """A row that a thread of this process is handing over."""

    channel: str
    until: float  # monotonic seconds; later it counts as lost


class Deliverer:
    """The sender of one engine: one loop that reads and writes the outbox, one thread a sending.

    A row is leased to the engine's epoch before it is handed over and finished only after the
    channel has answered. What an earlier engine was sending when it ended is sent again at once,
    with the same key and marked as a repeat. `now` is service time; how long a channel may take is
    measured by `monotonic` (seconds).
    """

    def __init__(
        self,
        database: Database,
        channels: Channels | Callable[[], Channels],
        *,
        epoch: int,
        now: Callable[[], int],
        district: Callable[[], District] | None = None,
        monotonic: Callable[[], float] | None = None,
        chance: Callable[[], float] = random.random,
        workers: int = WORKERS,
        turn: Callable[[bool], object] = lambda worked: None,
    ) -> None:
        self._turn = turn  # told of each round, and whether it did its work
        self._database = database
        self._channels: Callable[[], Channels] = (
            channels if callable(channels) else lambda: channels
        )
        self._epoch = epoch
        self._now = now
        self._district = district or Configuration(database).current
        self._monotonic = monotonic or SystemClock().monotonic
        self._chance = chance
        self._workers = max(workers, 2)
        # Touched by the loop alone; the threads that send only put outcomes into the queue.
        self._sending: dict[tuple[int, int], _Sending] = {}  # (row, try)
        self._late: set[tuple[int, int]] = set()
        self._lost: Counter[str] = Counter()
        self._results: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        self._unsettled: list[Outcome] = []
        self._awake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="deliver", daemon=True)

    def start(self) -> None:
        """Begin to send; what is due goes out at once."""
        self._awake.set()
        self._thread.start()

    def wake(self) -> None:
        """Look now instead of at the next poll."""
        self._awake.set()

    def stop(self) -> None:
        """Take nothing new, wait for what is being sent, and write down what became of it."""
        self._stopping.set()
        self._awake.set()
        if self._thread.is_alive():
            self._thread.join(LAST_S + GRACE_S)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._awake.wait(POLL_S)
            self._awake.clear()
            if not self._guarded(self._round, self._turn):
                return
        self._guarded(self._finish)

    def _guarded(
        self, work: Callable[[], None], turn: Callable[[bool], object] = lambda worked: None
    ) -> bool:
        """Whether to go on: nothing but a newer engine ends the loop."""
        try:
            work()
            turn(True)
        except Fenced:
            _log.warning("another engine has taken over; this sender ends")
            return False
        except Exception:  # noqa: BLE001 - the loop's boundary
            _log.exception("a round of sending failed; the next one follows")
            turn(False)
            self._stopping.wait(POLL_S)
        return True

    def _round(self) -> None:
        self._collect()
        self._give_up_lost()
        found = self._due()
        channels = self._channels() if found else {}
        chosen = self._pick(found, channels)
        if not chosen and not self._unsettled:
            return  # an idle outbox is only read
        with self._database.write(epoch=self._epoch) as tx:
            self._settle(tx)
            rows = outbox.lease(tx, chosen, epoch=self._epoch, now=self._now())
        self._unsettled.clear()
        for row in rows:
            self._hand_over(row, channels.get(row.channel))

    def _due(self) -> list[Waiting]:
        busy = [number for number, _ in self._sending]
        busy += [outcome.row.id for outcome in self._unsettled]
        with self._database.read() as connection:
            return outbox.waiting(
                connection,
                self._database.dialect,
                epoch=self._epoch,
                now=self._now(),
                sending=busy,
                most=self._workers,
            )

    def _pick(self, found: Sequence[Waiting], channels: Channels) -> list[int]:
        """Those for which a thread is free; what has no channel any more needs none."""
        used = Counter(one.channel for one in self._sending.values())
        chosen = []
        for row in found:
            grave = row.severity >= Severity.I
            room = self._workers if grave else self._workers - 1
            if row.channel not in channels:
                chosen.append(row.id)
            elif used[row.channel] < room and self._lost[row.channel] < 2 * self._workers:
                used[row.channel] += 1
                chosen.append(row.id)
        return chosen

    def _hand_over(self, row: Claimed, channel: Channel | None) -> None:
        if channel is None:
            reason = f"there is no channel {row.channel!r} any more"
            self._results.put(Outcome(row, self._now(), Result(Sent.PERMANENT, reason)))
            self._awake.set()
            return
        until = self._monotonic() + channel.timeout + GRACE_S
        self._sending[row.id, row.tries] = _Sending(row.channel, until)
        name = f"send-{row.channel}-{row.id}"
        threading.Thread(target=self._send, args=(row, channel), name=name, daemon=True).start()

    def _send(self, row: Claimed, channel: Channel) -> None:
        """In a thread of its own: whatever happens ends as an outcome."""
        at = self._now_or(row.created_at)
        try:
            result = channel.send(message_of(row, at))
        except Exception as error:  # noqa: BLE001 - nobody can say what became of the message
            _log.exception("channel %s failed on row %d", row.channel, row.id)
            result = Result(Sent.UNKNOWN, f"{type(error).__name__}: {error}")
        self._results.put(Outcome(row, self._now_or(at), result))
        self._awake.set()

    def _now_or(self, known: int) -> int:
        """Service time, or what was last known of it while the database cannot be read."""
        try:
            return max(self._now(), known)
        except Exception:  # noqa: BLE001 - the outcome of a sending must not be lost over the time
            _log.exception("service time cannot be read")
            return known

    def _collect(self) -> None:
        """Take what the threads have brought; only here a row stops being one that is sent."""
        while True:
            try:
                outcome = self._results.get_nowait()
            except queue.Empty:
                return
            row = outcome.row
            place = (row.id, row.tries)
            self._sending.pop(place, None)
            if place in self._late:
                self._late.discard(place)
                self._lost[row.channel] -= 1
            self._unsettled.append(outcome)

    def _give_up_lost(self) -> None:
        """A channel that does not come back within its limit keeps its thread, not its row."""
        late = [place for place, one in self._sending.items() if one.until < self._monotonic()]
        for place in late:
            channel = self._sending.pop(place).channel
            self._lost[channel] += 1
            self._late.add(place)
            _log.error("channel %s does not come back; row %d is sent again", channel, place[0])

    def _settle(self, tx: Transaction) -> None:
        settle(
            tx,
            self._unsettled,
            epoch=self._epoch,
            district=self._district() if self._unsettled else District(),
            chance=self._chance,
        )

    def _finish(self) -> None:
        """Wait for the threads that are sending, and write down what became of their messages."""
        ends = self._monotonic() + LAST_S
        while self._sending and self._monotonic() < ends:
            self._awake.wait(POLL_S)
            self._awake.clear()
            self._collect()
        self._collect()
        if self._unsettled:
            with self._database.write(epoch=self._epoch) as tx:
                self._settle(tx)
            self._unsettled.clear()


def message_of(row: Claimed, at: int) -> Message:
    """The message of a row; one that may have arrived before says so in its first words."""
    subject, body = row.subject, row.body
    if row.repeat:
        subject, body = repeated(subject, row.alert_id), repeated(body, row.alert_id)
    return Message(
        row.key, row.address, row.person, subject, body, row.severity, attempt=row.tries, at=at
    )
