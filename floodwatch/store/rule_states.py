"""The memory of the rules, a row each: what judging goes on from, and when time alone calls."""

import logging
from collections.abc import Iterable
from functools import cache
from math import isfinite
from typing import Any, NamedTuple

from sqlalchemy import Connection, TextClause, text, update

from floodwatch.model.alert import Phase, RuleKey, RuleState
from floodwatch.model.severity import Severity
from floodwatch.store.database import Transaction
from floodwatch.store.dialect import Dialect, dialect_of
from floodwatch.store.tables import rule_state as _state

_log = logging.getLogger(__name__)


class Kept(NamedTuple):
    """A state to be stored. `alert_id`: the rule's open alert."""

    rule: RuleKey
    state: RuleState
    alert_id: int | None
    config_version: int


def rule_key(name: str) -> RuleKey:
    """The key written as str(RuleKey); a station's name may itself contain a slash."""
    return RuleKey(*name.rsplit("/", 4))


def states(connection: Connection, rules: Iterable[RuleKey]) -> dict[RuleKey, RuleState]:
    """The stored states of these rules; one never seen is absent."""
    by_name = {str(rule): rule for rule in rules}
    dialect = dialect_of(connection.dialect.name)
    found = dialect.ask(connection, _states(dialect), {"rules": dialect.array(by_name)})
    return {by_name[row[0]]: _decoded(_Stored(*row), dialect) for row in found}


@cache  # asked in every transaction: making the statement anew costs as much as asking
def _states(dialect: Dialect) -> TextClause:
    columns = ", ".join(_Stored._fields)
    return text(f"SELECT {columns} FROM rule_state WHERE rule IN {dialect.texts('rules')}")


def due(connection: Connection, now: int) -> list[RuleKey]:
    """The rules that time alone may change by now (service ms), longest waiting first."""
    rows = dialect_of(connection.dialect.name).ask(connection, _DUE, {"now": now})
    return [rule_key(row[0]) for row in rows if is_key(row[0])]


_DUE = text("SELECT rule FROM rule_state WHERE due <= :now ORDER BY due, rule")


def postpone(tx: Transaction, rule: RuleKey, *, until: int) -> None:
    """A rule that cannot be judged now is not asked again before `until`."""
    mine = update(_state).where(_state.c.rule == str(rule), _state.c.due < until)
    tx.connection.execute(mine.values(due=until))


def names(connection: Connection) -> list[str]:
    """Every rule that has a stored state, by its name."""
    rows = dialect_of(connection.dialect.name).ask(connection, _NAMES, {})
    return [name for (name,) in rows if is_key(name)]


_NAMES = text("SELECT rule FROM rule_state")


def judged_otherwise(connection: Connection, version: int) -> bool:
    """Whether any rule was last judged by another version of the configuration."""
    rows = dialect_of(connection.dialect.name).ask(connection, _OTHERWISE, {"version": version})
    return bool(rows)


_OTHERWISE = text("SELECT 1 FROM rule_state WHERE config_version <> :version LIMIT 1")


def is_key(name: str) -> bool:
    """Whether it is the name of a rule: a row that is no rule's hinders none."""
    return name.count("/") >= 4


def save(tx: Transaction, kept: Iterable[Kept]) -> None:
    """Store states in the place of those before them."""
    rows = [
        {
            "rule": str(one.rule),
            "phase": one.state.phase.value,
            "due": one.state.due,
            "alert_id": one.alert_id,
            "state": _encode(one.state),
            "config_version": one.config_version,
            "rev": tx.rev,
        }
        for one in kept
    ]
    names = _state.columns.keys()
    tx.dialect.upsert(tx.connection, _state, [[row[name] for name in names] for row in rows])


def finite(value: float | None) -> float | None:
    """The value as JSON has it: no NaN, no numpy."""
    return float(value) if value is not None and isfinite(value) else None


def _encode(state: RuleState) -> dict[str, Any]:
    return {
        "severity": state.severity,
        "pending": state.pending,
        "pending_since": state.pending_since,
        "falling": state.falling,
        "peak": finite(state.peak),
        "peak_at": state.peak_at,
        "changes": state.changes,
    }


class _Stored(NamedTuple):
    rule: str
    phase: str
    due: int | None
    alert_id: int | None
    state: Any  # a document


def _decoded(row: _Stored, dialect: Dialect) -> RuleState:
    """The state; of one that cannot be read its alert at its mildest: worse is told anew."""
    try:
        return _decode(row, dialect.document(row.state))
    except (KeyError, TypeError, ValueError):
        _log.exception("the state of rule %s cannot be read", row.rule)
    if row.alert_id is None and row.phase != Phase.FIRING.value:
        return RuleState(due=row.due)
    return RuleState(Phase.FIRING, Severity.IV, due=row.due, alert_id=row.alert_id)


def _decode(row: _Stored, stored: dict[str, Any]) -> RuleState:
    return RuleState(
        phase=Phase(row.phase),
        severity=Severity(stored["severity"]) if stored["severity"] else None,
        pending=Severity(stored["pending"]) if stored["pending"] else None,
        pending_since=stored["pending_since"],
        falling=tuple((severity, since) for severity, since in stored["falling"]),
        due=row.due,
        alert_id=row.alert_id,
        peak=stored["peak"],
        peak_at=stored["peak_at"],
        changes=tuple(stored["changes"]),
    )
