"""What the room does with an alert beside answering: somebody takes it on, somebody says a word."""

from typing import Any

from sqlalchemy import select, update

from floodwatch.model.errors import Refused
from floodwatch.store import people, timeline
from floodwatch.store.database import Transaction
from floodwatch.store.tables import alert

LONGEST = 1000


def assign(tx: Transaction, alert_id: int, *, to: str, who: str, now: int) -> None:
    """Somebody of the room takes an alert on; with an empty `to` it is nobody's again."""
    row, to, who = _row(tx, alert_id), to.strip(), who.strip()
    _check_name(who)
    if (row["assignee"] or "") == to:
        return
    tx.connection.execute(
        update(alert).where(alert.c.id == alert_id).values(assignee=to or None, rev=tx.rev)
    )
    facts = {"party": to, "before": row["assignee"] or ""}
    timeline.append(tx, [timeline.Entry(alert_id, now, "assigned", "", who, facts=facts)])
    what = f"alert {alert_id}: {to or 'nobody'}"
    people.record(tx.connection, now=now, who=who, action="assign", what=what)


def comment(tx: Transaction, alert_id: int, *, text: str, who: str, now: int) -> None:
    """A word for the timeline; it ends nobody's duty. Also of an alert that has cleared."""
    _row(tx, alert_id)
    _check_name(who)
    text = text.strip()
    if not text:
        raise Refused("a comment needs words, 请填写内容")
    if len(text) > LONGEST:
        raise Refused(f"a comment has at most {LONGEST} characters; shorten it")
    timeline.append(tx, [timeline.Entry(alert_id, now, "comment", text, who.strip())])
    what = f"alert {alert_id}: {text}"
    people.record(tx.connection, now=now, who=who.strip(), action="comment", what=what)


def _check_name(who: str) -> None:
    if not who.strip():
        raise Refused("say who does it; an act without a name is not written down")


def _row(tx: Transaction, alert_id: int) -> dict[str, Any]:
    row = tx.connection.execute(select(alert).where(alert.c.id == alert_id)).mappings().first()
    if row is None:
        raise Refused(f"there is no alert {alert_id}; `floodwatch alerts --all` lists them")
    return dict(row)
