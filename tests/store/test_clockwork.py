"""The lease, service time, settings and jobs."""

import os
import subprocess
import sys

import pytest

from floodwatch.model.clock import SetClock
from floodwatch.model.errors import Fenced
from floodwatch.store import clockwork
from floodwatch.store.clockwork import Job, Lease, LeaseRow, LeaseWatch, ServiceRow
from floodwatch.store.database import Database

NOW = 1_780_000_000_000


def claim(database: Database, lease: Lease, clock: SetClock, holder: str) -> int | None:
    return lease.claim(database, holder=holder, clock=clock)


# -- the lease --------------------------------------------------------------------------------


def test_the_first_engine_has_epoch_one(database: Database) -> None:
    assert claim(database, Lease(), SetClock(NOW), "a") == 1


def test_a_lease_whose_beat_moves_is_never_taken(database: Database) -> None:
    clock, other = SetClock(NOW), Lease()
    claim(database, Lease(), clock, "a")
    for _ in range(10):
        assert claim(database, other, clock, "b") is None
        clock.advance(9_999)
        with database.write(epoch=1) as tx:
            Lease().beat(tx, 1)


def test_a_lease_whose_beat_stands_for_ten_seconds_is_taken_and_the_old_engine_fenced(
    database: Database,
) -> None:
    clock, other = SetClock(NOW), Lease()
    claim(database, Lease(), clock, "a")
    assert claim(database, other, clock, "b") is None
    clock.advance(9_999)
    assert claim(database, other, clock, "b") is None
    clock.advance(1)
    assert claim(database, other, clock, "b") == 2
    with pytest.raises(Fenced), database.write(epoch=1):
        pass
    with pytest.raises(Fenced), database.write() as tx:
        Lease().beat(tx, 1)


def test_a_step_of_the_wall_clock_takes_no_lease(database: Database) -> None:
    clock, other = SetClock(NOW), Lease()
    claim(database, Lease(), clock, "a")
    assert claim(database, other, clock, "b") is None
    clock.step_wall(10**9)
    assert claim(database, other, clock, "b") is None


def test_of_two_who_want_a_standing_lease_one_gets_it(database: Database) -> None:
    clock, one, two = SetClock(NOW), Lease(), Lease()
    claim(database, Lease(), clock, "a")
    for lease in (one, two):
        assert claim(database, lease, clock, "b") is None
    clock.advance(10_000)
    assert claim(database, one, clock, "b") == 2
    assert claim(database, two, clock, "c") is None


def test_a_lease_given_back_is_free_at_once_and_its_epoch_never_comes_again(
    database: Database,
) -> None:
    clock, lease = SetClock(NOW), Lease()
    claim(database, lease, clock, "a")
    with database.write(epoch=1) as tx:
        lease.release(tx, 1)
    assert claim(database, Lease(), clock, "b") == 2


def test_an_ended_process_of_this_machine_is_not_waited_for(database: Database) -> None:
    code = "from floodwatch.store.clockwork import this_process; print(this_process())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    claim(database, Lease(), SetClock(NOW), done.stdout.strip())
    assert claim(database, Lease(), SetClock(NOW), clockwork.this_process()) == 2
    assert claim(database, Lease(), SetClock(NOW), "third") is None


def test_a_process_of_another_machine_is_not_said_to_have_ended() -> None:
    assert not clockwork.process_gone("other-boot:pid:[1]/1/1")
    assert not clockwork.process_gone("anything at all")
    assert not clockwork.process_gone(clockwork.this_process())
    own = clockwork.this_process().replace(f"/{os.getpid()}/", "/4194999/")
    assert clockwork.process_gone(own)


def test_a_watch_counts_from_when_it_saw_the_beat_change() -> None:
    clock = SetClock(NOW)
    watch = LeaseWatch(clock, patience=10)
    seen = []
    for beat in (1, 1, 2, 2, 2):
        seen.append(watch.stands(LeaseRow(1, "a", beat)))
        clock.advance(6_000)
    assert seen == [False, False, False, False, True]


# -- service time -----------------------------------------------------------------------------

ROW = ServiceRow(NOW, NOW / 1_000, "boot", 5_000, True, 1.0)


def test_service_time_goes_by_the_monotonic_clock(database: Database) -> None:
    clock = SetClock(NOW)
    with database.write() as tx:
        assert clockwork.service_row(tx.connection) is None
        assert clockwork.service_now(tx.connection, clock) == NOW
        clockwork.set_service_row(tx, ROW._replace(boot=clockwork.boot_id()))
        clockwork.set_service_row(tx, ROW._replace(boot=clockwork.boot_id(), now=NOW + 1))
    clock.step_wall(-(10**9))
    clock.advance(2_500)
    with database.read() as connection:
        assert clockwork.service_now(connection, clock) == NOW + 2_501


@pytest.mark.parametrize(("speed", "expected"), [(0, 0), (1, 2_000), (60, 120_000)])
def test_the_demonstrations_clock_has_its_own_speed(speed: float, expected: int) -> None:
    clock = SetClock(NOW)
    clock.advance(2_000)
    row = ROW._replace(speed=speed)
    assert clockwork.advanced(row, clock, boot="boot") == NOW + expected


def test_after_a_boot_the_wall_clock_tells_how_long_it_was_off_but_never_leads_back() -> None:
    clock = SetClock(NOW + 65_000)
    assert clockwork.advanced(ROW, clock, boot="next") == NOW + 60_000
    clock.step_wall(-(10**9))
    assert clockwork.advanced(ROW, clock, boot="next") == NOW


# -- settings and jobs ------------------------------------------------------------------------


@pytest.mark.parametrize("value", [{"a": [1, None]}, [], "中文", 0, None])
def test_a_setting_comes_back_as_it_was_set(database: Database, value: object) -> None:
    with database.write() as tx:
        clockwork.set_setting(tx, "x", "before")
        clockwork.set_setting(tx, "x", value)
    with database.read() as connection:
        assert clockwork.setting(connection, "x") == value
        assert clockwork.setting(connection, "y") is None


def test_a_job_remembers_its_last_success_through_failures(database: Database) -> None:
    with database.write() as tx:
        clockwork.job_failed(tx, "new", every=5, error="no", now=9)
        clockwork.job_done(tx, "backup", every=60, now=10)
        clockwork.job_failed(tx, "backup", every=60, error="disk", now=20)
        clockwork.job_done(tx, "gone", every=60, now=10)
        clockwork.forget_job(tx, "gone")
        assert clockwork.jobs(tx.connection) == {
            "backup": Job("backup", 60, 10, "disk", 20),
            "new": Job("new", 5, None, "no", 9),
        }
