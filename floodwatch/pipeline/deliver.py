"""Works the outbox off: at least once, in order, and no way out delays another."""

import json
import logging
import queue
import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection

from floodwatch.config.live import Configuration
from floodwatch.model.clock import SystemClock
from floodwatch.model.district import District
from floodwatch.model.errors import Fenced
from floodwatch.model.notification import Channel, Message, Result, Sent
from floodwatch.model.severity import Severity
from floodwatch.notify import routing
from floodwatch.notify.breaker import may_try, may_try_hung
from floodwatch.notify.message import repeated
from floodwatch.pipeline import another_way, answer_link, arrange, faults, lines
from floodwatch.pipeline.arrange import Crowd
from floodwatch.pipeline.lines import Lines
from floodwatch.pipeline.settle_delivery import Outcome, settle
from floodwatch.store import dispatch, outbox
from floodwatch.store.database import Database, Transaction
from floodwatch.store.outbox import Claimed, Row, Waiting

_log = logging.getLogger(__name__)

POLL_S = 0.2
GRACE_S = 10.0  # beyond a channel's own limit, before its thread counts as lost
LAST_S = 8.0  # how long an ending engine waits for what is being sent
WORKERS = 6  # a channel's threads; the last one is kept for grade I

Channels = Mapping[str, Channel]
Start = Callable[[Callable[[], None], str], object]


def in_a_thread(work: Callable[[], None], name: str) -> None:
    """Carry one sending out beside the others."""
    threading.Thread(target=work, name=name, daemon=True).start()


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
        district: Callable[[Connection], District] | None = None,
        monotonic: Callable[[], float] | None = None,
        chance: Callable[[], float] = random.random,
        workers: int = WORKERS,
        turn: Callable[[bool], object] = lambda worked: None,
        start: Start = in_a_thread,
    ) -> None:
        self._turn = turn  # told of each round, and whether it did its work
        self._start = start
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
        self._lines: Lines | None = None  # read at the first round
        # Channel that is down -> its last row that was seen, and when.
        self._diverted: dict[str, tuple[int, int]] = {}
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
        look = self._look()
        channels = self._channels() if look.due else {}
        chosen = self._pick(look, channels)
        if not (chosen or self._unsettled or look.pressing):
            return  # an idle outbox is only read
        with self._database.write(epoch=self._epoch) as tx:
            now, district = self._now(), self._district(tx.connection)
            self._settle(tx, district)
            gone = self._arrange(tx, look, district, now)
            kept = [number for number in chosen if number not in gone]
            rows = outbox.lease(tx, kept, epoch=self._epoch, now=now)
            mails = [row for row in rows if row.channel == routing.MAIL]
            links = answer_link.links(tx, mails, district=district, now=now) if mails else {}
        self._unsettled.clear()
        for row in rows:
            self._hand_over(row, channels.get(row.channel), links.get(row.id, ""), now)
        if gone:
            self._awake.set()  # what took their place is due

    def _look(self) -> "_Look":
        """What is due, and what has to be put in order first. Only reads."""
        busy = [number for number, _ in self._sending]
        busy += [outcome.row.id for outcome in self._unsettled]
        with self._database.read() as connection:
            if self._lines is None:
                self._lines = Lines(lines.known(connection))
            now = self._now()
            due = outbox.waiting(
                connection,
                self._database.dialect,
                epoch=self._epoch,
                now=now,
                sending=busy,
                most=self._workers,
                down=self._up_to_date.down(),
            )
            stranded = self._stranded(connection, now)
            if not due:
                return _Look(now, stranded=stranded)
            district = self._district(connection)
            counted = arrange.quotas(connection, district, now=now)
            return _Look(
                now,
                due=due,
                repeated=dispatch.repetitions(connection),
                crowds=arrange.crowds(connection, district, counted, now=now),
                full=arrange.without_room(due, counted),
                stranded=stranded,
            )

    def _stranded(self, connection: Connection, now: int) -> list[Row]:
        """Rows of channels that are down for which no other way was looked for yet."""
        down = self._up_to_date.down()
        self._diverted = {name: seen for name, seen in self._diverted.items() if name in down}
        found = []
        for name in down:
            after, since = self._diverted.get(name, (0, 0))
            found += dispatch.unsent(connection, channel=name, after=after, since=since, now=now)
        return found

    def _arrange(self, tx: Transaction, look: "_Look", district: District, now: int) -> set[int]:
        """Drop what is outdated, collapse crowds, lead round what is shut; rows not sent now.

        Where that fails, messages go out as they are: order is worth less than any of them.
        """
        if not look.pressing:
            return set()
        shut = self._up_to_date.down()
        more: dict[str, Any] = {"district": district, "now": now}
        gone: set[int] = set()
        if look.repeated:
            gone |= arrange.tried(tx, "dropping", partial(dispatch.drop_repetitions, tx))
        for crowd in look.crowds:
            gone |= arrange.tried(tx, "a digest", partial(arrange.arrange, tx, [crowd], **more))
        if full := [number for number in look.full if number not in gone]:
            gone |= arrange.tried(
                tx, "a quota", partial(arrange.divert, tx, full, shut=shut, **more)
            )
        if look.stranded:
            self._lead_round(tx, look, shut=shut, **more)
        return gone

    def _lead_round(self, tx: Transaction, look: "_Look", **more: Any) -> None:
        """What a dead channel keeps goes by others; one row's fault keeps back no other row."""
        rows = look.stranded
        together = partial(another_way.take, tx, rows, **more)
        if faults.attempt(tx, "going round a dead channel", together) is not None:
            for row in rows:
                faults.attempt(tx, f"row {row.id}", partial(another_way.take, tx, [row], **more))
        seen = {row.channel: (row.id, more["now"]) for row in rows}
        tx.after_commit(lambda: self._diverted.update(seen))

    @property
    def _up_to_date(self) -> Lines:
        return self._lines or Lines({})

    def _pick(self, look: "_Look", channels: Channels) -> list[int]:
        """Those for which a thread is free; what has no channel any more needs none."""
        used = Counter(one.channel for one in self._sending.values())
        # What they have heard is not written down yet: a dead line has had its try.
        heard = {outcome.row.channel for outcome in self._unsettled}
        now = look.now
        chosen = []
        for row in look.due:
            grave = row.severity >= Severity.I
            room = self._workers if grave else self._workers - 1
            if row.channel not in channels:
                chosen.append(row.id)
                continue
            line = self._up_to_date.of(row.channel)
            if line.down and row.channel in heard:
                continue
            trying, hung, usual = used[row.channel], self._lost[row.channel], 2 * self._workers
            if hung >= usual:
                free = may_try_hung(line, hung=hung, usual=usual, trying=trying, now=now)
            else:
                free = may_try(line, trying=trying, now=now)
            if free and trying < room:
                used[row.channel] += 1
                chosen.append(row.id)
        return chosen

    def _hand_over(self, row: Claimed, channel: Channel | None, link: str, now: int) -> None:
        if channel is None:
            reason = f"there is no channel {row.channel!r} any more"
            result = Result(Sent.PERMANENT, reason)
            self._results.put(Outcome(row, now, result, gone=True))
            self._awake.set()
            return
        until = self._monotonic() + channel.timeout + GRACE_S
        self._sending[row.id, row.tries] = _Sending(row.channel, until)
        self._start(partial(self._send, row, channel, link, now), f"send-{row.channel}-{row.id}")

    def _send(self, row: Claimed, channel: Channel, link: str, now: int) -> None:
        """In a thread of its own: whatever happens ends as an outcome."""
        at = max(now, row.created_at)
        try:
            result = channel.send(message_of(row, at, link=link))
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
            if not outcome.gone:
                result = outcome.result
                self._up_to_date.heard(
                    row.channel, result.sent, detail=result.detail, at=outcome.at
                )

    def _give_up_lost(self) -> None:
        """A channel that does not come back within its limit keeps its thread, not its row."""
        late = [place for place, one in self._sending.items() if one.until < self._monotonic()]
        for place in late:
            channel = self._sending.pop(place).channel
            self._lost[channel] += 1
            self._late.add(place)
            _log.error("channel %s does not come back; row %d is sent again", channel, place[0])
            hung = self._lost[channel]
            said = f"{hung}次不返回，does not come back"
            if hung >= 2 * self._workers:
                said += (
                    "；每隔一阵试一次，仍不通请重启服务 (tried now and then; restart the service)"
                )
            self._up_to_date.heard(channel, Sent.UNKNOWN, detail=said, at=self._now())

    def _settle(self, tx: Transaction, district: District) -> None:
        settle(
            tx,
            self._unsettled,
            epoch=self._epoch,
            district=district,
            chance=self._chance,
            lines=self._up_to_date,
        )
        self._up_to_date.write(tx)

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
                self._settle(tx, self._district(tx.connection))
            self._unsettled.clear()


@dataclass(frozen=True, slots=True)
class _Look:
    """What one round has found, and when (service ms)."""

    now: int
    due: Sequence[Waiting] = ()
    repeated: bool = False
    crowds: Sequence[Crowd] = ()
    full: Sequence[int] = ()  # rows whose provider has used up its quota
    stranded: Sequence[Row] = ()

    @property
    def pressing(self) -> bool:
        """Whether something must be written even if nothing can be sent."""
        return bool(self.repeated or self.crowds or self.full or self.stranded)


def message_of(row: Claimed, at: int, *, link: str = "") -> Message:
    """The message of a row; one that may have arrived before says so in its first words."""
    subject, body = row.subject, row.body
    if row.repeat:
        subject, body = repeated(subject, row.alert_id), repeated(body, row.alert_id)
    if link:
        body = f"{body.rstrip()}\n\n{link}\n"
    return Message(
        row.key,
        row.address,
        row.person,
        subject,
        body,
        row.severity,
        attempt=row.tries,
        at=at,
        kind=row.kind,
        way=row.way,
        slots=json.loads(row.slots) if row.slots else {},
        alert_id=row.alert_id,
    )
