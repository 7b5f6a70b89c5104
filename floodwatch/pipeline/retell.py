"""Whom a rehearsal would have told, how often: the same telling in a database that is thrown away.

Obligations, the bell of the room, calls, reminders, whoever stands in, digests and the morning list
are those of the live service. What leaves arrives at once; how people answer is an assumption.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import event

from floodwatch.model.clock import MINUTE
from floodwatch.model.district import District
from floodwatch.model.notification import OutboxState, Sent
from floodwatch.notify import routing, sms_text
from floodwatch.pipeline import arrange, escalate, muting
from floodwatch.pipeline.rehearsed import Cancelled, People, Room, Told
from floodwatch.pipeline.tell import tell
from floodwatch.store import alert_log, outbox, retold
from floodwatch.store.alert_log import Change
from floodwatch.store.database import Database, Transaction
from floodwatch.store.outbox import Attempt, Claimed, Verdict

WITHIN, NEVER = "within", "never"
EPOCH = 1
MOST = 1_000_000
# When muting looks again after something was said: a gateway's own alert, the end of another's.
LOOKS = (MINUTE, 3 * MINUTE, 15 * MINUTE)


@dataclass(frozen=True, slots=True)
class Answers:
    """How people are assumed to answer.

    Whoever has `answers_after` among the recipients answers so long after he is asked. The others,
    and the duty room, answer `otherwise`: just within the time they are given (WITHIN), after so
    many ms, or not at all (NEVER).
    """

    otherwise: str | int = WITHIN

    def at(self, owed: retold.Owed, district: District) -> int | None:
        """When the party answers; None: it does not."""
        person = district.people.get(owed.party)
        if person is not None and person.answers_after is not None:
            return owed.opened_at + person.answers_after
        if self.otherwise == NEVER:
            return None
        if isinstance(self.otherwise, int):
            return owed.opened_at + self.otherwise
        return max(owed.opened_at, owed.opened_at + owed.within - 1)


def retell(
    changes: Sequence[tuple[int, Change]],
    district: District,
    *,
    end: int,
    answers: Answers,
    cancelled: Callable[[], bool] = lambda: False,
) -> People:
    """Tell all these changes (service ms, change) again, in their order, and count."""
    if not changes:
        return People()
    ordered = sorted(changes, key=itemgetter(0))
    with TemporaryDirectory(prefix="floodwatch-rehearsal-") as folder:
        database = _scratch(Path(folder))
        try:
            with database.write() as tx:
                telling = _Telling(tx, district, answers)
                for at, group in groupby(ordered, key=itemgetter(0)):
                    if cancelled():
                        raise Cancelled("the rehearsal was stopped")
                    telling.until(at)
                    telling.say(at, [change for _, change in group])
                telling.until(end)
                return telling.counted()
        finally:
            database.close()


def _scratch(folder: Path) -> Database:
    """A database of its own; nothing in it is worth a wait for the disk."""
    database = Database.at(folder)

    @event.listens_for(database.engine, "connect")
    def careless(connection: object, record: object) -> None:
        del record
        connection.execute("PRAGMA synchronous = OFF")  # type: ignore[attr-defined]

    database.migrate()
    return database


class _Telling:
    """The telling as it goes on with the time, in one transaction that nobody ever reads."""

    def __init__(self, tx: Transaction, district: District, answers: Answers) -> None:
        self._tx = tx
        self._district = district
        self._answers = answers
        self._looks: list[int] = []
        self._now = 0

    def say(self, now: int, changes: Sequence[Change]) -> None:
        """What the rules say at one moment."""
        self._now = now
        tell(self._tx, alert_log.save(self._tx, changes), district=self._district, now=now)
        self._looks = [*(look for look in self._looks if look > now), *(now + s for s in LOOKS)]
        self._send(now)

    def until(self, end: int) -> None:
        """Everything that time alone brings before `end`: answers, reminders, lists."""
        while (now := self._next()) is not None and now < end:
            self._now = now = max(now, self._now)
            self._looks = [look for look in self._looks if look > now]
            self._answer(now)
            again = muting.step(self._tx, district=self._district, now=now)
            tell(self._tx, again, district=self._district, now=now)
            escalate.step(self._tx, district=self._district, now=now)
            self._send(now)

    def _next(self) -> int | None:
        connection = self._tx.connection
        moments = [retold.next_due(connection), *self._looks[:1]]
        moments += [self._answers.at(owed, self._district) for owed in retold.owed(connection)]
        known = [moment for moment in moments if moment is not None]
        return min(known, default=None)

    def _answer(self, now: int) -> None:
        for owed in retold.owed(self._tx.connection):
            at = self._answers.at(owed, self._district)
            if at is None or at > now:
                continue
            who = owed.party
            if who == retold.ROOM:
                alert_log.acknowledge(
                    self._tx, owed.alert_id, who="room", note="", via="page", now=now
                )
            else:
                alert_log.answer(
                    self._tx, who, who=who, via="scripted", now=now, alert_id=owed.alert_id
                )

    def _send(self, now: int) -> None:
        """What is due leaves and arrives; crowds of texts leave as digests."""
        tx, district = self._tx, self._district
        counted = arrange.Quotas(arrange.limited(district), {})
        gone: set[int] = set()
        if crowds := arrange.crowds(tx.connection, district, counted, now=now):
            gone = arrange.arrange(tx, crowds, district=district, now=now)
        due = outbox.waiting(tx.connection, tx.dialect, epoch=EPOCH, now=now, sending=(), most=MOST)
        ids = [row.id for row in due if row.id not in gone]
        rows = outbox.lease(tx, ids, epoch=EPOCH, now=now)
        outbox.record(
            tx,
            [Attempt(row.id, now, EPOCH, Sent.ACCEPTED.value, "") for row in rows],
            [
                Verdict(row.id, OutboxState.ACCEPTED.value, None, now, None, None, self._parts(row))
                for row in rows
            ],
        )

    def _parts(self, row: Claimed) -> int:
        """SMS parts; the demonstration's inbox stands for a telephone."""
        if not row.channel.startswith(routing.SMS) and row.channel != routing.INBOX:
            return 0
        return sms_text.parts(row.body, str(self._district.service.get("signature") or ""))

    def counted(self) -> People:
        """Who was told how often."""
        told = retold.told(self._tx.connection, self._district.tz)
        tones, by_night, worst = retold.tones(self._tx.connection, self._district.tz)
        return People(tuple(Told(*one) for one in told), Room(tones, by_night, worst))
