"""联调单: what the district asked another authority's pumps for, the answer, and when they ran."""

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select, text, update

from floodwatch.model.alert import ObligationState
from floodwatch.store import people as _people
from floodwatch.store.among import among
from floodwatch.store.database import Transaction
from floodwatch.store.dialect import dialect_of
from floodwatch.store.tables import city_request as _request
from floodwatch.store.tables import obligation as _obligation

ANSWERED = (ObligationState.ANSWERED, ObligationState.DEPUTY, ObligationState.ENTERED)


class Request(NamedTuple):
    """One request. Times in service ms, None while it has not come to that."""

    id: int
    station: str  # the pumping station asked for
    alert_id: int | None
    text: str
    asked_at: int
    asked_by: str
    answered_at: int | None
    answered_by: str | None
    answer: str | None
    running_at: int | None
    ended_at: int | None


class Standing(NamedTuple):
    """The open level alert of a lake."""

    alert_id: int
    severity: int
    value: float | None


_COLUMNS = tuple(_request.c[name] for name in Request._fields)


def ask(
    tx: Transaction, station: str, text: str, *, who: str, now: int, alert_id: int | None = None
) -> int:
    """Put a request on record; its number."""
    row = {
        "station": station,
        "alert_id": alert_id,
        "text": text,
        "asked_at": now,
        "asked_by": who,
        "rev": tx.rev,
    }
    made = insert(_request).values(**row).returning(_request.c.id)
    return int(tx.connection.execute(made).scalar_one())


def answer(tx: Transaction, request_id: int, *, who: str, text: str, now: int) -> bool:
    """Note the answer; False when there is one already, which stays."""
    change = {"answered_at": now, "answered_by": who, "answer": text}
    noted = _once(tx, request_id, "answered_at", change)
    if noted:
        what = f"request {request_id}: {text}"
        _people.record(tx.connection, now=now, who=who, action="city answer", what=what)
    return noted


def running(tx: Transaction, request_id: int, *, now: int) -> bool:
    """Note from when the pumps run."""
    return _once(tx, request_id, "running_at", {"running_at": now})


def end(tx: Transaction, request_id: int, *, now: int) -> bool:
    """Note that the pumps have stopped, or are not needed any more."""
    return _once(tx, request_id, "ended_at", {"ended_at": now})


def _once(tx: Transaction, request_id: int, column: str, change: dict[str, Any]) -> bool:
    wanted = (_request.c.id == request_id, _request.c[column].is_(None))
    done = tx.connection.execute(update(_request).where(*wanted).values(**change, rev=tx.rev))
    return bool(done.rowcount)


def unended(connection: Connection) -> list[Request]:
    """The requests that are not over, oldest first."""
    rows = dialect_of(connection.dialect.name).ask(connection, _UNENDED, {})
    return [Request(*row) for row in rows]


_UNENDED = select(*_COLUMNS).where(_request.c.ended_at.is_(None)).order_by(_request.c.id)


def of_alert(connection: Connection, alert_id: int) -> list[Request]:
    """What was asked for because of an alert."""
    query = select(*_COLUMNS).where(_request.c.alert_id == alert_id).order_by(_request.c.id)
    return [Request(*row) for row in connection.execute(query)]


def of_stations(
    connection: Connection, stations: Collection[str], *, most: int = 10
) -> list[Request]:
    """The newest requests for any of these pumping stations, newest first."""
    mine = among(connection, _request.c.station, stations)
    query = select(*_COLUMNS).where(mine).order_by(_request.c.id.desc()).limit(most)
    return [Request(*row) for row in connection.execute(query)]


def standing(connection: Connection, lake: str) -> Standing | None:
    """The open alert of a lake's upward levels."""
    found = dialect_of(connection.dialect.name).ask(connection, _STANDING, {"lake": lake})
    # Not in the order of numbers: for that SQLite would look through all that ever was.
    rows = sorted(Standing(*row) for row in found)
    return rows[-1] if rows else None


_STANDING = text(
    "SELECT id, severity, value FROM alert WHERE station = :lake AND variable = 'stage'"
    " AND type = 'level' AND direction = 'up' AND resolved_at IS NULL"
)


def answered_by(
    connection: Connection, alert_id: int, people: Collection[str]
) -> tuple[str, int] | None:
    """Who of these people has answered for the alert first, and when."""
    query = (
        select(_obligation.c.ended_by, _obligation.c.party, _obligation.c.ended_at)
        .where(
            _obligation.c.alert_id == alert_id,
            _obligation.c.party.in_(list(people)),
            _obligation.c.state.in_([state.value for state in ANSWERED]),
            _obligation.c.ended_at.is_not(None),
        )
        .order_by(_obligation.c.ended_at)
    )
    row = connection.execute(query).first()
    return (row.ended_by or row.party, int(row.ended_at)) if row else None
