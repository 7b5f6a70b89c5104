"""Writes what the demonstration's phones receive."""

from floodwatch.model.notification import Message
from floodwatch.store.database import Transaction
from floodwatch.store.tables import inbox


def keep(tx: Transaction, message: Message) -> None:
    """Put a message into the inbox of its person; the same key again changes nothing."""
    row = [message.key, message.person, message.address, message.at, message.subject]
    columns = ("key", "person", "address", "at", "subject", "body", "severity", "rev")
    tx.dialect.upsert(
        tx.connection,
        inbox,
        [[*row, message.body, message.severity, tx.rev]],
        columns=columns,
        key=("key",),
        update=(),
    )
