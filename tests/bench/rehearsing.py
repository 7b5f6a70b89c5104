"""Five years of a district through its rules: the command against what is written without it."""

import json
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from floodwatch import config
from floodwatch.hydrology.series import Series
from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.quality import GOOD
from floodwatch.model.reading import SeriesKey
from floodwatch.pipeline.rehearse import rehearse
from floodwatch.store import archive
from floodwatch.store.database import Database
from floodwatch.store.readings import Readings
from floodwatch.store.series_map import SeriesMap
from tests.bench.measured import Run, floodwatch, job, ratio, run, spread
from tests.bench.report import Table

STATIONS = 60
STEP = 5 * MINUTE
YEARS = 5
START = 1_609_459_200_000  # 2021-01-01T00:00Z
END = 1_767_225_600_000 - STEP  # to the end of 2025
PER_STATION = (END - START) // STEP + 1
STORMS = 4  # a year and station
WARNING, GUARANTEE, LOW = 33.0, 34.5, 28.0
SLICE = 20 * DAY  # of one station, judged at every reading
PAUSE = 2.0  # seconds between two runs

Floats = NDArray[np.float64]


class Judged(NamedTuple):
    """Judging every reading of a slice: seconds, and for how many readings."""

    seconds: float
    readings: int


def measure(scratch: Path, *, rounds: int) -> Table:
    """Each way in turn, in processes of their own; the slice in this one."""
    folder = scratch / "rehearsal"
    if not (folder / "made").exists():
        _make(folder)
    place = ("--config", folder / "config", "--data", folder)
    span = ("--from", _iso(START), "--to", _iso(END), "--json")
    ways = {
        "FloodWatch, alerts": floodwatch("rehearse", *place, *span, "--no-people"),
        "FloodWatch, alerts and who is told": floodwatch("rehearse", *place, *span),
        "pandas, crossings of limits alone": job("crossings", folder),
    }
    took: dict[str, list[Run]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, command in ways.items():
            took[name].append(run(command))
            time.sleep(PAUSE)
    slices = [_every_reading(folder) for _ in range(rounds)]
    return _table(took, slices, _alerts(place, span))


def _alerts(place: tuple[object, ...], span: tuple[object, ...]) -> dict[str, int]:
    """How many alerts the rehearsal gives, of how many readings, judged how often."""
    command = floodwatch("rehearse", *map(str, (*place, *span)), "--no-people")
    said = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return {name: said[name] for name in ("readings", "judged")} | {"alerts": len(said["alerts"])}


def _every_reading(folder: Path) -> Judged:
    """The same code without leaving anything out, on a slice that has a storm."""
    district = config.load(folder / "config")
    code = next(iter(district.stations))
    database = Database.at(folder)
    start = START + 150 * DAY
    began = time.perf_counter()
    found = rehearse(
        Readings(database), district, start=start, end=start + SLICE, stations={code}, skip=False
    )
    took = time.perf_counter() - began
    database.close()
    return Judged(took, found.readings)


def _make(folder: Path) -> None:
    print(f"  making {YEARS} years of {STATIONS} stations …", flush=True)
    _make_config(folder / "config")
    database = Database.at(folder)
    database.migrate()
    times = np.arange(START, END + 1, STEP, dtype=np.int64)
    quality = np.full(times.size, GOOD, np.int16)
    for number in range(STATIONS):
        key = SeriesKey(code(number), "1", "stage", 0)
        with database.write() as tx:
            ids = SeriesMap().ids(tx, [key], now=END + 30 * DAY)
            archive.merge(tx, ids[key], Series(times, stages(number), quality))
    config.apply(database, folder / "config", who="bench", now=END)
    database.close()
    (folder / "made").touch()


def code(number: int) -> str:
    """The code of a station."""
    return f"6199{number + 1000:04d}"


def stages(number: int) -> Floats:
    """A river in whole centimetres: a yearly wave, and storms that rise in hours, fall in days."""
    random = np.random.default_rng(number)
    hours = np.arange(PER_STATION) * (STEP / HOUR)
    level = 30.0 + 0.8 * np.sin(2 * np.pi * hours / 8766 + random.random())
    for begins in random.uniform(0, hours[-1], STORMS * YEARS):
        since = hours - begins
        height, rise, fall = random.uniform(0.8, 4.8), random.uniform(5, 14), random.uniform(30, 90)
        up = np.clip(since / rise, 0.0, 1.0)
        down = np.where(since > rise, np.exp(-(since - rise) / fall), 1.0)
        level += np.where(since > 0, height * up * up * (3 - 2 * up) * down, 0.0)
    return np.round(level, 2)


def _make_config(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "floodwatch.toml").write_text('[service]\nname = "量测"\n[channels.log]\n', "utf-8")
    stations, limits = [], []
    for number in range(STATIONS):
        stations.append(
            f'[[station]]\ncode = "{code(number)}"\nname = "河段{number}"\nkind = "river"\n'
            'reporting = {timed = "5min"}\ngauges = [{variable = "stage"}]\n'
        )
        for name, severity, test in (
            ("warning", "III", f"at_or_above = {WARNING}"),
            ("guarantee", "II", f"at_or_above = {GUARANTEE}"),
            ("low", "IV", f"at_or_below = {LOW}"),
            ("rise", "IV", "rise = 0.5"),
            ("fall", "IV", "fall = 0.5"),
        ):
            limits.append(
                f'[[threshold]]\nstation = "{code(number)}"\nvariable = "stage"\n'
                f'name = "{name}"\nseverity = "{severity}"\n{test}\n'
            )
    limits.append('[[rule]]\ntype = "eta"\nkind = "river"\n')
    (folder / "stations.toml").write_text("\n".join(stations), "utf-8")
    (folder / "thresholds.toml").write_text("\n".join(limits), "utf-8")
    (folder / "recipients.toml").write_text(
        '[[person]]\nname = "示范值班"\nphone = "+8610000000001"\n'
        '[[route]]\npeople = ["示范值班"]\nmust_answer = true\nchannels = ["log"]\n',
        "utf-8",
    )


def _iso(moment: int) -> str:
    return str(np.datetime64(moment, "ms")) + "Z"


def _table(took: dict[str, list[Run]], slices: list[Judged], counted: dict[str, int]) -> Table:
    first = [one.seconds for one in took["FloodWatch, alerts"]]
    lines = [
        [
            name,
            spread([one.seconds for one in runs]),
            spread([one.cpu for one in runs]),
            f"{max(one.peak_mb for one in runs):.0f} MB",
            ratio([one.seconds for one in runs], first),
        ]
        for name, runs in took.items()
    ]
    whole = [one.seconds / one.readings * counted["readings"] for one in slices]
    lines.append(
        [
            "FloodWatch, every reading judged (from a slice)",
            spread(whole),
            "",
            "",
            ratio(whole, first),
        ]
    )
    return Table(
        "Rehearsal of five years",
        f"`floodwatch rehearse` over {counted['readings']:,} readings ({STATIONS} rivers, {YEARS} "
        f"years, 5 min, {STORMS} storms a year) with 5 rules a station (warning and guarantee, low "
        f"water, rise, fall, time to a limit): {counted['alerts']} alerts, rules judged "
        f"{counted['judged']:,} times. Beside it pandas, which reads the same store and counts "
        "crossings of the two upper limits: no hysteresis, holds, rates or messages.",
        ["way", "wall", "processor", "most memory", "ratio"],
        lines,
        goal="under 10 s on 2 cores",
    )
