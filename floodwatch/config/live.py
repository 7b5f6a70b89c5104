"""The configuration in force: whatever is the newest version in the database."""

import threading

from sqlalchemy import Connection

from floodwatch.config.assemble import build
from floodwatch.model.district import District
from floodwatch.store import config_log
from floodwatch.store.database import Database


class Configuration:
    """Follows the newest version, which is built once a process. Safe to share by threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._district = District()

    def current(self, connection: Connection | None = None) -> District:
        """The district in force; within a transaction, as that transaction sees it.

        Version 0, without stations, while none has been put in force.
        """
        if connection is None:
            with self._database.read() as fresh:
                return self.current(fresh)
        newest = config_log.newest(connection)
        district = self._district
        if district.version == newest:
            return district
        with self._lock:
            if self._district.version != newest:
                self._district = _district(connection, newest)
            return self._district


def _district(connection: Connection, number: int) -> District:
    found = config_log.version(connection, number)
    if found is None:
        return District()
    # A version in force stays in force: a newer program may check more, but not now.
    return build(found[1], version=number, checked=False)
