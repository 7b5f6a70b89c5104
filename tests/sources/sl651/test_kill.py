"""The real server killed while stations report: what was answered is stored, and once."""

import asyncio
import json
import random
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path

from floodwatch.model.clock import DAY, HOUR, MINUTE, SystemClock
from floodwatch.sources.sl651.client import Fleet, Report, Station
from tests.service.running import free_port

STATIONS, KILLS = 50, 2
FIRST = 61_990_100
CLOCK = SystemClock()
BASE = CLOCK.wall() // HOUR * HOUR - 5 * DAY


def configured(folder: Path) -> None:
    folder.mkdir()
    stations = [
        f'[[station]]\ncode = "{FIRST + n}"\nname = "示范{n}"\nkind = "river"\n'
        f'gauges = [{{variable = "stage"}}]\n'
        for n in range(STATIONS)
    ]
    files = {
        "floodwatch.toml": '[service]\nname = "示范区"\n',
        "stations.toml": "\n".join(stations),
        "thresholds.toml": "",
        "recipients.toml": '[[person]]\nname = "示范甲"\nemail = "a@example.org"\n'
        '[[route]]\npeople = ["示范甲"]\nchannels = ["log"]\n',
    }
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")


def report(station: Station, chance: random.Random) -> Report:
    """One minute of a past day after the other, each with a value of its own."""
    number = station.serial % 5000 + 1
    return station.made([("39", round(10 + number / 1000, 3))], observed=BASE + number * MINUTE)


class Killed:
    """The server as a process on one port, killed and started again."""

    def __init__(self, folder: Path, port: int) -> None:
        self._command = [sys.executable, "-m", "floodwatch", "sl651", "serve", "--json"]
        self._command += ["--host", "127.0.0.1", "--port", str(port)]
        self._command += ["--config", str(folder / "config"), "--data", str(folder / "data")]
        self._log = (folder / "server.log").open("ab")
        self.process = self.begin()

    def begin(self) -> "subprocess.Popen[bytes]":
        """Start it and wait until it listens."""
        process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=self._log)
        assert process.stdout
        assert json.loads(process.stdout.readline())["port"]
        return process

    def again(self) -> None:
        """kill -9, and start it again."""
        self.end(signal.SIGKILL)
        self.process = self.begin()

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(how)
        self.process.wait(30)
        assert self.process.stdout
        self.process.stdout.close()

    def close(self) -> None:
        self.end()
        self._log.close()


def test_no_answered_report_is_lost_or_taken_twice_by_kills(tmp_path: Path) -> None:
    configured(tmp_path / "config")
    port, reports = free_port(), list[Report]()
    with closing(Killed(tmp_path, port)) as server:

        async def live() -> None:
            fleet = Fleet(
                "127.0.0.1",
                port,
                [f"00{FIRST + n}" for n in range(STATIONS)],
                CLOCK,
                every=0.25,
                ramp=0.2,
                between=6.0,
                made=report,
                told=reports.append,
            )
            living = asyncio.create_task(fleet.run(3600))
            chance = random.Random(6199)
            for _ in range(KILLS):
                before = len(reports)
                while len(reports) < before + STATIONS + chance.randrange(STATIONS):
                    await asyncio.sleep(chance.random() / 20)
                await asyncio.to_thread(server.again)
            before = len(reports)
            while len(reports) < before + 2 * STATIONS:
                await asyncio.sleep(0.05)
            living.cancel()
            await asyncio.wait({living})

        asyncio.run(live())
    answered = [each for each in reports if each.answered]
    assert len(answered) > 3 * STATIONS
    assert any(each.sendings > 1 for each in answered), "no kill met a report on its way"
    with closing(sqlite3.connect(tmp_path / "data" / "floodwatch.db")) as connection:
        stored = {
            (f"00{station}", time): value
            for station, time, value in connection.execute(
                "SELECT station, time, value FROM reading JOIN series ON series.id = series_id"
            )
        }
        taken = Counter(
            connection.execute("SELECT address, serial FROM frame WHERE outcome = 'taken'")
        )
        corrected = connection.execute("SELECT count(*) FROM correction").fetchone()[0]
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    lost = [each for each in answered if stored.get((each.station, each.observed)) is None]
    assert lost == []
    assert [stored[each.station, each.observed] for each in answered] == [
        each.items[0][1] for each in answered
    ]
    assert {(each.station, each.serial) for each in answered} <= set(taken)
    assert set(taken.values()) == {1}
    assert corrected == 0
