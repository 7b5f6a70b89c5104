"""Faults of the disk below a real engine: nothing counts as stored that is not, and it is told."""

import shutil
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from tests.service.kills import ABOVE, one_crossing, reading
from tests.service.running import Running, until

STRACE = shutil.which("strace")
pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(not STRACE, reason="NOT RUN: needs strace to inject faults"),
]


def asked(running: Running, statement: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(running.data / "floodwatch.db", timeout=30) as connection:
        return list(connection.execute(statement))


def injected(pid: int, what: str) -> subprocess.Popen[bytes]:
    """strace on every thread of the engine, failing calls as told; returns once it is attached."""
    made = subprocess.Popen(
        [str(STRACE), "-f", "-q", "-p", str(pid), "-o", "/dev/null", "-e", f"inject={what}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    status = Path(f"/proc/{pid}/status")
    assert until(lambda: "TracerPid:\t0" not in status.read_text(), patience=10)
    return made


def ended(strace: subprocess.Popen[bytes]) -> None:
    """Let the engine go on by itself."""
    strace.terminate()
    strace.wait(10)


def test_after_a_failed_sync_the_engine_begins_anew_and_says_so(tmp_path: Path) -> None:
    with one_crossing(tmp_path) as (running, device, _):
        before = running.parts()["engine"]
        began = time.monotonic()
        strace = injected(before, "fdatasync,fsync:error=EIO:when=1+")
        assert until(lambda: running.parts().get("engine", before) != before, patience=40)
        ended(strace)
        device.push([reading(2, ABOVE)])
        stored = "SELECT COUNT(*) FROM alert WHERE type = 'level'"
        assert until(lambda: asked(running, stored) == [(2,)], patience=20)
        told = "SELECT 1 FROM alert WHERE type = 'system' AND variable = 'storage'"
        assert until(lambda: asked(running, told), patience=30)
        assert time.monotonic() - began < 90
        assert asked(running, "PRAGMA quick_check") == [("ok",)]


def test_while_the_disk_is_full_nothing_is_accepted_and_afterwards_it_goes_on_by_itself(
    tmp_path: Path,
) -> None:
    with one_crossing(tmp_path) as (running, device, _):
        engine = running.parts()["engine"]
        reserve = running.data / "run" / "reserve"
        assert until(reserve.exists, patience=20)
        strace = injected(engine, "pwrite64:error=ENOSPC:when=1+")
        with pytest.raises(AssertionError, match="not accepted"):
            device.push([reading(2, ABOVE)], patience=3)
        assert not reserve.exists()
        ended(strace)
        device.push([reading(3, ABOVE)], patience=30)
        assert running.parts()["engine"] == engine, "a full disk is no reason to begin anew"
        stored = "SELECT station FROM alert WHERE type = 'level' ORDER BY station"
        assert until(lambda: asked(running, stored)[-1:] == [("61990003",)], patience=20)
