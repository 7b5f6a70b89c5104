"""Faults planted in the program: each is a promise of the pipeline taken out."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from unittest import mock

from sqlalchemy import select, text

from floodwatch.model.errors import Refused
from floodwatch.model.quality import Flag
from floodwatch.notify.link import opened
from floodwatch.pipeline import answer_link
from floodwatch.pipeline.service_clock import Moment, ServiceClock
from floodwatch.rules import level
from floodwatch.store import answers, clockwork, database, outbox, tables
from floodwatch.store.clockwork import ServiceRow, set_service_row
from floodwatch.store.database import Transaction
from floodwatch.store.outbox import Claimed
from floodwatch.web.app import create_app
from floodwatch.web.guard import PUBLIC, needs
from tests.faults import scanner, world
from tests.faults.world import World

Planted = Callable[[], AbstractContextManager[object]]


def marked_before_it_is_sent() -> AbstractContextManager[object]:
    """A row is finished in the transaction that takes it, not in the one that saw it accepted."""
    leased = outbox.lease

    def lease(tx: Transaction, ids: Sequence[int], *, epoch: int, now: int) -> list[Claimed]:
        rows = leased(tx, ids, epoch=epoch, now=now)
        done = text(
            "UPDATE outbox SET state = 'accepted', next_at = NULL, accepted_at = :now,"
            " reason = 'sent', epoch = NULL WHERE id = :id"
        )
        for row in rows:
            tx.connection.execute(done, {"id": row.id, "now": now})
        return rows

    return mock.patch.object(outbox, "lease", lease)


def synced_now_and_then() -> AbstractContextManager[object]:
    """synchronous = NORMAL: a commit is in the log, and the log not yet on the disk."""
    normal = tuple(p.replace("synchronous = FULL", "synchronous = NORMAL") for p in PRAGMAS)
    return mock.patch.object(database, "_PRAGMAS", normal)


PRAGMAS = database._PRAGMAS


def driven_by_a_timetable() -> AbstractContextManager[object]:
    """The loop's next round stands in a timetable by the clock on the wall."""
    tick, due = World._tick, World._next_tick

    def ticked(self: World) -> None:
        tick(self)
        self.__dict__["next_run"] = self.clock.wall() + 1_000

    def next_tick(self: World) -> int:
        waits = self.__dict__.get("next_run", 0) - self.clock.wall()
        return int(max(due(self), self.now + waits))

    return mock.patch.multiple(world.World, _tick=ticked, _next_tick=next_tick)


def answered_by_looking() -> AbstractContextManager[object]:
    """Opening the link answers, as if the button had been pressed."""

    def mutant(given: Any) -> Any:
        app = create_app(given)

        @needs(PUBLIC)
        def ask(token: str) -> str:
            with given.database.write() as tx:
                now = given.service.moment(tx.connection).now
                grant = opened(token, answer_link.made_key(tx), now=now)
                try:
                    answers.answer(
                        tx,
                        grant.person,
                        who=grant.person,
                        via="link",
                        now=now,
                        alert_id=grant.alert_id,
                    )
                except Refused:
                    return "no more"
            return "thank you"

        app.view_functions["delivery.ask"] = ask
        return app

    return mock.patch.object(scanner, "create_app", mutant)


@contextmanager
def deadlines_on_the_wall() -> Iterator[None]:
    """Service time is what the clock on the wall says."""

    def moment(self: ServiceClock, connection: Any) -> Moment:
        return Moment(self.wall(), True)

    def beat(self: ServiceClock, tx: Transaction, *, devices: int | None = None) -> Moment:
        row = ServiceRow(self.wall(), self.monotonic(), self.boot, 0, True, 1.0)
        set_service_row(tx, row)
        return Moment(row.now, True)

    with (
        mock.patch.multiple(ServiceClock, moment=moment, beat=beat),
        mock.patch.object(clockwork, "service_now", lambda connection, clock: clock.wall()),
    ):
        yield


def quality_that_suppresses() -> AbstractContextManager[object]:
    """What is suspect is not judged."""
    return mock.patch.object(level, "failed", lambda quality: quality % 10 >= Flag.SUSPECT)


def one_answers_for_all() -> AbstractContextManager[object]:
    """An answer ends what everybody owes to the alert."""

    def open_of(parties: Sequence[str]) -> Any:
        return select(tables.obligation).where(tables.obligation.c.state == "open")

    return mock.patch.object(answers, "_open_of", open_of)
