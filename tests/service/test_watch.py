"""What looks after the service: a part that hangs is started again, and nothing is lost by it."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from floodwatch import loops, systemd
from floodwatch.loops import Loops
from floodwatch.model.clock import SetClock, SystemClock
from floodwatch.supervisor import LENIENT, Supervisor
from tests.service.kills import ABOVE, configure, one_crossing, reading
from tests.service.running import in_threads, until

CLOCK = SystemClock()


# Soak: a real engine is given most of half a minute before it counts as hung. In every run,
# children of a short patience stand below the same supervisor, and the kills count what is lost.
@pytest.mark.soak
def test_an_engine_that_hangs_is_started_again_within_30_s_and_loses_nothing(
    tmp_path: Path,
) -> None:
    with one_crossing(tmp_path) as (running, device, mails):
        hung = running.parts()["engine"]
        began = time.monotonic()
        os.kill(hung, signal.SIGSTOP)
        [pushing] = in_threads([lambda: device.push([reading(2, ABOVE)])])
        assert until(lambda: running.parts().get("engine", hung) != hung, patience=30)
        pushing.join(60)
        assert not pushing.is_alive()
        assert time.monotonic() - began < 45, "restarted, but late"
        assert until(
            lambda: {m.subject for m in mails.mails if "示范2号" in m.subject}, patience=20
        )


def test_a_port_of_the_pages_that_is_taken_is_said_at_once(tmp_path: Path) -> None:
    configure(tmp_path / "config", smtp_port=1)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        made = [sys.executable, "-m", "floodwatch", "run", "--port", str(port)]
        made += ["--config", str(tmp_path / "config"), "--data", str(tmp_path / "data")]
        done = subprocess.run(made, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert f"port {port}" in done.stderr
    assert "--port" in done.stderr


STANDS = """
import os, sys, time
from pathlib import Path
from floodwatch.loops import Loops
from floodwatch.model.clock import SystemClock
made = Loops(Path(sys.argv[1]), SystemClock())
turn = made.loop("tick", patience=0.3)
Path(sys.argv[2]).open("a").write("began\\n")
while True:
    time.sleep(0.05)
    if "goes" in sys.argv:
        turn("fails" not in sys.argv)
"""


def supervise(tmp_path: Path, *how: str, seconds: float) -> int:
    """Supervise a child for a while; how often it began."""
    file, began = tmp_path / "run" / "child.loops", tmp_path / "began"
    command = [sys.executable, "-c", STANDS, str(file), str(began), *how]
    code = f"""
import sys, threading, os, signal, time
from floodwatch.supervisor import Supervisor
from floodwatch.model.clock import SystemClock
from pathlib import Path
threading.Timer({seconds}, lambda: os.kill(os.getpid(), signal.SIGTERM)).start()
stamps = {{"child": Path({str(file)!r})}}
Supervisor({{"child": {command!r}}}, clock=SystemClock(), stamps=stamps).run()
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, capture_output=True)
    return began.read_text().count("began")


def test_a_child_that_goes_round_is_left_alone(tmp_path: Path) -> None:
    assert supervise(tmp_path, "goes", seconds=2) == 1


def test_a_child_whose_loop_stands_is_started_again_at_growing_intervals(tmp_path: Path) -> None:
    began = supervise(tmp_path, seconds=5)
    assert 2 <= began <= 5 / 0.3 / 2


def test_a_supervisor_that_was_stopped_itself_judges_no_child_by_that_time(tmp_path: Path) -> None:
    clock = SetClock(1_000_000)
    file = tmp_path / "child.loops"
    made = Loops(file, clock)
    made.loop("tick")(True)
    keeps = Supervisor(
        {"child": [sys.executable, "-c", "import time; time.sleep(60)"]},
        clock=clock,
        stamps={"child": file},
    )
    try:
        keeps._round()
        child = keeps._children[0]
        assert child.process
        data = bytearray(file.read_bytes())
        data[8:16] = child.process.pid.to_bytes(8, "little")
        file.write_bytes(data)
        clock.advance(60_000)
        keeps._round()
        assert child.kill_at is None
        for _ in range(16):
            clock.advance(1_000)
            keeps._round()
        assert child.kill_at is not None
        assert child.hangs <= LENIENT
    finally:
        keeps._end()


def test_stamps_tell_a_loop_that_stands_from_one_that_fails(tmp_path: Path) -> None:
    clock = SetClock(1_000_000)
    made = Loops(tmp_path / "x.loops", clock)
    good, stands, fails = (made.loop(name) for name in ("good", "stands", "fails"))
    for _ in range(200):
        clock.advance(1_000)
        good(True)
        fails(False)
    found = loops.read(tmp_path / "x.loops", clock)
    assert found
    by_name = {loop.name: loop for loop in found.loops}
    assert by_name["good"].fresh
    assert by_name["stands"].hangs
    assert not by_name["fails"].hangs
    assert not by_name["fails"].fresh
    assert not found.fresh
    stands(True)
    fails(True)
    assert made.stamps().fresh
    made.leave("fails")
    clock.advance(10_000)
    assert [loop.name for loop in made.stamps().loops] == ["good", "stands"]


@pytest.mark.parametrize("content", [b"", b"FWLOOPS1", b"x" * 1824])
def test_a_file_of_stamps_that_makes_no_sense_says_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.loops").write_bytes(content)
    assert loops.read(tmp_path / "x.loops", CLOCK) is None


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_is_told_by_a_datagram(tmp_path: Path, abstract: bool) -> None:
    name = f"@floodwatch-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
        there.bind(name.replace("@", "\0", 1) if abstract else name)
        assert systemd.notify("WATCHDOG=1", environment={"NOTIFY_SOCKET": name})
        assert there.recv(100) == b"WATCHDOG=1"
    assert not systemd.notify("READY=1", environment={})
    assert not systemd.notify("READY=1", environment={"NOTIFY_SOCKET": str(tmp_path / "none")})


def test_only_a_child_whose_loops_are_fresh_feeds_the_watchdog(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
        there.bind(str(tmp_path / "notify"))
        there.settimeout(0.5)
        file = tmp_path / "child.loops"
        environment = {**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify")}
        code = f"""
import os, signal, sys, threading
from pathlib import Path
from floodwatch.supervisor import Supervisor
from floodwatch.model.clock import SystemClock
Supervisor({{"child": {[sys.executable, "-c", STANDS, str(file), str(tmp_path / "b"), "goes"]!r}}},
    clock=SystemClock(), stamps={{"child": Path({str(file)!r})}}).run()
"""
        made = subprocess.Popen([sys.executable, "-c", code], env=environment)
        found = None
        try:
            there.settimeout(20)
            assert there.recv(100) == b"READY=1\nWATCHDOG=1"
            found = loops.read(file, CLOCK)
            assert found
            os.kill(found.process, signal.SIGSTOP)
            there.settimeout(1.5)
            with pytest.raises(TimeoutError):
                while True:
                    assert there.recv(100) == b"READY=1\nWATCHDOG=1"
        finally:
            if found:
                os.kill(found.process, signal.SIGCONT)
            made.terminate()
            made.wait(20)
