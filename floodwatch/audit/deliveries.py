"""Follows each alert to the people: written to, reached or being tried, answered or called."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, RowMapping, or_, select

from floodwatch.audit.documents import routes
from floodwatch.audit.ledger import SPOKEN
from floodwatch.audit.violation import Violation
from floodwatch.store import tables

OPEN_STATES = ("pending", "leased", "retry")
STUCK = 10 * 60_000  # ms a time may be past before nobody can be working on it

BY_HAND = 2  # the step at which the machine has called twice, and whoever stands in
DAY = 86_400_000
LINES = 30  # of a list of the morning; what is more is only counted there

Row = RowMapping


def accounts(connection: Connection, *, start: int, end: int, now: int) -> Iterator[Violation]:
    """What is not explained of the alerts told between, and of all that is unfinished at `now`."""
    yield from _outbox(connection, start, now)
    yield from _obligations(connection, now)
    told = _told(connection, start, end)
    rows = _rows(connection, {event["alert_id"] for event in told})
    listed = _lists(connection, start)
    for event in told:
        mine = rows.get(event["alert_id"], [])
        if not mine and not _excused(connection, event, listed):
            yield Violation(
                "nobody told",
                f"alert {event['alert_id']}",
                event["at"],
                f"{event['rule']}: {event['kind']} with severity {event['severity']}, and nobody "
                "was written to",
            )
    for alert_id, mine in rows.items():
        yield from _people(alert_id, mine)


def _told(connection: Connection, start: int, end: int) -> list[Row]:
    event, alert = tables.alert_event.c, tables.alert.c
    rows = connection.execute(
        select(
            event.alert_id,
            event.at,
            event.kind,
            event.severity,
            alert.rule,
            alert.station,
            alert.muted_by,
            alert.band,
        )
        .join_from(tables.alert_event, tables.alert, event.alert_id == alert.id)
        .where(event.kind.in_(SPOKEN), event.at >= start, event.at < end)
        .where(alert.origin != "import")
        .order_by(event.id)
    )
    return [row._mapping for row in rows]


def _rows(connection: Connection, ids: set[int]) -> dict[int, list[Row]]:
    table, sent = tables.outbox.c, tables.outbox.alias("sent")  # the digest a row went into
    found: dict[int, list[Row]] = {}
    chosen = sorted(ids)
    for begin in range(0, len(chosen), 500):
        rows = connection.execute(
            select(table.id, table.alert_id, table.person, table.kind, table.state, table.next_at)
            .add_columns(table.created_at, table.channel, table.reason)
            .add_columns(sent.c.state.label("sent_state"), sent.c.next_at.label("sent_next"))
            .outerjoin_from(tables.outbox, sent, sent.c.id == table.digest_id)
            .where(table.alert_id.in_(chosen[begin : begin + 500]))
            .order_by(table.id)
        )
        for row in rows:
            found.setdefault(row.alert_id, []).append(row._mapping)
    return found


class _List(NamedTuple):
    """A list that leaves, or left, in the morning: between these times lines were added to it."""

    begins: int
    leaves: int
    body: str

    def names(self, station: str, at: int) -> bool:
        """Whether it speaks of the station, of something that was so at that time."""
        spans = self.begins <= at + STUCK and at <= self.leaves
        return spans and (station in self.body or self.body.count("\n") >= LINES)


def _lists(connection: Connection, start: int) -> list[_List]:
    table = tables.outbox.c
    rows = connection.execute(
        select(table.created_at, table.next_at, table.accepted_at, table.body)
        .where(table.alert_id.is_(None), table.kind == "list", table.created_at >= start - DAY)
        .where(or_(table.state == "accepted", table.next_at.is_not(None)))
    )
    return [_List(row.created_at, row.next_at or row.accepted_at, row.body) for row in rows]


def _excused(connection: Connection, event: Row, lists: Sequence[_List]) -> bool:
    """Muted then, or in a list of the morning, or of a kind that is only shown on the screen."""
    if event["muted_by"] or _was_muted(connection, event):
        return True
    table = tables.mute.c
    muted = connection.execute(
        select(table.id)
        .where(or_(table.station == event["station"], table.alert_id == event["alert_id"]))
        .where(table.begins <= event["at"], table.ends >= event["at"])
        .limit(1)
    ).first()
    if muted is not None:
        return True
    version = tables.config_version.c
    documents = connection.execute(
        select(version.documents)
        .where(version.at <= event["at"])
        .order_by(version.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    found = routes(documents or {})
    station = str(found.stations.get(event["station"], {}).get("name", event["station"]))
    if any(one.names(station, event["at"]) for one in lists):
        return True
    return not found.writes(rule=event["rule"], severity=event["severity"], band=event["band"])


def _was_muted(connection: Connection, event: Row) -> bool:
    """Whether another alert stood for it then, as its own timeline says."""
    table = tables.alert_event.c
    last = connection.execute(
        select(table.kind)
        .where(table.alert_id == event["alert_id"], table.at <= event["at"])
        .where(table.kind.in_(("muted", "unmuted")))
        .order_by(table.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    return last == "muted"


def _people(alert_id: int, rows: Sequence[Row]) -> Iterator[Violation]:
    """Whoever was to be told has been, or is still being tried."""
    by_person: dict[str, list[Row]] = {}
    for row in rows:
        by_person.setdefault(row["person"], []).append(row)
    for person, mine in by_person.items():
        last = mine[-1]
        if any(_well(row["state"], row["next_at"]) for row in mine):
            continue
        if any(row["sent_state"] and _well(row["sent_state"], row["sent_next"]) for row in mine):
            continue
        if last["state"] == "superseded" and last["reason"]:
            continue  # nothing of it ever left, and there is nothing left to tell
        yield Violation(
            "not reached",
            f"alert {alert_id}",
            last["created_at"],
            f"{person}: {last['channel']} {last['state']}: {last['reason'] or 'no reason'}",
        )


def _well(state: str, next_at: int | None) -> bool:
    return state == "accepted" or (state in OPEN_STATES and next_at is not None)


def _outbox(connection: Connection, start: int, now: int) -> Iterator[Violation]:
    table = tables.outbox.c
    rows = connection.execute(
        select(table.id, table.key, table.state, table.next_at, table.reason, table.created_at)
        .where(or_(table.created_at >= start, table.next_at.is_not(None)))
        .order_by(table.id)
    )
    for row in rows:
        unfinished = row.state in OPEN_STATES
        where, at = f"message {row.key}", row.created_at
        if unfinished and row.next_at is None:
            yield Violation("outbox", where, at, f"{row.state} without a next time")
        elif unfinished and row.next_at < now - STUCK:
            late = (now - row.next_at) // 60_000
            yield Violation("outbox", where, at, f"{row.state}, due for {late} min")
        elif not unfinished and row.next_at is not None:
            yield Violation("outbox", where, at, f"{row.state} and yet due again")
        elif not unfinished and not row.reason:
            yield Violation("outbox", where, at, f"{row.state} without a reason")


def _obligations(connection: Connection, now: int) -> Iterator[Violation]:
    table, alert = tables.obligation.c, tables.alert.c
    rows = connection.execute(
        select(table.alert_id, table.party, table.state, table.due, table.step, table.opened_at)
        .add_columns(alert.resolved_at, alert.muted_by)
        .join_from(tables.obligation, tables.alert, table.alert_id == alert.id)
        .where(table.state == "open")
        .order_by(table.id)
    ).all()
    # Who has not answered twice is called by hand, and stands in the list of calls until then.
    goes_on = {row.alert_id for row in rows if row.due is not None}
    for row in rows:
        where = f"alert {row.alert_id}"
        if row.resolved_at is not None:
            what = f"{row.party} still owes an answer to an alert that has ended"
        elif row.muted_by or row.step < 0:
            continue  # nobody is called meanwhile; another of the same alert is
        elif row.due is None and (row.alert_id in goes_on or row.step >= BY_HAND):
            continue
        elif row.due is None:
            what = f"{row.party} owes an answer and no next step is set"
        elif row.due < now - STUCK:
            what = f"{row.party} owes an answer, due for {(now - row.due) // 60_000} min"
        else:
            continue
        yield Violation("no next step", where, row.opened_at, what)
