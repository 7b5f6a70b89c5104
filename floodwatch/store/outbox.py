"""The outbox: one row a message, worked off by the engine; nothing ends without a reason."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cache
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import Connection, TextClause, text

from floodwatch.model.clock import SECOND
from floodwatch.model.errors import Refused
from floodwatch.model.notification import OutboxState
from floodwatch.store.database import Transaction
from floodwatch.store.dialect import Dialect
from floodwatch.store.tables import outbox as _outbox

KEY_LENGTH = 200
EXERCISE = "exercise"
VOICE = "voice"
EXERCISE_MARK, EXERCISE_MARK_EN = "【演练】", "[EXERCISE]"
LEASE = 25 * SECOND  # shown only: a lease is the engine's epoch, and lasts as long as it does


class Entry(NamedTuple):
    """A message to be sent. `seq` and `step` tell it from others to the same person."""

    alert_id: int | None
    seq: int
    step: str
    kind: str
    person: str
    channel: str
    address: str
    severity: int
    subject: str
    body: str
    way: str = "text"  # text | call
    instead_of: int | None = None  # the row on another channel that it stands in for
    slots: str = ""  # JSON: the pieces for a provider's template

    @property
    def told(self) -> tuple[int | str | None, ...]:
        """The columns from alert_id to slots."""
        return (*self[:2], *self[3:])

    @property
    def key(self) -> str:
        """Stable over retries; an over-long name is shortened to its hash."""
        key = f"{self.alert_id}-{self.seq}-{self.person}-{self.channel}-{self.step}"
        if len(key) <= KEY_LENGTH:
            return key
        person = sha256(self.person.encode()).hexdigest()[:16]
        return f"{self.alert_id}-{self.seq}-{person}-{self.channel}-{self.step}"


@dataclass(frozen=True, slots=True)
class Row:
    """A message as it stands in the outbox."""

    id: int
    key: str
    alert_id: int | None
    seq: int
    kind: str
    person: str
    channel: str
    address: str
    severity: int
    subject: str
    body: str
    way: str
    instead_of: int | None
    slots: str | None

    @property
    def step(self) -> str:
        """The last part of the key."""
        return self.key.rpartition("-")[2]

    def by(self, channel: str, address: str) -> Entry:
        """The same message by another channel."""
        return Entry(
            alert_id=self.alert_id,
            seq=self.seq,
            step=self.step,
            kind=self.kind,
            person=self.person,
            channel=channel,
            address=address,
            severity=self.severity,
            subject=self.subject,
            body=self.body,
            way=self.way,
            instead_of=self.instead_of or self.id,
            slots=self.slots or "",
        )


@dataclass(frozen=True, slots=True)
class Claimed(Row):
    """A row this engine is about to send. `repeat`: it may have arrived before."""

    tries: int
    created_at: int
    repeat: bool


class Told(NamedTuple):
    """What became of the messages of an alert to one person on one channel."""

    alert_id: int
    person: str
    channel: str
    address: str
    reached: bool  # accepted, or nobody can say


class Waiting(NamedTuple):
    """A row that is to be sent now."""

    id: int
    channel: str
    severity: int
    person: str = ""
    address: str = ""


class InFlight(NamedTuple):
    """How an unfinished row stands. `stands`: its alert has not resolved; `refused`: for good,
    before."""

    leased: bool
    epoch: int | None
    tries: int
    stands: bool
    refused: bool = False


class Attempt(NamedTuple):
    """One try to send a row. `at` service ms."""

    outbox_id: int
    at: int
    epoch: int
    sent: str
    detail: str


class Verdict(NamedTuple):
    """How a row stands after an attempt; `next_at` None exactly when that is final."""

    id: int
    state: str
    next_at: int | None
    accepted_at: int | None
    reason: str | None
    provider_id: str | None = None
    parts: int = 0


_FIELDS = [field.name for field in fields(Claimed) if field.name != "repeat"]
_COLUMNS = (
    *("key", "alert_id", "seq", "kind", "person", "channel", "address", "severity", "subject"),
    *("body", "way", "instead_of", "slots", "state", "next_at", "tries", "created_at", "rev"),
)
_UNSENT = "state IN ('pending', 'retry')"
# An unfinished row of the same alert to the same person goes before its all-clear.
_WAITS = """
    kind = 'resolved' AND EXISTS (
        SELECT 1 FROM outbox AS earlier
        WHERE earlier.alert_id = outbox.alert_id AND earlier.person = outbox.person
          AND earlier.channel = outbox.channel AND earlier.id < outbox.id
          AND earlier.next_at IS NOT NULL)
"""


def insert(tx: Transaction, entries: Iterable[Entry], *, now: int) -> None:
    """Put messages in, due at once; one whose key is known stays as it is.

    This is the only door: nothing about an alert passes it marked as an exercise, and no exercise
    unmarked.
    """
    pending = (OutboxState.PENDING.value, now, 0, now, tx.rev)
    rows = [(entry.key, *_honest(entry).told, *pending) for entry in entries]
    tx.dialect.upsert(tx.connection, _outbox, rows, columns=_COLUMNS, key=("key",), update=())


def _honest(entry: Entry) -> Entry:
    if entry.kind == EXERCISE:
        if entry.alert_id is not None:
            raise Refused("an exercise is about no alert; start one with `floodwatch exercise`")
        marked = all(
            EXERCISE_MARK in t or EXERCISE_MARK_EN in t for t in (entry.subject, entry.body)
        )
        if not marked:
            raise Refused(f"a message of an exercise must be marked {EXERCISE_MARK}")
        return entry
    subject, body = (
        text.replace(EXERCISE_MARK, "").replace(EXERCISE_MARK_EN, "")
        for text in (entry.subject, entry.body)
    )
    return entry._replace(subject=subject, body=body)


def supersede_milder(tx: Transaction, alert_ids: Sequence[int]) -> None:
    """Messages not sent yet make room for a graver one of the same alert to the same person."""
    statement = f"""
        UPDATE outbox SET state = 'superseded', next_at = NULL, rev = :rev,
            reason = 'a graver message of the same alert took its place'
        WHERE {_UNSENT} AND kind <> 'resolved'
          AND alert_id IN {tx.dialect.integers("alerts")}
          AND EXISTS (
            SELECT 1 FROM outbox AS graver
            WHERE graver.alert_id = outbox.alert_id AND graver.person = outbox.person
              AND graver.channel = outbox.channel AND graver.kind = 'worsened'
              AND graver.seq > outbox.seq AND graver.severity > outbox.severity)
    """
    tx.connection.execute(text(statement), {"rev": tx.rev, "alerts": tx.dialect.array(alert_ids)})


def told(tx: Transaction, alert_ids: Sequence[int], *, above: int = 0) -> list[Told]:
    """To whom messages of these alerts went, or were to go and still have not gone; of a severity
    above `above` only.
    """
    statement = f"""
        SELECT outbox.alert_id, outbox.person, sent.channel, MAX(sent.address) AS address,
            MAX(CASE WHEN sent.state IN ('accepted', 'leased') THEN 1
                WHEN sent.state = 'retry' AND EXISTS (
                    SELECT 1 FROM attempt
                    WHERE attempt.outbox_id = sent.id AND attempt.sent = 'unknown') THEN 1
                ELSE 0 END) AS reached
        FROM outbox JOIN outbox AS sent ON sent.id = COALESCE(outbox.digest_id, outbox.id)
            OR sent.instead_of = outbox.digest_id
        WHERE outbox.alert_id IN {tx.dialect.integers("alerts")}
          AND outbox.kind NOT IN ('resolved', 'missed') AND outbox.severity > :above
          AND sent.state IN ('accepted', 'leased', 'pending', 'retry')
        GROUP BY outbox.alert_id, outbox.person, sent.channel
        ORDER BY MIN(outbox.id)
    """
    values = {"alerts": tx.dialect.array(alert_ids), "above": above}
    rows = tx.connection.execute(text(statement), values)
    return [Told(r.alert_id, r.person, r.channel, r.address, bool(r.reached)) for r in rows]


def written(reached: Iterable[Told]) -> list[Told]:
    """Nobody is rung to hear that it is over, unless there is no other way."""
    reached = list(reached)
    otherwise = {(o.alert_id, o.person) for o in reached if o.channel != VOICE}
    return [o for o in reached if o.channel != VOICE or (o.alert_id, o.person) not in otherwise]


def supersede_unsent(
    tx: Transaction, alert_ids: Sequence[int], *, reason: str, above: int = 0
) -> None:
    """End the messages of these alerts that certainly never left, of a severity above `above`."""
    statement = f"""
        UPDATE outbox SET state = 'superseded', next_at = NULL, rev = :rev, reason = :reason
        WHERE {_UNSENT} AND kind NOT IN ('resolved', 'missed') AND severity > :above
          AND alert_id IN {tx.dialect.integers("alerts")}
          AND NOT EXISTS (SELECT 1 FROM attempt
              WHERE attempt.outbox_id = outbox.id AND attempt.sent = 'unknown')
    """
    alerts = tx.dialect.array(alert_ids)
    values = {"rev": tx.rev, "reason": reason, "alerts": alerts, "above": above}
    tx.connection.execute(text(statement), values)


def waiting(
    connection: Connection,
    dialect: Dialect,
    *,
    epoch: int,
    now: int,
    sending: Sequence[int],
    most: int,
    down: Sequence[str] = (),
) -> list[Waiting]:
    """Rows to be sent now, the gravest and oldest first: at most `most` of grade I a channel, and
    as many of the others.

    Due are rows whose time has come, rows that an engine before `epoch` was sending when it ended,
    and rows of this epoch that are not among `sending`: nobody is sending them any more. Of a
    channel that is `down` the gravest row that was tried is due at any time: it is the probe. What
    was never tried and waits for its time, such as the list of the morning, is not taken for that.
    """
    names = {f"down{number}": name for number, name in enumerate(down)}
    values = {"now": now, "epoch": epoch, "sending": dialect.array(sending), "most": most, **names}
    return [Waiting(*row) for row in dialect.ask(connection, _waiting(dialect, len(down)), values)]


@cache
def _waiting(dialect: Dialect, down: int) -> TextClause:
    listed = ", ".join(f":down{number}" for number in range(down))
    dead = f" OR tries > 0 AND channel IN ({listed})" if down else ""
    return text(f"""
        SELECT id, channel, severity, person, address FROM (
            SELECT id, channel, severity, person, address, ROW_NUMBER() OVER (
                PARTITION BY channel, severity = 4 ORDER BY severity DESC, id) AS place
            FROM outbox
            WHERE ({_UNSENT} AND (next_at <= :now{dead})
                   OR state = 'leased' AND epoch < :epoch
                   OR state = 'leased' AND epoch = :epoch
                      AND id NOT IN {dialect.integers("sending")})
              AND NOT ({_WAITS})) AS queue
        WHERE place <= :most ORDER BY severity DESC, id
    """)


def lease(tx: Transaction, ids: Sequence[int], *, epoch: int, now: int) -> list[Claimed]:
    """Take these rows to be sent by the engine of `epoch`; each counts a try.

    A row that was being sent before, and whose outcome nobody recorded, becomes a repeat.
    """
    if not ids:
        return []
    dialect, connection = tx.dialect, tx.connection
    mine = {"ids": dialect.array(ids)}
    dialect.run(connection, _interrupted(dialect), [mine | {"now": now}])
    lent = {"epoch": epoch, "until": now + LEASE, "rev": tx.rev}
    dialect.run(connection, _leased(dialect), [mine | lent])
    rows = dialect.ask(connection, _claimed(dialect), mine)
    return [Claimed(**dict(zip(_FIELDS, r, strict=False)), repeat=bool(r[-1])) for r in rows]


@cache
def _interrupted(dialect: Dialect) -> TextClause:
    return text(
        "INSERT INTO attempt (outbox_id, at, epoch, sent, detail)"
        " SELECT id, :now, epoch, 'unknown', 'interrupted before its outcome was known'"
        f" FROM outbox WHERE id IN {dialect.integers('ids')} AND state = 'leased'"
    )


@cache
def _leased(dialect: Dialect) -> TextClause:
    return text(
        "UPDATE outbox SET state = 'leased', epoch = :epoch, tries = tries + 1, next_at = :until,"
        f" rev = :rev WHERE id IN {dialect.integers('ids')}"
    )


@cache
def _claimed(dialect: Dialect) -> TextClause:
    return text(
        f"SELECT {', '.join(_FIELDS)}, EXISTS (SELECT 1 FROM attempt"
        " WHERE attempt.outbox_id = outbox.id AND attempt.sent = 'unknown') AS again"
        f" FROM outbox WHERE id IN {dialect.integers('ids')} ORDER BY severity DESC, id"
    )


def in_flight(tx: Transaction, ids: Sequence[int]) -> dict[int, InFlight]:
    """How the rows stand whose outcomes have come; final ones are absent."""
    rows = tx.dialect.ask(tx.connection, _in_flight(tx.dialect), {"ids": tx.dialect.array(ids)})
    return {
        number: InFlight(bool(leased), epoch, tries, bool(stands), bool(refused))
        for number, leased, epoch, tries, stands, refused in rows
    }


@cache
def _in_flight(dialect: Dialect) -> TextClause:
    return text(f"""
        SELECT outbox.id, outbox.state = 'leased' AS leased, outbox.epoch, outbox.tries,
            alert.id IS NOT NULL AND alert.resolved_at IS NULL
                OR outbox.kind = 'digest' AND EXISTS (
                    SELECT 1 FROM outbox AS carried
                    JOIN alert AS known ON known.id = carried.alert_id
                    WHERE carried.digest_id = COALESCE(outbox.instead_of, outbox.id)
                      AND known.resolved_at IS NULL) AS stands,
            EXISTS (SELECT 1 FROM attempt WHERE attempt.outbox_id = outbox.id
                AND attempt.sent = 'permanent') AS refused
        FROM outbox LEFT JOIN alert ON alert.id = outbox.alert_id
        WHERE outbox.next_at IS NOT NULL AND outbox.id IN {dialect.integers("ids")}
    """)


def record(tx: Transaction, attempts: Sequence[Attempt], verdicts: Sequence[Verdict]) -> None:
    """Write what became of attempts, and how their rows stand now."""
    tx.dialect.run(tx.connection, _ATTEMPTED, [entry._asdict() for entry in attempts])
    rows = [verdict._asdict() | {"rev": tx.rev} for verdict in verdicts]
    tx.dialect.run(tx.connection, _JUDGED, rows)


_ATTEMPTED = text(
    f"INSERT INTO attempt ({', '.join(Attempt._fields)})"
    f" VALUES ({', '.join(f':{name}' for name in Attempt._fields)})"
)
_JUDGED = text(
    f"UPDATE outbox SET {', '.join(f'{n} = :{n}' for n in Verdict._fields if n != 'id')},"
    " epoch = NULL, rev = :rev WHERE id = :id"
)
