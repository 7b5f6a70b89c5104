"""Who owes an answer and stands in the list of people no more, by a new name or gone for good."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from floodwatch.alerts.obligations import ASKED, ROOM
from floodwatch.model.district import District
from floodwatch.notify.reply_words import same_number
from floodwatch.store import answers, obligation_log, timeline
from floodwatch.store.database import Transaction
from floodwatch.store.obligation_log import Move
from floodwatch.store.tables import outbox


def pass_on(tx: Transaction, *, district: District, now: int) -> int:
    """Have whoever stands in asked at once: nobody can be written to by such a name; how many."""
    owed = obligation_log.owed_by_others(tx.connection, (ROOM, *district.people))
    rows = [row for row in owed if row.step == ASKED and row.due is not None and row.due > now]
    obligation_log.move_on(tx, [Move(row.id, row.step, now) for row in rows])
    notes = [
        timeline.Entry(
            row.alert_id,
            now,
            "note",
            f"{row.party}已不在通讯录，立即改请代行人应答",
            None,
            row.severity,
            {"party": row.party, "gone": 1},
        )
        for row in rows
    ]
    timeline.append(tx, notes)
    return len(rows)


def by_number(connection: Connection, number: str, people: Iterable[str]) -> list[str]:
    """The names of people gone that owe an answer and were written to by this number."""
    known = {ROOM, *people}
    gone = {one.party for one in answers.open_obligations(connection)} - known
    query = select(outbox.c.person, outbox.c.address).where(outbox.c.person.in_(sorted(gone)))
    sent = connection.execute(query.distinct()).all() if gone else []
    return sorted({person for person, address in sent if same_number(address, number)})
