"""Empties the journal after a moment: only the demonstration begins again."""

from sqlalchemy import delete, select

from floodwatch.store import duty_tables as duty
from floodwatch.store import journal
from floodwatch.store.database import Transaction
from floodwatch.store.tables import (
    alert,
    alert_event,
    attempt,
    call,
    correction,
    inbox,
    latest,
    obligation,
    outbox,
    quarantine,
    reading,
    rule_state,
    series,
    service_time,
)

_LIVES = (
    *(duty.plan_tick, duty.mute, duty.sound, duty.city_request, duty.incoming),
    *(duty.response, duty.log_entry),
    *(duty.hazard, duty.inspection, duty.forecast, duty.backup_source),
    *(attempt, outbox, obligation, alert_event, alert, call, inbox, rule_state, latest),
)


def begin_again(tx: Transaction, after: int) -> None:
    """Forget every alert, message and entry, and every reading later than `after` (ms UTC)."""
    for table in _LIVES:
        tx.connection.execute(delete(table))
    for table in (reading, correction, quarantine):
        tx.connection.execute(delete(table).where(table.c.time > after))
    tx.connection.execute(delete(service_time))
    ids = tx.connection.execute(select(series.c.id)).scalars().all()
    journal.recompute_latest(tx, ids, now=after)
