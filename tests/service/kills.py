"""A flood under fire: devices push, parts of the service are killed, and then all is counted.

The judge knows only what devices were told, what the mail server received, and the stored readings:
it recounts the crossings itself and shares nothing with rules and alerts.
"""

import json
import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from tests.service.running import Device, Mail, Post, Running, in_threads, number_of, post

LIMIT, BELOW, ABOVE = 96.80, 95.00, 97.00
STATIONS = 300
TWICE = 2  # as often a station rises over the limit in fifty kills
THRICE = 3  # never more often: a fourth time within half an hour is flapping, and one alert
PATIENCE = 900.0  # seconds a device tries: a crowded machine may be busy starting for minutes
PEOPLE = ("示范甲", "示范乙")
IN_FLIGHT = 1.0  # seconds a mail may take from its sender's death to the server's note of it
REPEAT, CLEAR, MISSED = "重发", "解除", "错过"


def configure(folder: Path, *, smtp_port: int) -> None:
    """Many reservoirs with one limit and no holds: every crossing is an alert of its own.

    It is of grade I, which no digest takes in: a mail for each alert and person can be counted.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stations = "\n".join(
        f'[[station]]\ncode = "6199{i:04d}"\nname = "示范{i}号"\nkind = "reservoir"\n'
        'outlet = "weir"\ncrest = 99.0\nreporting = {timed = "1h"}\n'
        'gauges = [{variable = "stage", maximum = 150.0, rate = 1e9}, '
        '{variable = "stage", gauge = "2", maximum = 150.0}]\n'
        for i in range(1, STATIONS + 1)
    )
    people = "\n".join(
        f'[[person]]\nname = "{name}"\nemail = "p{i}@example.org"\n'
        for i, name in enumerate(PEOPLE)
    )
    names = ", ".join(f'"{name}"' for name in PEOPLE)
    files = {
        "floodwatch.toml": '[service]\nname = "示范区"\n\n[channels.smtp]\nhost = "127.0.0.1"\n'
        f'port = {smtp_port}\nfrom = "floodwatch@example.org"\nsecurity = "none"\n',
        "stations.toml": stations,
        "thresholds.toml": "[[threshold]]\n"
        'kind = "reservoir"\nvariable = "stage"\nname = "design_flood"\nseverity = "I"\n'
        f"at_or_above = {LIMIT}\nclear = {LIMIT}\n\n"
        '[[rule]]\nkind = "reservoir"\nvariable = "stage"\ntype = "level"\n'
        'hold_up = "0s"\nhold_down = "0s"\n',
        "recipients.toml": f'{people}\n[[route]]\npeople = [{names}]\nchannels = ["smtp"]\n',
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


@dataclass
class Flood:
    """What the devices did, in the order in which it was accepted."""

    accepted: dict[str, list[tuple[int, float]]] = field(default_factory=lambda: defaultdict(list))

    def crossings(self) -> Counter[str]:
        """How often each station went from below the limit to it or above: the recount."""
        found: Counter[str] = Counter()
        for station, readings in self.accepted.items():
            before = BELOW
            for _, value in sorted(readings):
                found[station] += value >= LIMIT > before
                before = value
        return found

    def push(
        self,
        device: Device,
        stations: list[str],
        stop: threading.Event,
        seed: int,
        *,
        times: int = TWICE,
    ) -> None:
        """One logger: its stations in turn, each rising over the limit and falling again.

        The longer it lasts, the more often, and the more rarely at any time.
        """
        chance = random.Random(seed)
        left = dict.fromkeys(stations, min(times, THRICE))
        high: set[str] = set()
        while not stop.is_set():
            station = chance.choice(stations)
            if station in high:
                high.discard(station)
                value = BELOW + chance.random()
            elif left[station] and chance.random() < 0.1 * TWICE / times:
                left[station] -= 1
                high.add(station)
                value = ABOVE + chance.random()
            else:
                value = BELOW + chance.random()
            value = round(value, 2)
            moment = time.time_ns() // 1_000_000
            text = f"{moment / 1000:.3f}"
            reading = {"station": station, "variable": "stage", "time": _iso(text), "value": value}
            answer = device.push([reading], patience=PATIENCE)
            assert answer["accepted"] + answer["duplicate"] == 1, answer
            self.accepted[station].append((moment, value))
            time.sleep(0.01)
        device.close()


def _iso(seconds: str) -> str:
    return datetime.fromtimestamp(float(seconds), UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True)
class Verdict:
    """What the independent count says."""

    readings: int
    lost: int
    crossings: int
    alerts: int
    unsent: int
    repeats: int
    unexplained: int  # repeats without a kill between them and the mail before
    unmarked: int  # repeats that do not say so
    kills: int
    imported: int


def reading(station: int, value: float) -> dict[str, object]:
    """Of one of the reservoirs, now."""
    at = datetime.now(UTC).isoformat()
    return {"station": f"6199{station:04d}", "variable": "stage", "time": at, "value": value}


@contextmanager
def one_crossing(place: Path) -> Iterator[tuple[Running, Device, Post]]:
    """The service over these reservoirs, the first of which a device has told over its limit."""
    with post() as mails:
        configure(place / "config", smtp_port=mails.port)
        with closing(Running(place / "config", place / "data")) as running:
            running.start()
            with closing(Device(running, running.token())) as device:
                device.push([reading(1, ABOVE)])
                yield running, device, mails


def flood_under_fire(place: Path, *, kills: int, seed: int, rows: int = 200_000) -> Verdict:
    """Run a flood, kill parts of the service `kills` times at random, then count everything."""
    history = place / "history.csv"
    _write_history(history, rows)
    with post(patience=0.02) as mail:
        configure(place / "config", smtp_port=mail.port)
        running = Running(place / "config", place / "data")
        running.command("check --apply")
        token = running.token()
        with closing(running):
            running.start()
            flood, stop = Flood(), threading.Event()
            times = max(TWICE, TWICE * kills // 50)
            loggers = _loggers(running, flood, token=token, stop=stop, seed=seed, times=times)
            killed = _kill(running, history, kills=kills, chance=random.Random(seed))
            stop.set()
            for logger in loggers:
                logger.join(PATIENCE)
                assert not logger.is_alive()
            running.wait_ready()
            running.command("import", str(history), *IMPORT)
            _settle(mail, flood)
            return _count(running, mail, flood, killed)


def _loggers(
    running: Running, flood: Flood, *, token: str, stop: threading.Event, seed: int, times: int
) -> list[threading.Thread]:
    codes = [f"6199{i:04d}" for i in range(1, STATIONS + 1)]
    return in_threads(
        [
            lambda n=n: flood.push(Device(running, token), codes[n::4], stop, seed + n, times=times)
            for n in range(4)
        ]
    )


def _kill(running: Running, history: Path, *, kills: int, chance: random.Random) -> list[float]:
    """An importer works all the while; it is killed and begins again like the others.

    Returns when the kills fell, monotonic seconds.
    """
    moments = []
    importer = running.begin("import", str(history), *IMPORT)
    for _ in range(kills):
        if chance.random() < 0.8:  # mostly while it works, sometimes while it is still starting
            running.wait_ready()
        time.sleep(chance.uniform(0.1, 2.0))
        part = chance.choice(("engine", "engine", "web", "supervisor", "importer"))
        moments.append(time.monotonic())
        if part == "importer":
            importer.kill()
            importer.wait()
            importer = running.begin("import", str(history), *IMPORT)
        else:
            running.kill(part)
    time.sleep(2)
    importer.wait(120)
    return moments


IMPORT = ("--tz", "UTC", "--map", "value=stage:m", "--station-column", "station", "--gauge", "2")


def _write_history(path: Path, rows: int) -> None:
    lines = ["station,time,value"]
    for i in range(rows):
        minute = i // STATIONS
        station = f"6199{i % STATIONS + 1:04d}"
        lines.append(f"{station},{_iso(str(1_700_000_000 + 60 * minute))},{90 + i % 100 / 100}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _settle(mail: Post, flood: Flood) -> None:
    """Wait until everything that must come has come and the mail server has been quiet."""
    wanted = len(PEOPLE) * sum(flood.crossings().values())
    end = time.monotonic() + 60
    while time.monotonic() < end:
        before = len(mail.mails)
        time.sleep(3)
        if len(mail.mails) == before and len({(m.key, m.to) for m in _fired(mail)}) >= wanted:
            return


def _fired(mail: Post) -> list[Mail]:
    """Every mail that says an alert fired, or that one was missed because it ended before."""
    return [m for m in mail.mails if MISSED in m.subject or CLEAR not in m.subject]


def _count(running: Running, mail: Post, flood: Flood, killed: list[float]) -> Verdict:
    stored: dict[str, dict[int, float]] = defaultdict(dict)
    imported = 0
    for line in running.command("readings --variable stage --format jsonl").splitlines():
        row = json.loads(line)
        if row["gauge"] == "2":
            imported += 1
        else:
            moment = round(datetime.fromisoformat(row["time"]).timestamp() * 1000)
            stored[row["station"]][moment] = row["value"]
    accepted = [(s, t, v) for s, readings in flood.accepted.items() for t, v in readings]
    lost = sum(stored[s].get(t) != v for s, t, v in accepted)
    fired = _fired(mail)
    told = {to: {number_of(m) for m in fired if m.to == to} for to in {m.to for m in fired}}
    crossings = sum(flood.crossings().values())
    numbers = {number_of(m) for m in fired}
    copies: dict[tuple[str, str], list[Mail]] = defaultdict(list)
    for one in mail.mails:
        copies[one.key, one.to].append(one)
    pairs = [pair for found in copies.values() for pair in pairwise(found)]
    return Verdict(
        readings=len(accepted),
        lost=lost,
        crossings=crossings,
        alerts=len(numbers),
        unsent=sum(crossings - len(known) for known in told.values())
        + crossings * (len(PEOPLE) - len(told)),
        repeats=len(pairs),
        unexplained=sum(
            not any(first.at - IN_FLIGHT <= moment <= again.at for moment in killed)
            for first, again in pairs
        ),
        unmarked=sum(REPEAT not in again.subject for _, again in pairs),
        kills=len(killed),
        imported=imported,
    )
