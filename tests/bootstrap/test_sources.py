"""Sources follow the configuration; one that cannot start or poll stops no other."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from floodwatch.bootstrap import Services, follow_folder, open_services
from floodwatch.bootstrap.sources import AGAIN_S, WRITTEN_S, Sources
from floodwatch.model.clock import MINUTE, SystemClock
from floodwatch.model.district import District
from floodwatch.model.fields import Table
from floodwatch.model.reading import RawReading
from floodwatch.scheduler import Timetable
from floodwatch.sources.way import Way
from floodwatch.store import clockwork, source_log
from floodwatch.store.clockwork import Lease
from floodwatch.store.source_log import SourceState
from tests.pipeline.telling import until
from tests.pipeline.town import FILES


class Settings(Table):
    """What a source of the test is made from."""

    name: str
    port: int = 1


class Ear:
    """Listens; port 0 cannot be opened."""

    def __init__(self, settings: Settings, way: Way) -> None:
        self.settings, self.way = settings, way
        self.running = False

    def start(self) -> None:
        """Raises for port 0."""
        if not self.settings.port:
            raise OSError("Address already in use")
        self.running = True

    def stop(self) -> None:
        """It has ended."""
        self.running = False


class Asker:
    """Asks once a minute; port 0 answers nothing."""

    every = MINUTE

    def __init__(self, settings: Settings, way: Way) -> None:
        self.settings, self.way = settings, way

    def poll(self) -> bool:
        """Raises for port 0."""
        if not self.settings.port:
            raise ConnectionRefusedError("nobody there")
        self.way.goes_on({"at": self.settings.port})
        return True


class ManualClock(SystemClock):
    """Monotonic time that a test may advance."""

    ahead = 0.0

    def monotonic(self) -> float:
        """The machine's, and what the test added."""
        return super().monotonic() + self.ahead


class Rig:
    """Sources over a district whose sources the test sets."""

    def __init__(self, services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
        self.services, self.clock = services, ManualClock()
        services.clock = self.clock
        self.given: dict[str, Any] = {}
        self.version = 1
        self.made: list[Any] = []
        real = services.configuration.current()
        monkeypatch.setattr(
            services.configuration,
            "current",
            lambda connection=None: replace(real, version=self.version, sources=self.given),
        )
        epoch = Lease().claim(services.database, holder="test", clock=SystemClock())
        assert epoch
        services.epoch = lambda: epoch
        self.timetable = Timetable(
            services.database, [], clock=self.clock, now=services.now, epoch=epoch
        )
        self.sources = Sources(
            services,
            self.timetable,
            epoch=epoch,
            listened={"ear": self._made(Ear)},
            polled={"ask": self._made(Asker)},
        )

    def _made(self, kind: Any) -> Any:
        def make(settings: Settings, way: Way) -> Any:
            self.made.append(kind(settings, way))
            return self.made[-1]

        return make

    def set(self, **sources: list[Settings]) -> None:
        """A new version of the configuration, and a round."""
        self.given, self.version = dict(sources), self.version + 1
        self.look()

    def look(self, *, later: float = WRITTEN_S) -> None:
        """A round, so many seconds later."""
        self.clock.ahead += later
        self.sources.look()

    def state(self, name: str) -> SourceState:
        """What the source has noted."""
        with self.services.database.read() as connection:
            return source_log.states(connection)[name]

    def jobs(self) -> dict[str, clockwork.Job]:
        """What the timetable has written down."""
        with self.services.database.read() as connection:
            return clockwork.jobs(connection)

    def jobs_done(self) -> bool:
        """Whether a job has ended, and none has failed."""
        found = self.jobs()
        return "ask:a" in found and all(job.last_error is None for job in found.values())


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    folder = tmp_path / "config"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, "utf-8")
    services = open_services(folder, tmp_path / "data", migrate=True)
    follow_folder(services, who="test")
    made = Rig(services, monkeypatch)
    yield made
    made.sources.stop()
    made.timetable.stop()
    services.close()


def test_a_source_starts_with_the_configuration_and_ends_with_it(rig: Rig) -> None:
    rig.set(ear=[Settings(name="a"), Settings(name="b")])
    assert [ear.running for ear in rig.made] == [True, True]
    rig.set(ear=[Settings(name="b")])
    assert [ear.running for ear in rig.made] == [False, True]


def test_only_a_source_whose_settings_changed_is_started_anew(rig: Rig) -> None:
    rig.set(ear=[Settings(name="a"), Settings(name="b")])
    rig.set(ear=[Settings(name="a"), Settings(name="b", port=2)])
    assert [(ear.settings.name, ear.running) for ear in rig.made] == [
        ("a", True),
        ("b", False),
        ("b", True),
    ]


def test_a_source_that_cannot_start_says_why_is_tried_again_and_stops_no_other(rig: Rig) -> None:
    rig.set(ear=[Settings(name="bad", port=0), Settings(name="good")])
    rig.look()
    assert rig.made[1].running
    assert rig.state("ear:bad").last_error == "OSError: Address already in use"
    rig.look()
    assert rig.state("ear:bad").failures == 1  # not tried again yet
    rig.look(later=AGAIN_S)
    rig.look()
    assert rig.state("ear:bad").failures == 2


def test_a_poller_is_on_the_timetable_and_notes_where_it_stands(rig: Rig) -> None:
    rig.set(ask=[Settings(name="a", port=7)])
    assert until(rig.jobs_done)
    state = rig.state("ask:a")
    assert (state.cursor, state.failures) == ({"at": 7}, 0)
    assert state.last_success is not None


def test_a_poll_that_fails_is_the_source_s_own_fault_and_no_failed_job(rig: Rig) -> None:
    rig.set(ask=[Settings(name="a", port=0)])
    assert until(rig.jobs_done)
    assert rig.state("ask:a").last_error == "ConnectionRefusedError: nobody there"


def test_a_poller_that_is_no_longer_configured_leaves_the_timetable(rig: Rig) -> None:
    with rig.services.database.write() as tx:
        clockwork.job_done(tx, "ask:of an engine before", every=MINUTE, now=0)
    rig.set(ask=[Settings(name="a")])
    assert until(rig.jobs_done)
    rig.set()
    assert not rig.jobs()


def test_what_listeners_note_is_written_down_at_most_every_few_seconds(rig: Rig) -> None:
    rig.set(ear=[Settings(name="a")])
    rig.look()
    rig.made[0].way.worked()
    rig.look(later=0.1)
    with rig.services.database.read() as connection:
        assert "ear:a" not in source_log.states(connection)
    rig.look()
    assert rig.state("ear:a").last_success is not None


def test_readings_are_counted_by_what_became_of_them(rig: Rig) -> None:
    rig.set(ear=[Settings(name="a")])
    way: Way = rig.made[0].way
    now = rig.services.now()
    good = RawReading("61990001", "stage", now, 95.0, unit="m")
    way.submit([good, RawReading("nobody", "stage", now, 1.0)])
    way.submit([good])
    rig.look()
    state = rig.state("ear:a")
    assert (state.counts, state.newest) == ((3, 1, 1, 1), now)
    assert [r.what for r in state.refusals] == ["nobody stage"]


def test_sources_end_with_the_engine_and_their_notes_are_kept(rig: Rig) -> None:
    rig.set(ear=[Settings(name="a")])
    rig.sources.start()
    rig.made[0].way.failed("the line is dead")
    rig.sources.stop()
    assert not rig.made[0].running
    assert rig.state("ear:a").last_error == "the line is dead"


def test_a_district_without_sources_starts_none(rig: Rig) -> None:
    rig.given = {"missing": [], **District().sources}
    rig.look()
    assert rig.made == []


def test_a_source_that_a_person_wants_asked_is_asked_at_once(rig: Rig) -> None:
    rig.set(ask=[Settings(name="a")])
    assert until(rig.jobs_done)
    first = rig.state("ask:a").last_success
    assert first is not None
    with rig.services.database.write() as tx:
        source_log.ask_now(tx, "ask:a", at=rig.services.now())
    rig.look()
    assert until(lambda: (rig.state("ask:a").last_success or 0) > first)


def test_a_source_that_hangs_at_its_start_holds_up_no_other(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go = threading.Event()
    monkeypatch.setattr("floodwatch.bootstrap.sources.PATIENCE_S", 0.05)
    monkeypatch.setattr(
        Ear, "start", lambda ear: let_go.wait(30) if ear.settings.port == 2 else None
    )
    rig.set(ear=[Settings(name="hung", port=2), Settings(name="good")])
    rig.look(later=AGAIN_S)
    assert rig.state("ear:hung").last_error == "Overrun: no end within 0.05 s"
    assert len(rig.made) == 2  # the hung one is not started a second time
    let_go.set()
