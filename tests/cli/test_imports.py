"""`import`, `imports` and `undo` as people and scripts use them."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from floodwatch.cli.configuration import init
from floodwatch.cli.imports import import_, imports, undo
from floodwatch.cli.reading import readings
from floodwatch.model.errors import ImportRefused, Refused
from floodwatch.store import imports as ledger
from floodwatch.store.database import Database
from tests.pipeline.importing import stored
from tests.sources.csv.making import write

HEAD = "station,time,value\n"
STAGE = ("--variable", "stage", "--unit", "m")


class Here:
    """A starter configuration and an empty data folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        assert CliRunner().invoke(init, [str(folder / "config")]).exit_code == 0
        self.options = ["--config", str(folder / "config"), "--data", str(folder / "data")]

    def __call__(self, command: object, *arguments: object) -> Result:
        words = [str(argument) for argument in arguments]
        return CliRunner().invoke(command, [*self.options, *words], catch_exceptions=False)  # type: ignore[arg-type]

    def json(self, command: object, *arguments: object) -> object:
        result = self(command, "--json", *arguments)
        assert result.exit_code == 0
        return json.loads(result.stdout)

    def file(self, text: str, name: str = "a.csv") -> Path:
        return write(self.folder / name, text)

    def values(self) -> list[float]:
        text = self(readings, "--station", "61990001").stdout
        return [float(row["value"]) for row in csv.DictReader(io.StringIO(text))]


@pytest.fixture
def here(tmp_path: Path) -> Here:
    return Here(tmp_path)


def test_a_file_is_imported_listed_and_taken_back(here: Here) -> None:
    path = here.file(HEAD + "61990001,2021-01-01,95.1\nMY-RES-1,2021-01-02,95.2\nX,2021-01-03,1\n")
    document = here.json(import_, path, *STAGE)
    (file,) = document["files"]
    assert document["import_id"] == 1
    assert (file["stored"], file["rejected"], file["values"], file["lines"]) == (2, 1, 3, 3)
    assert file["rejects"] == [
        {
            "line": 4,
            "column": "station",
            "reason": "unknown station X",
            "text": "X,2021-01-03,1",
        }
    ]
    assert Path(file["rejects_file"]).name == "import-1.csv"
    assert here.values() == [95.1, 95.2]
    (entry,) = here.json(imports)
    assert (entry["import_id"], entry["state"], entry["stored"]) == (1, "done", 2)
    assert here.json(undo, 1, "--by", "示范张三")["undone_by"] == "示范张三"
    assert here.values() == []
    assert "undone" in here(imports).stdout


def test_the_words_for_people_tell_what_was_found_and_what_was_refused(here: Here) -> None:
    path = here.file("站名,时间,水位(cm)\nMy reservoir,2021-01-01 08:00,9510\n甲,x,1\n")
    text = here(import_, path).stdout
    for words in ("stored 1", "rejected 1", "utf-8", "水位(cm) = stage [cm]", "unknown station 甲"):
        assert words in text


def test_stations_of_a_file_are_created_in_the_configuration(here: Here) -> None:
    text = "站名,时间,水位(m),蓄水量(万m3)\n示范新库,2021-01-01,95.1,12.5\n"
    file = here.json(import_, here.file(text), "--create-stations")["files"][0]
    assert {entry["station"] for entry in file["series"]} == {"示范新库"}
    assert 'kind = "reservoir"' in (here.folder / "config" / "stations.toml").read_text("utf-8")


def test_a_dry_run_neither_stores_nor_creates(here: Here) -> None:
    text = "站名,时间,雨量(mm)\n示范雨站,2021-01-01,5\n"
    before = (here.folder / "config" / "stations.toml").read_text("utf-8")
    options = ("--create-stations", "--period", "1d", "--dry-run")
    document = here.json(import_, here.file(text), *options)
    assert (document["import_id"], document["files"][0]["stored"]) == (None, 1)
    assert (here.folder / "config" / "stations.toml").read_text("utf-8") == before
    assert here.json(imports) == []


def test_what_must_be_decided_is_asked_for_and_nothing_is_imported(here: Here) -> None:
    path = here.file(HEAD + "61990001,2021-01-01,95.1\n")
    with pytest.raises(ImportRefused, match="unit"):
        here(import_, path, "--variable", "stage")
    assert here.json(imports) == []


@pytest.mark.parametrize("zone", ["Mars/X", "../etc", "x" * 300])
def test_a_zone_that_does_not_exist_is_refused(here: Here, zone: str) -> None:
    path = here.file(HEAD + "61990001,2021-01-01T08:00Z,95.1\n")
    with pytest.raises(ImportRefused, match="unknown zone"):
        here(import_, path, *STAGE, "--tz", zone)


def test_an_import_that_is_not_there_cannot_be_taken_back(here: Here) -> None:
    here(import_, here.file(HEAD + "61990001,2021-01-01,95.1\n"), *STAGE)
    with pytest.raises(Refused, match="no import 9"):
        here(undo, 9)


def test_exit_codes_and_streams_are_those_of_the_contract(here: Here) -> None:
    path = here.file(HEAD + "61990001,2021-01-01,95.1\n")
    done = _floodwatch(here, "import", str(path), *STAGE, "--json")
    assert (done.returncode, json.loads(done.stdout)["import_id"]) == (0, 1)
    refused = _floodwatch(here, "import", str(path), "--variable", "stage")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "--unit" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert _floodwatch(here, "import").returncode == 2


def _floodwatch(here: Here, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "floodwatch", *words, *here.options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("again", ["import", "undo"])
def test_an_import_killed_half_way_can_be_completed_or_taken_back(here: Here, again: str) -> None:
    rows = (f"61990001,{time},{n}\n" for n, time in enumerate(_times(400_000)))
    path = here.file(HEAD + "".join(rows))
    here(import_, here.file(HEAD + "61990001,2020-01-01,1\n", "first.csv"), *STAGE)
    _kill_half_way(here, path)
    database = Database.at(here.folder / "data")
    with database.read() as connection:
        killed = ledger.get(connection, 2)
    assert killed
    assert killed.state == "running"
    if again == "import":
        file = here.json(import_, path, *STAGE)["files"][0]
        assert file["stored"] + file["duplicate"] == 400_000
        assert file["duplicate"] > 0
        assert len(stored(database)) == 400_001
        here(undo, 3)
    here(undo, 2)
    assert list(stored(database).values()) == [1]
    database.close()


def _times(count: int) -> list[str]:
    hours = [f"{day:02}T{hour:02}" for day in range(1, 29) for hour in range(24)]
    moments = (
        f"2{year:03}-{month:02}-{hour}:00Z"
        for year in range(1, 24)
        for month in range(1, 13)
        for hour in hours
    )
    minutes = [f"{moment[:-4]}:{minute:02}Z" for moment in moments for minute in (0, 20, 40)]
    return minutes[:count]


def _kill_half_way(here: Here, path: Path) -> None:
    """Kill the importer as soon as the first of its blocks is committed."""
    script = (
        "from floodwatch.pipeline import import_buffer; import_buffer.MOST = 20_000\n"
        "from floodwatch.sources.csv import stream\n"
        "stream.Source.blocks.__defaults__ = (200_000,)\n"
        "from floodwatch.cli import main; main()"
    )
    words = ["import", str(path), *STAGE, "--json", *here.options]
    process = subprocess.Popen([sys.executable, "-c", script, *words], stdout=subprocess.DEVNULL)
    database = Database.at(here.folder / "data")
    for _ in range(3000):
        with database.read() as connection:
            if ledger.count_deltas(connection, 2):
                break
        time.sleep(0.01)
    database.close()
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
