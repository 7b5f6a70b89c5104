"""Databases for the tests: a fresh, migrated one each, on SQLite and on PostgreSQL."""

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, text

from floodwatch.model.clock import MINUTE
from floodwatch.store.database import FILE, Database
from tests.servers import postgres_server

_numbers = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    """How long `scripts/soak` goes on."""
    parser.addoption("--kills", type=int, default=0, help="kill -9 so often in one flood")
    parser.addoption("--frames", type=int, default=0, help="so many mutated telemetry frames")
    parser.addoption("--minutes", type=float, default=0.0, help="let faults at storms for so long")


@pytest.fixture(scope="session")
def _migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    database = Database.at(tmp_path_factory.mktemp("template"))
    database.migrate()
    database.close()
    assert database.path
    return database.path


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A server for the session; append a database name."""
    with postgres_server() as url:
        yield url


@pytest.fixture(scope="session")
def _migrated_template(postgres_url: str) -> str:
    _administer(postgres_url, "CREATE DATABASE template_floodwatch")
    database = Database(postgres_url + "template_floodwatch")
    database.migrate()
    database.close()
    return "template_floodwatch"


@pytest.fixture
def sqlite_database(tmp_path: Path, _migrated_file: Path) -> Iterator[Database]:
    """A fresh SQLite database in `tmp_path`/data."""
    (tmp_path / "data").mkdir(exist_ok=True)
    shutil.copy(_migrated_file, tmp_path / "data" / FILE)
    database = Database.at(tmp_path / "data")
    yield database
    database.close()


@pytest.fixture
def postgres_database(postgres_url: str, _migrated_template: str) -> Iterator[Database]:
    """A fresh database on the session's PostgreSQL server."""
    name = f"floodwatch_{next(_numbers)}"
    _administer(postgres_url, f"CREATE DATABASE {name} TEMPLATE {_migrated_template}")
    database = Database(postgres_url + name)
    yield database
    database.close()
    _administer(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Database:
    """A fresh database; the test runs once on SQLite and once on PostgreSQL."""
    found: Database = request.getfixturevalue(f"{request.param}_database")
    return found


@pytest.fixture(scope="session")
def storm_at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, Database]]:
    """The demonstration's storm with nobody in the room, as it stood at some hours of its clock.

    It is lived through once for all; what a test writes into it, it takes back.
    """
    from tests.pipeline.storming import copied, showing  # the whole pipeline: most need none of it

    lived = Database.at(tmp_path_factory.mktemp("storm"))
    stood, before = {}, 3  # it opens at three
    with showing(lived) as live_on:
        for hour in (4, 5, 8, 12):
            live_on((hour - before) * MINUTE)  # at sixty times
            stood[hour], before = copied(lived, tmp_path_factory.mktemp(f"storm_{hour}")), hour
    yield stood
    for database in (lived, *stood.values()):
        database.close()


def _administer(url: str, statement: str) -> None:
    engine = create_engine(url + "postgres", poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
