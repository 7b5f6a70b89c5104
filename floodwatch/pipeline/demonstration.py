"""Drives the demonstration: its clock, what its devices send, and the answers of its people."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from floodwatch.model.batch import Batch, Receipt
from floodwatch.model.clock import MINUTE, Clock
from floodwatch.model.district import District
from floodwatch.pipeline import registers
from floodwatch.pipeline.service_clock import Moment, ServiceClock
from floodwatch.pipeline.tick import Ticker
from floodwatch.sources.simulator import script
from floodwatch.sources.simulator.control import DemoClock, order_of
from floodwatch.sources.simulator.drought_feed import Entry
from floodwatch.sources.simulator.feed import Feed
from floodwatch.store import alert_log
from floodwatch.store.clockwork import ServiceRow, set_service_row, set_setting, setting
from floodwatch.store.database import Database, Transaction
from floodwatch.store.delivery_log import on_the_way
from floodwatch.store.reset import begin_again

CONTROL, SHOW = "demo", "demo_show"
LOOK, LOOKS = 0.01, 200  # seconds between looks at the outbox, and how many: two seconds


class DemonstrationTime(ServiceClock):
    """Service time is the demonstration's clock; other processes follow it at its speed."""

    def __init__(self, clock: DemoClock, real: Clock) -> None:
        super().__init__(clock)
        self._demo = clock
        self._real = real

    def moment(self, connection: object) -> Moment:
        """The moment being lived through."""
        return Moment(self._demo.wall(), True)

    def beat(self, tx: Transaction, *, devices: int | None = None) -> Moment:
        """Write down where the clock stands and how fast it runs."""
        now = self._demo.wall()
        row = ServiceRow(
            now=now,
            monotonic=self._real.monotonic(),
            boot=self.boot,
            offset=0,
            agrees=True,
            speed=float(self._demo.speed),
        )
        set_service_row(tx, row)
        return Moment(now, True)


@dataclass(slots=True)
class Demonstration:
    """Called by the engine's loop in place of a bare tick."""

    database: Database
    clock: DemoClock
    feed: Feed
    ticker: Ticker
    submit: Callable[[Batch], Receipt]
    district: Callable[[], District]
    stopping: threading.Event
    wake: Callable[[], None]
    entries: Sequence[Entry] = ()

    def begin(self) -> None:
        """Start at the beginning and live through the first hours, up to the opening."""
        with self.database.write(epoch=self.ticker.epoch) as tx:
            set_setting(tx, CONTROL, None)  # an order to an engine before this one
            set_setting(tx, SHOW, self.clock.show.name)
        self._restart(self.clock.show.opening)

    def step(self) -> bool:
        """Walk to where the clock should be. Returns whether anything was done."""
        self._obey()
        walked = False
        before = self.clock.wall()
        for moment in self.clock.moments(self.feed.arrivals):
            if self.stopping.is_set():
                break
            self._live(before, moment)
            before, walked = moment, True
        return self.ticker.tick() or walked

    def _live(self, before: int, moment: int) -> None:
        self.clock.set(moment)
        for _, batch in self.feed.batches(before, moment):
            self.submit(batch)
        self._enter(before, moment)
        if (
            moment - before > MINUTE
        ):  # who answers in minutes has done so before anybody else is asked
            self._answer(moment)
        self.ticker.tick()
        self._deliver(moment)
        self._answer(moment)

    def _enter(self, before: int, moment: int) -> None:
        """What the scripted people write into the register of backup sources."""
        due = [entry for entry in self.entries if before < entry.at <= moment]
        if not due:
            return
        with self.database.write(epoch=self.ticker.epoch) as tx:
            for entry in due:
                registers.set_backup(
                    tx,
                    self.district(),
                    entry.station,
                    state=entry.state,
                    who=entry.who,
                    now=moment,
                    note=entry.note,
                )

    def _deliver(self, now: int) -> None:
        """Let the messages of this moment arrive in it, however fast the clock runs."""
        self.wake()
        for _ in range(LOOKS):
            with self.database.read() as connection:
                if not on_the_way(connection, now=now):
                    return
            if self.stopping.wait(LOOK):
                return

    def _answer(self, now: int) -> None:
        """The scripted people answer for themselves, each after his own time."""
        with self.database.read() as connection:
            waiting = alert_log.open_obligations(connection)
        people = self.district().people
        due = script.due_answers(waiting, people, now=now)
        if not due:
            return
        with self.database.write(epoch=self.ticker.epoch) as tx:
            for answer in due:
                alert_log.answer(
                    tx,
                    answer.person,
                    who=answer.person,
                    via="scripted",
                    now=now,
                    alert_id=answer.alert_id,
                )

    def _obey(self) -> None:
        with self.database.read() as connection:
            wish = setting(connection, CONTROL)
        back = self.clock.obey(order_of(wish, self.clock.show)) if wish else None
        if back is not None:
            self._restart(back)

    def _restart(self, at: int) -> None:
        with self.database.write(epoch=self.ticker.epoch) as tx:
            begin_again(tx, self.clock.show.begin)
        self.clock.restart(at)
        self.clock.set(self.clock.show.begin)
        self.ticker.forget()
