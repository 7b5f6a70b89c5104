"""A town on each database."""

from pathlib import Path

import pytest

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
