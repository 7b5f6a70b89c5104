"""Moves every stored deadline, for the rare day on which service time itself was wrong."""

from sqlalchemy import select, update

from floodwatch.store.database import Transaction
from floodwatch.store.latest import NEVER
from floodwatch.store.tables import latest, mute, obligation, outbox, rule_state


def move_deadlines(tx: Transaction, by: int) -> None:
    """Add `by` ms to every deadline and arrival, so that each keeps its distance to now.

    With them go the beginnings from which something still open is counted: the age at which a
    message is given up, the time at which an answer was asked for, the length of a mute.
    """
    owed, unsent = obligation.c.state == "open", outbox.c.next_at.is_not(None)
    standing = mute.c.ended_at.is_(None)
    columns = {
        rule_state.c.due: rule_state.c.due.is_not(None),
        obligation.c.opened_at: owed,
        obligation.c.due: obligation.c.due.is_not(None),
        outbox.c.created_at: unsent,
        outbox.c.next_at: unsent,
        mute.c.begins: standing,
        mute.c.ends: standing,
    }
    for column, which in columns.items():
        tx.connection.execute(update(column.table).where(which).values({column.name: column + by}))
    arrived = {"received": latest.c.received + by, "heard": latest.c.heard + by, "rev": tx.rev}
    heard = latest.c.heard != NEVER
    tx.connection.execute(update(latest).where(heard).values(arrived))
    rows = tx.connection.execute(select(rule_state.c.rule, rule_state.c.state)).all()
    for rule, state in rows:
        moved = {
            "pending_since": state.get("pending_since") and state["pending_since"] + by,
            "falling": [(severity, since + by) for severity, since in state.get("falling", ())],
            "changes": [change + by for change in state.get("changes", ())],
        }
        tx.connection.execute(
            update(rule_state).where(rule_state.c.rule == rule).values(state=state | moved)
        )
