"""What the sources note of themselves: when they last worked, what they brought, where they are."""

from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, select, text, update

from floodwatch.model.clock import HOUR
from floodwatch.model.source import NONE, REFUSALS, Counts, Note
from floodwatch.store.clockwork import set_setting, setting
from floodwatch.store.database import Transaction
from floodwatch.store.dialect import dialect_of
from floodwatch.store.source_tables import source_state


class Refused(NamedTuple):
    """Something that was not taken, and when (service ms)."""

    at: int
    what: str
    why: str


class SourceState(NamedTuple):
    """How a source stands; times in service ms, `newest` in ms UTC as its readings have it.

    `failures`: in a row; 0 while it works. The last error stays known after it is over.
    """

    name: str
    kind: str
    last_try: int | None = None
    last_success: int | None = None
    last_error: str | None = None
    last_error_at: int | None = None
    failures: int = 0
    newest: int | None = None
    counts: Counts = NONE
    refusals: tuple[Refused, ...] = ()
    cursor: Any = None

    def after(self, note: Note, *, now: int) -> "SourceState":
        """The state once `note` is known. Pure."""
        newest = [at for at in (self.newest, note.newest) if at is not None]
        fresh = [Refused(now, *refusal) for refusal in note.refusals]
        said = {(r.what, r.why) for r in fresh}  # the same again is said once
        kept = [r for r in self.refusals if (r.what, r.why) not in said]
        return self._replace(
            last_try=now if note.tried else self.last_try,
            last_success=now if note.worked else self.last_success,
            last_error=self.last_error if note.error is None else note.error,
            last_error_at=self.last_error_at if note.error is None else now,
            failures=note.failures + (0 if note.worked else self.failures),
            newest=max(newest, default=None),
            counts=self.counts.plus(note.counts),
            refusals=tuple((fresh + kept)[:REFUSALS]),
            cursor=self.cursor if note.cursor is None else note.cursor,
        )


def noted(tx: Transaction, name: str, kind: str, *, note: Note, now: int) -> SourceState:
    """Write down what a source notes; its state after it."""
    state = (state_of(tx.connection, name) or SourceState(name, kind)).after(note, now=now)
    row = (
        *(name, kind, state.last_try, state.last_success, state.last_error, state.last_error_at),
        *(state.failures, state.newest, *state.counts),
        *([list(r) for r in state.refusals], state.cursor, tx.rev),
    )
    tx.dialect.upsert(tx.connection, source_state, [row])
    return state


def states(connection: Connection) -> dict[str, SourceState]:
    """Every source that ever noted anything, by name."""
    rows = connection.execute(select(source_state).order_by(source_state.c.name))
    return {row.name: _state(row) for row in rows}


class Standing(NamedTuple):
    """What an alert is judged by; as in SourceState."""

    name: str
    last_success: int | None
    last_error: str | None
    failures: int
    newest: int | None


def standings(connection: Connection) -> list[Standing]:
    """Of every source that ever noted anything, by the shortest way: each tick asks."""
    rows = dialect_of(connection.dialect.name).ask(connection, _STANDINGS, {})
    return [Standing(*row) for row in rows]


_STANDINGS = text(f"SELECT {', '.join(Standing._fields)} FROM source_state ORDER BY name")


def state_of(connection: Connection, name: str) -> SourceState | None:
    """One of them."""
    row = connection.execute(select(source_state).where(source_state.c.name == name)).one_or_none()
    return None if row is None else _state(row)


def cursor(connection: Connection, name: str) -> Any:
    """Where a source goes on; None: from its beginning."""
    return connection.execute(
        select(source_state.c.cursor).where(source_state.c.name == name)
    ).scalar_one_or_none()


def place(tx: Transaction, name: str, kind: str, *, cursor: Any) -> None:
    """Keep where a source goes on, in the transaction of the readings that end there."""
    changed = tx.connection.execute(
        update(source_state).where(source_state.c.name == name).values(cursor=cursor, rev=tx.rev)
    )
    if not changed.rowcount:
        noted(tx, name, kind, note=Note(cursor=cursor), now=0)


def ask_now(tx: Transaction, name: str, *, at: int) -> None:
    """A person wants a source to be asked at once."""
    wanted = asked_now(tx.connection)
    set_setting(tx, _ASK_NOW, {**{n: w for n, w in wanted.items() if at - w < HOUR}, name: at})


def asked_now(connection: Connection) -> dict[str, int]:
    """Source -> when a person last wanted it to be asked at once (service ms)."""
    found = setting(connection, _ASK_NOW)
    return {str(n): int(at) for n, at in found.items()} if isinstance(found, dict) else {}


_ASK_NOW = "sources_now"


def forget(tx: Transaction, name: str) -> None:
    """A source that is no longer known; should it come again, it begins anew."""
    tx.connection.execute(delete(source_state).where(source_state.c.name == name))


def _state(row: Any) -> SourceState:
    return SourceState(
        *(row.name, row.kind, row.last_try, row.last_success, row.last_error, row.last_error_at),
        *(row.failures, row.newest),
        counts=Counts(row.taken, row.stored, row.duplicate, row.rejected),
        refusals=tuple(Refused(int(at), str(what), str(why)) for at, what, why in row.refusals),
        cursor=row.cursor,
    )
