"""The channels of a district, wired to its database."""

import threading
from collections.abc import Callable

from floodwatch.model.district import District
from floodwatch.model.notification import Channel, Message
from floodwatch.notify import channels
from floodwatch.pipeline.mail_picture import pictures
from floodwatch.store import inbox
from floodwatch.store.database import Database


def build(
    district: District,
    database: Database,
    *,
    demonstration: bool,
    current: Callable[[], District] | None = None,
) -> dict[str, Channel]:
    """Every way out by its name; in the demonstration the inbox alone, whatever is configured.

    `current` gives the configuration in force when a picture is drawn later.
    """

    def keep(message: Message) -> None:
        with database.write() as tx:
            inbox.keep(tx, message)

    picture = pictures(database, current or (lambda: district))
    return channels.make(district.channels, demonstration=demonstration, keep=keep, picture=picture)


class Kept:
    """The channels of the engine: made once and again when their settings change.

    A line to a provider, its receipts and calls under way belong to one channel object.
    """

    def __init__(
        self, database: Database, district: Callable[[], District], *, demonstration: bool
    ) -> None:
        self._database = database
        self._district = district
        self._demonstration = demonstration
        self._lock = threading.Lock()
        self._settings: object = None
        self._made: dict[str, Channel] = {}

    def __call__(self) -> dict[str, Channel]:
        """Those of the configuration in force."""
        district = self._district()
        with self._lock:
            if self._settings != district.channels:
                for old in self._made.values():
                    if callable(close := getattr(old, "close", None)):
                        close()
                self._made = build(
                    district,
                    self._database,
                    demonstration=self._demonstration,
                    current=self._district,
                )
                self._settings = district.channels
            return self._made
