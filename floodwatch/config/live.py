"""The configuration in force: whatever is the newest version in the database."""

import logging
import threading
from dataclasses import replace

from sqlalchemy import Connection

from floodwatch.config.assemble import build
from floodwatch.model.district import District
from floodwatch.model.errors import ConfigError
from floodwatch.store import config_log
from floodwatch.store.database import Database

_log = logging.getLogger(__name__)


class Configuration:
    """Follows the newest version, which is built once a process. Safe to share by threads.

    A stored version that this program cannot build leaves the one before in force: alarms go on.
    """

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
                self._district = self._built(connection, newest)
            return self._district

    def newest(self, connection: Connection) -> int:
        """The number of the version in force, without building it."""
        return config_log.newest(connection)

    def _built(self, connection: Connection, number: int) -> District:
        try:
            return _district(connection, number)
        except ConfigError:
            older = self._district.version or _newest_that_builds(connection, number)
            if not older:
                raise
            _log.exception("configuration version %d cannot be read; %d goes on", number, older)
        known = self._district if self._district.version else _district(connection, older)
        return replace(known, version=number)  # judged as the newest, so that it is not tried again


def _district(connection: Connection, number: int) -> District:
    found = config_log.version(connection, number)
    if found is None:
        return District()
    # A version in force stays in force: a newer program may check more, but not now.
    return build(found[1], version=number, checked=False)


def _newest_that_builds(connection: Connection, before: int) -> int:
    """The newest version below `before` that can be built, 0 when there is none."""
    for number in range(before - 1, 0, -1):
        try:
            _district(connection, number)
        except ConfigError:
            continue
        return number
    return 0
