"""What the pages need from the rest: built by bootstrap (or a test), handed to create_app."""

from pathlib import Path
from typing import Protocol, cast

from flask import current_app
from sqlalchemy import Connection

from floodwatch.model.batch import Batch, Receipt
from floodwatch.model.clock import Clock
from floodwatch.model.district import District
from floodwatch.store.clockwork import service_now
from floodwatch.store.database import Database
from floodwatch.store.readings import Readings


class Configuration(Protocol):
    """The configuration in force."""

    def current(self, connection: Connection | None = None) -> District:
        """The newest version."""
        ...


class Services(Protocol):
    """Everything create_app is given; it opens nothing itself but its thread of changes."""

    @property
    def folder(self) -> Path:
        """The configuration files, for the shapes on the map."""
        ...

    @property
    def data(self) -> Path:
        """Keeps the cookie key and uploads."""
        ...

    @property
    def database(self) -> Database:
        """The database of this process."""
        ...

    @property
    def configuration(self) -> Configuration:
        """The configuration in force."""
        ...

    @property
    def readings(self) -> Readings:
        """What is stored, to be read."""
        ...

    @property
    def clock(self) -> Clock:
        """The machine's clocks."""
        ...

    @property
    def demonstration(self) -> bool:
        """Whether this is the demonstration district."""
        ...

    def submit(self, batch: Batch) -> Receipt:
        """Hand a batch in and wait until it is committed."""
        ...


def services() -> Services:
    """The services of the application that handles this request."""
    return cast(Services, current_app.extensions["floodwatch"])


def now(given: Services, connection: Connection) -> int:
    """Service time, ms: what ages, boards and deadlines are measured in."""
    return service_now(connection, given.clock)


def service_ms(given: Services) -> int:
    """Service time, ms, for who has no connection in hand."""
    with given.database.read() as connection:
        return now(given, connection)
