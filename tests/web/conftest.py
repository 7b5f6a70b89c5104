"""An application over a small seeded district, and people signed in to it."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection

from floodwatch.model.batch import Batch, Receipt
from floodwatch.model.clock import MINUTE, SystemClock
from floodwatch.model.district import District
from floodwatch.model.reading import Outcome, SeriesKey
from floodwatch.store import people, sessions
from floodwatch.store.clockwork import ServiceRow, boot_id, set_service_row
from floodwatch.store.database import Database
from floodwatch.store.readings import Readings
from floodwatch.web import create_app
from tests.web.browsing import address, chromium, page  # noqa: F401  fixtures
from tests.web.seeding import put, put_alert, put_duty
from tests.web.small_district import HOSTILE, PLANT, POINT, RAIN, RESERVOIR, small_district

NOW = int(datetime(2026, 6, 18, 4, 40, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp() * 1000)
UNUSABLE = "$argon2id$none"


@dataclass
class Standing:
    """A configuration that stands still."""

    district: District

    def current(self, connection: Connection | None = None) -> District:
        """It."""
        return self.district


@dataclass
class Room:
    """The services of a test, and what was submitted."""

    database: Database
    configuration: Standing
    data: Path
    folder: Path
    clock: SystemClock = field(default_factory=SystemClock)
    demonstration: bool = False
    batches: list[Batch] = field(default_factory=list)

    @property
    def readings(self) -> Readings:
        """What is stored."""
        return Readings(self.database)

    def submit(self, batch: Batch) -> Receipt:
        """Remember it; everything is stored."""
        self.batches.append(batch)
        return Receipt(tuple(Outcome.STORED for _ in batch.readings))


def stand_at(database: Database, now: int) -> None:
    """Service time stands at `now`."""
    with database.write() as tx:
        row = ServiceRow(
            now=now, monotonic=time.monotonic(), boot=boot_id(), offset=0, agrees=True, speed=0.0
        )
        set_service_row(tx, row)


def seed(database: Database) -> None:
    """Twelve hours of a storm, one open alert at design flood, one closed street."""
    stand_at(database, NOW)
    times = [NOW - step * 5 * MINUTE for step in range(144, -1, -1)]
    with database.write() as tx:
        c, rev = tx.connection, tx.rev
        stage = [(t, 103.85 + max(0, i - 96) * 0.0192) for i, t in enumerate(times)]
        put(c, SeriesKey(RESERVOIR, "1", "stage"), stage, rev=rev)
        put(c, SeriesKey(RESERVOIR, "1", "battery"), [(NOW, 12.1)], rev=rev)
        put(c, SeriesKey(RESERVOIR, "P1", "piezometric_stage"), [(NOW, 99.0)], rev=rev)
        depth = [(t, max(0, i - 120) * 0.025) for i, t in enumerate(times)]
        put(c, SeriesKey(POINT, "1", "ponding_depth"), depth, rev=rev)
        for code in (RESERVOIR, RAIN):
            rain = [(t, 4.5 if i > 132 else 0.5) for i, t in enumerate(times)]
            put(c, SeriesKey(code, "1", "rainfall", 5 * MINUTE), rain, rev=rev)
        total = [(t, float(i)) for i, t in enumerate(times)]
        put(c, SeriesKey(RAIN, "1", "rainfall_total"), total, rev=rev)
        put(c, SeriesKey(HOSTILE, "1", "stage"), [(NOW - 180 * MINUTE, 26.7)], rev=rev)
        put(c, SeriesKey(PLANT, "1", "residual_chlorine"), [(NOW, 0.4)], rev=rev)
        alert = put_alert(
            c,
            rev=rev,
            station=RESERVOIR,
            fired_at=NOW - 15 * MINUTE,
            limit_value=104.75,
            value=104.77,
            value_time=NOW - 15 * MINUTE,
            peak=104.77,
        )
        for party in ("room", "示范丙三", "示范丙一"):
            put_duty(c, alert, party, rev=rev, at=NOW - 15 * MINUTE)
        put_alert(
            c,
            rev=rev,
            station=HOSTILE,
            fired_at=NOW - 60 * MINUTE,
            severity=1,
            label="<img src=x onerror=alert(1)>",
            limit_value=26.0,
            value=26.7,
        )


@pytest.fixture
def room(sqlite_database: Database, tmp_path: Path) -> Room:
    """Services over the seeded district."""
    seed(sqlite_database)
    return Room(sqlite_database, Standing(small_district()), tmp_path / "data", tmp_path / "config")


@pytest.fixture
def demonstration(sqlite_database: Database, tmp_path: Path) -> Room:
    """The same as a demonstration."""
    seed(sqlite_database)
    district = small_district(demonstration=True)
    return Room(
        sqlite_database,
        Standing(district),
        tmp_path / "data",
        tmp_path / "config",
        demonstration=True,
    )


@pytest.fixture
def app(room: Room) -> Iterator[Flask]:
    """The application, its thread ended afterwards."""
    made = create_app(room)
    made.testing = True
    yield made
    made.extensions["floodwatch.hub"].close()


SignIn = Callable[..., FlaskClient]


@pytest.fixture
def sign_in(app: Flask, room: Room) -> SignIn:
    """sign_in(role) -> a client whose session is of a user with that role."""

    def enter(role: str, *, csrf: bool = False) -> FlaskClient:
        return signed_in(app, room.database, role, csrf=csrf)

    return enter


def signed_in(app: Flask, database: Database, role: str, *, csrf: bool = False) -> FlaskClient:
    """A client with a session; CSRF checks are off unless asked for."""
    app.config["WTF_CSRF_ENABLED"] = csrf
    client = app.test_client()
    with database.write() as tx:
        now = SystemClock().wall()
        found = people.user_named(tx.connection, f"a {role}")
        number = (
            found[0].id
            if found
            else people.add_user(tx.connection, f"a {role}", role=role, password=UNUSABLE, now=now)
        )
        secret = sessions.open_session(tx.connection, number, now=now)
    with client.session_transaction() as session:
        session["_user_id"] = secret
        session["_fresh"] = True
    return client


def rows(database: Database, table: Any) -> list[Any]:
    """Every row of a table."""
    with database.read() as connection:
        return list(connection.execute(table.select()))
