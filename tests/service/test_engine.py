"""The engine's loop and what stands around it: one part that fails stops no other."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from floodwatch.bootstrap import Services, follow_folder, open_services
from floodwatch.bootstrap.processes import LISTENER, EngineWork
from floodwatch.engine import Engine, Work
from floodwatch.model.clock import SystemClock
from floodwatch.pipeline import faults
from floodwatch.store import alert_log
from floodwatch.store.clockwork import Lease
from floodwatch.store.database import Database
from tests.pipeline.town import FILES


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    folder = tmp_path / "config"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, "utf-8")
    found = open_services(folder, tmp_path / "data", migrate=True)
    follow_folder(found, who="test")
    yield found
    found.close()


def failed(services: Services) -> list[str]:
    with services.database.read() as connection:
        return list(faults.known(connection))


def system_alerts(services: Services) -> list[str]:
    with services.database.read() as connection:
        return [row["variable"] for row in alert_log.alerts(connection)]


def test_a_push_port_that_is_taken_stops_no_alert_and_is_one(services: Services) -> None:
    epoch = Lease().claim(services.database, holder="test", clock=SystemClock())
    assert epoch
    with socket.create_server(("127.0.0.1", 0)) as taken:
        work = EngineWork(services, epoch, "127.0.0.1", taken.getsockname()[1])
        work.start()
        try:
            work.step()
            assert failed(services) == [LISTENER]
            assert "judgement" in system_alerts(services)
            taken.close()
            work.look()
            assert failed(services) == []
        finally:
            work.stop()


class Failing:
    """Work of which nothing succeeds; it ends the engine when it was looked at."""

    def __init__(self, stop: threading.Event) -> None:
        self.stop_engine = stop
        self.steps = 0

    def start(self) -> None:
        """Nothing to start."""

    def step(self) -> None:
        """A fault of every round."""
        self.steps += 1
        raise LookupError("a fault of the test")

    def look(self) -> None:
        """Reached all the same."""
        self.stop_engine.set()
        raise LookupError("a fault of the test")

    def broken(self) -> str | None:
        """It can go on."""
        return None

    def stop(self) -> None:
        """Nothing to stop."""


def test_a_round_that_fails_keeps_nothing_else_from_being_looked_after(
    sqlite_database: Database,
) -> None:
    stop = threading.Event()
    work: Work = Failing(stop)
    Engine(sqlite_database, SystemClock(), lambda _: work, stop=stop).run()
    assert isinstance(work, Failing)
    assert work.steps == 1
