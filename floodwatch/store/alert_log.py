"""Alerts: written, with the states of their rules, in the transaction of the readings."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, TextClause, bindparam, insert, select, text, update

from floodwatch.model.alert import Origin, RuleKey, RuleState, Transition, TransitionKind
from floodwatch.model.finding import Finding
from floodwatch.store import rule_states, timeline
from floodwatch.store.among import listed
from floodwatch.store.answers import (
    CallEntry,
    Matter,
    Owed,
    acknowledge,
    answer,
    call_list,
    obligations,
    open_obligations,
    record_call,
)
from floodwatch.store.database import Transaction
from floodwatch.store.dialect import Dialect, dialect_of
from floodwatch.store.rule_states import finite
from floodwatch.store.tables import alert as _alert
from floodwatch.store.tables import alert_event as _event
from floodwatch.store.timeline import events

__all__ = [
    "CallEntry",
    "Change",
    "Matter",
    "Owed",
    "Told",
    "acknowledge",
    "alert",
    "alerts",
    "answer",
    "call_list",
    "events",
    "imported_open",
    "obligations",
    "open_obligations",
    "record_call",
    "save",
]


class Change(NamedTuple):
    """What one transaction did to one rule: its state before and after, and what is said of it."""

    rule: RuleKey
    before: RuleState
    after: RuleState
    transitions: tuple[Transition, ...]
    origin: Origin
    config_version: int


class Told(NamedTuple):
    """A transition as stored: what pipeline.tell makes obligations and messages of.

    `alert` is the row as stored; `first`: the alert began with this transition, or until now stood
    by import alone, so that nobody has been told of it.
    """

    alert_id: int
    seq: int
    rule: RuleKey
    transition: Transition
    alert: dict[str, Any]
    first: bool
    origin: Origin = Origin.LIVE


def imported_open(connection: Connection, rules: Iterable[RuleKey]) -> set[RuleKey]:
    """Which of these rules have an open alert that only imported data has opened."""
    by_name = {str(rule): rule for rule in rules}
    dialect = dialect_of(connection.dialect.name)
    values = {"rules": dialect.array(by_name), "origin": Origin.IMPORT.value}
    return {by_name[name] for (name,) in dialect.ask(connection, _imported_open(dialect), values)}


@cache
def _imported_open(dialect: Dialect) -> TextClause:
    return text(
        f"SELECT rule FROM alert WHERE rule IN {dialect.texts('rules')}"
        " AND resolved_at IS NULL AND origin = :origin"
    )


def alerts(
    connection: Connection, *, state: str = "firing", limit: int = 100
) -> list[dict[str, Any]]:
    """Alerts as rows: "firing" worst and oldest first, "all" newest first."""
    query = select(_alert).limit(limit)
    if state == "firing":
        query = query.where(_alert.c.resolved_at.is_(None))
        query = query.order_by(_alert.c.severity.desc(), _alert.c.fired_at, _alert.c.id)
    else:
        query = query.order_by(_alert.c.id.desc())
    return [dict(row) for row in connection.execute(query).mappings()]


def alert(connection: Connection, alert_id: int) -> dict[str, Any] | None:
    """One alert as a row."""
    row = connection.execute(select(_alert).where(_alert.c.id == alert_id)).mappings().first()
    return None if row is None else dict(row)


def save(tx: Transaction, changes: Sequence[Change]) -> list[Told]:
    """Store changed states, and the alerts and timeline entries their transitions make.

    The number of statements does not depend on how many changes there are. Within one change an
    alert may end and the rule's next one begin.
    """
    book = _Book(tx, [change for change in changes if _touches(change)])
    told = [entry for change in changes for entry in book.live(change)]
    book.write()
    kept = [
        rule_states.Kept(
            change.rule,
            change.after,
            book.open_id(change.rule) if _touches(change) else change.after.alert_id,
            change.config_version,
        )
        for change in changes
        if change.after != change.before
    ]
    rule_states.save(tx, kept)
    return [entry._replace(alert_id=entry.alert["id"]) for entry in told]


def _touches(change: Change) -> bool:
    return bool(change.transitions) or change.after.peak != change.before.peak


def _open_alerts(tx: Transaction, changes: Sequence[Change]) -> list[dict[str, Any]]:
    names = [str(change.rule) for change in changes]
    values = {"rules": tx.dialect.array(names)}
    return tx.dialect.dicts(tx.connection, _open_of(tx.dialect), values)


@cache
def _open_of(dialect: Dialect) -> Select[Any]:
    return select(_alert).where(
        listed(dialect, _alert.c.rule, "rules"), _alert.c.resolved_at.is_(None)
    )


class _Book:
    """The alerts that one save touches, by their open rule, until they are written."""

    def __init__(self, tx: Transaction, changes: Sequence[Change]) -> None:
        self._tx = tx
        self._known = _open_alerts(tx, changes) if changes else []
        self._open = {row["rule"]: row for row in self._known}
        self._seqs = timeline.last_seq(tx.connection, [row["id"] for row in self._known])
        self._new: list[dict[str, Any]] = []
        self._events: list[tuple[dict[str, Any], dict[str, Any]]] = []

    def live(self, change: Change) -> list[Told]:
        """Apply a change's transitions to the rule's alert."""
        told = []
        name = str(change.rule)
        for transition in change.transitions:
            row, first = self._open.get(name), False
            if row is None:
                if transition.kind is TransitionKind.RESOLVED:
                    continue  # its alert was ended by other means
                row, first = self._begin(change, transition), True
            held = row["origin"] == Origin.IMPORT.value and not first
            _apply(row, transition, change.origin)
            first = first or (held and row["origin"] != Origin.IMPORT.value)
            seq = self._note(row, transition, change.origin)
            told.append(Told(0, seq, change.rule, transition, row, first, change.origin))
            if transition.kind is TransitionKind.RESOLVED:
                _keep_peak(row, change.before)
                del self._open[name]
        if (row := self._open.get(name)) is not None:
            _keep_peak(row, change.after)
        return told

    def open_id(self, rule: RuleKey) -> int | None:
        """The number of the rule's open alert, once written."""
        row = self._open.get(str(rule))
        return None if row is None else int(row["id"])

    def write(self) -> None:
        """Update the known first: an ended alert makes room for the rule's next one."""
        connection = self._tx.connection
        for row in (*self._known, *self._new):
            row["rev"] = self._tx.rev
        if self._known:
            values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in _MUTABLE}
            by_id = update(_alert).where(_alert.c.id == bindparam("old_id")).values(values)
            connection.execute(
                by_id,
                [
                    {"old_id": row["id"]} | {f"new_{name}": row[name] for name in _MUTABLE}
                    for row in self._known
                ],
            )
        if self._new:
            inserted = insert(_alert).returning(_alert.c.rule, _alert.c.id)
            # Numbers rise in the order of insertion; a rule's several alerts take theirs in turn.
            numbers = sorted((row.rule, row.id) for row in connection.execute(inserted, self._new))
            for row, (_, number) in zip(
                sorted(self._new, key=lambda row: str(row["rule"])), numbers, strict=True
            ):
                row["id"] = number
        if self._events:
            connection.execute(
                insert(_event), [{**event, "alert_id": row["id"]} for row, event in self._events]
            )

    def _begin(self, change: Change, transition: Transition) -> dict[str, Any]:
        time = transition.finding.time
        row: dict[str, Any] = {
            **change.rule._asdict(),
            **dict.fromkeys(_MUTABLE),
            "suspect": False,
            "rule": str(change.rule),
            "worst": 0,
            "origin": change.origin.value,
            "band": "",
            "label": "",
            "facts": {},
            "fired_at": transition.at,
            "onset": transition.at if time is None else time,
            "config_version": change.config_version,
        }
        self._new.append(row)
        self._open[row["rule"]] = row
        return row

    def _note(self, row: dict[str, Any], transition: Transition, origin: Origin) -> int:
        # A new alert has no number yet, and is known by its being the same dictionary.
        place = row.get("id", -id(row))
        self._seqs[place] = seq = self._seqs.get(place, 0) + 1
        finding = transition.finding
        event = {
            "seq": seq,
            "at": transition.at,
            "kind": transition.kind.value,
            "severity": int(transition.severity),
            "previous": None if transition.previous is None else int(transition.previous),
            "value": finite(finding.value),
            "value_time": finding.time,
            "who": None,
            "text": transition.why,
            "facts": _facts(finding) | {"band": finding.band, "origin": origin.value},
            "rev": self._tx.rev,
        }
        self._events.append((row, event))
        return seq


_MUTABLE = (
    *("severity", "worst", "origin", "band", "label", "limit_value", "value", "value_time"),
    *("peak", "peak_at", "suspect", "facts", "resolved_at", "rev"),
)


def _apply(row: dict[str, Any], transition: Transition, origin: Origin) -> None:
    """The alert's row after a transition."""
    finding, kind = transition.finding, transition.kind
    row["severity"] = int(transition.severity)
    row["worst"] = max(row["worst"], row["severity"])
    if finding.value is not None:
        row |= {"value": finite(finding.value), "value_time": finding.time}
    if kind is TransitionKind.RESOLVED:
        row["resolved_at"] = transition.at
        return
    row["suspect"] = finding.suspect
    row["facts"] = _facts(finding) or row["facts"]
    if finding.band or finding.limit is not None:
        row |= {"band": finding.band, "label": finding.label, "limit_value": finding.limit}
    if origin is not Origin.IMPORT and kind is not TransitionKind.EASED:
        row["origin"] = origin.value  # confirmed: it no longer stands by import alone


def _keep_peak(row: dict[str, Any], state: RuleState) -> None:
    if state.peak is not None:
        row |= {"peak": finite(state.peak), "peak_at": state.peak_at}
    elif row["peak"] is None:
        row |= {"peak": row["value"], "peak_at": row["value_time"]}


def _facts(finding: Finding) -> dict[str, float | int | str | None]:
    """The finding's facts as JSON has them: no NaN, no numpy."""
    return {
        name: value if isinstance(value, str) else finite(value)
        for name, value in finding.facts.items()
    }
