"""Steps of plans that were ticked off: rows stay, also those taken back."""

from typing import Any

from sqlalchemy import Connection, insert, select, update

from floodwatch.model.errors import Refused
from floodwatch.store import alert_log, duty_log, people, timeline
from floodwatch.store.database import Transaction
from floodwatch.store.tables import plan_tick


def ticks(connection: Connection, alert_id: int, *, undone: bool = False) -> list[dict[str, Any]]:
    """The steps ticked off at an alert, oldest first; with `undone` also those taken back."""
    query = select(plan_tick).where(plan_tick.c.alert_id == alert_id).order_by(plan_tick.c.id)
    if not undone:
        query = query.where(plan_tick.c.undone_at.is_(None))
    return [dict(row) for row in connection.execute(query).mappings()]


def tick(
    tx: Transaction, alert_id: int, *, plan: str, step: str, who: str, now: int, note: str = ""
) -> int:
    """A step is done: into the ticks, the timeline and the duty log. One tick a step counts."""
    if alert_log.alert(tx.connection, alert_id) is None:
        raise Refused(f"there is no alert {alert_id}; `floodwatch alerts --all` lists them")
    if not who.strip():
        raise Refused("say who has done it; a step without a name is not ticked off")
    for known in ticks(tx.connection, alert_id):
        if (known["plan"], known["step"]) == (plan, step):
            return int(known["id"])
    row = {"alert_id": alert_id, "plan": plan, "step": step, "at": now, "who": who}
    made = insert(plan_tick).values(**row, note=note or None, rev=tx.rev)
    number = int(tx.connection.execute(made.returning(plan_tick.c.id)).scalar_one())
    _note(tx, "ticked", row, note, who, now)
    return number


def undo(tx: Transaction, tick_id: int, *, who: str, now: int) -> int:
    """A tick was a mistake: taken back, it stays on the record. Returns the alert's number."""
    found = tx.connection.execute(select(plan_tick).where(plan_tick.c.id == tick_id)).mappings()
    row = found.first()
    if row is None:
        raise Refused(f"there is no ticked step {tick_id}; reload the page")
    if row["undone_at"] is None:
        mine = update(plan_tick).where(plan_tick.c.id == tick_id)
        tx.connection.execute(mine.values(undone_at=now, undone_by=who, rev=tx.rev))
        _note(tx, "unticked", dict(row), "", who, now)
    return int(row["alert_id"])


def _note(tx: Transaction, kind: str, row: dict[str, Any], note: str, who: str, now: int) -> None:
    facts = {"plan": row["plan"], "step": row["step"]}
    timeline.append(tx, [timeline.Entry(row["alert_id"], now, kind, note, who, facts=facts)])
    word = "预案执行" if kind == "ticked" else "预案执行撤回"
    text = f"{word}：{row['plan']}：{row['step']}{f'（{note}）' if note else ''}"
    duty_log.write(tx, text, who=who, kind="plan", now=now, alert_id=row["alert_id"])
    what = f"alert {row['alert_id']}: {row['plan']}: {row['step']}"
    action = "plan tick" if kind == "ticked" else "plan tick undo"
    people.record(tx.connection, now=now, who=who, action=action, what=what)
