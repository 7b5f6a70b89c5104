"""The channels of a district, wired to its database."""

from floodwatch.model.district import District
from floodwatch.model.notification import Channel, Message
from floodwatch.notify import channels
from floodwatch.store import inbox
from floodwatch.store.database import Database


def build(district: District, database: Database, *, demonstration: bool) -> dict[str, Channel]:
    """Every way out by its name; in the demonstration the inbox alone, whatever is configured."""

    def keep(message: Message) -> None:
        with database.write() as tx:
            inbox.keep(tx, message)

    return channels.make(district.channels, demonstration=demonstration, keep=keep)
