"""A town on each database; senders that end with their test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from floodwatch.pipeline.deliver import Deliverer
from floodwatch.store.database import Database
from tests.pipeline.town import Town


@pytest.fixture
def town(database: Database, tmp_path: Path) -> Town:
    """A small configured town; runs on SQLite and PostgreSQL."""
    return Town(database, tmp_path / "config")


@pytest.fixture
def sqlite_town(sqlite_database: Database, tmp_path: Path) -> Town:
    """The same, on SQLite alone."""
    return Town(sqlite_database, tmp_path / "config")


@pytest.fixture
def running() -> Iterator[list[Deliverer]]:
    """Senders put in here are stopped at the end."""
    found: list[Deliverer] = []
    yield found
    for sender in found:
        sender.stop()
