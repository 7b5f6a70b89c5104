"""The command `influx`, with a real server: how far the mirror is, and whether it agrees."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from floodwatch import config
from floodwatch.cli import floodwatch
from floodwatch.model.clock import DAY, HOUR, MINUTE, SystemClock
from floodwatch.model.moment import iso
from floodwatch.store import archive, journal
from floodwatch.store.database import Database
from floodwatch.store.influx.mirror import Mirror
from floodwatch.store.influx.server import server
from floodwatch.store.influx.settings import PASSWORD as SECRET
from floodwatch.store.influx.settings import InfluxTable
from floodwatch.store.journal import Row
from tests.pipeline.town import FILES, RESERVOIR
from tests.store.influx.running import DATABASE, PASSWORD, USER, Influx, influx
from tests.store.series_of import add_series, series_of


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influx]:
    with influx(tmp_path_factory.mktemp("influx")) as started:
        yield started


class Place:
    """A service with a mirror, forty days of readings in blocks and an hour in the journal."""

    def __init__(self, folder: Path, database: Database, running: Influx, history: str) -> None:
        running.empty()
        self.folder, self.database, self.running = folder, database, running
        self.now = SystemClock().wall() // HOUR * HOUR
        (folder / "config").mkdir()
        for name, text in FILES.items():
            (folder / "config" / name).write_text(text, "utf-8")
        with (folder / "config" / "floodwatch.toml").open("a", encoding="utf-8") as file:
            file.write(
                f'\n[influx]\nurl = "{running.url}"\napi = "v1"\ndatabase = "{DATABASE}"\n'
                f'user = "{USER}"\nhistory = "{history}"\n'
            )
        config.apply(database, folder / "config", who="test", now=0)
        self.sealed = self.now - 9 * DAY
        self.number = add_series(database, sealed_until=self.sealed, station=RESERVOIR)
        times = range(self.sealed - 40 * DAY, self.sealed, 10 * MINUTE)
        with database.write() as tx:
            archive.merge(tx, self.number, series_of(times, (t % 977 / 8 for t in times)))
            rows = [Row(self.number, self.now - n * MINUTE, 95.0, 2, self.now) for n in range(60)]
            journal.put(tx, rows)

    def mirror(self) -> None:
        table = InfluxTable(url=self.running.url, api="v1", database=DATABASE, user=USER)
        with closing(server(table, {SECRET: PASSWORD})) as there:
            made = Mirror(self.database, there, clock=SystemClock(), batch=1_000)
            while made.round():
                pass

    def run(self, *arguments: str) -> Result:
        shared = ["--config", str(self.folder / "config"), "--data", str(self.folder / "data")]
        environment = {SECRET: PASSWORD}
        return CliRunner().invoke(floodwatch, ["influx", *arguments, *shared], env=environment)

    def readings(self) -> list[object]:
        shared = ["--config", str(self.folder / "config"), "--data", str(self.folder / "data")]
        asked = ["readings", "--station", RESERVOIR, "--from", "1990-01-01", "--to", "2099-01-01"]
        done = CliRunner().invoke(
            floodwatch, [*asked, "--format", "jsonl", *shared], env={SECRET: PASSWORD}
        )
        assert done.exit_code == 0, done.exception
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(params=["blocks"])
def place(
    request: pytest.FixtureRequest, tmp_path: Path, sqlite_database: Database, running: Influx
) -> Place:
    return Place(tmp_path, sqlite_database, running, request.param)


def test_the_status_says_what_waits_and_then_that_nothing_does(place: Place) -> None:
    assert json.loads(place.run("status", "--json").stdout)["begun"] is False
    place.mirror()
    found = json.loads(place.run("status", "--json").stdout)
    assert (found["sent"], found["waiting"], found["waiting_spans"]) == (40 * 144 + 60, 0, 0)
    assert PASSWORD not in place.run("status").output


def test_what_differs_is_found_and_sent_again_on_demand(place: Place) -> None:
    place.mirror()
    assert place.run("verify").exit_code == 0
    place.running.empty()
    wrong = place.run("verify", "--json")
    assert wrong.exit_code == 1
    assert sum(d["missing"] for d in json.loads(wrong.stdout)["differences"]) == 40 * 144 + 60
    assert place.run("resend", "--from", iso(place.now - 20 * DAY)).exit_code == 0
    place.mirror()
    newer = place.run("verify", "--from", iso(place.now - 20 * DAY))
    assert newer.exit_code == 0, newer.output
    assert place.run("verify").exit_code == 1


def test_blocks_are_dropped_only_when_somebody_reads_the_server(place: Place) -> None:
    place.mirror()
    refused = place.run("drop-blocks", "--before", iso(place.now - 20 * DAY), "--yes")
    assert refused.exit_code == 1
    assert "history" in str(refused.exception)


@pytest.mark.parametrize("place", ["influx"], indirect=True)
def test_dropped_blocks_are_read_from_the_server_to_the_last_bit(place: Place) -> None:
    place.mirror()
    before = place.readings()
    near = place.run("drop-blocks", "--before", iso(place.now), "--yes")
    assert near.exit_code == 1
    looked = place.run("drop-blocks", "--before", iso(place.sealed), "--json")
    assert json.loads(looked.stdout)["blocks"] == 1
    assert place.readings() == before
    done = place.run("drop-blocks", "--before", iso(place.sealed), "--yes")
    assert done.exit_code == 0, done.exception
    with place.database.read() as connection:
        assert archive.span(connection, place.number) is None
    assert place.readings() == before


@pytest.mark.parametrize("place", ["influx"], indirect=True)
def test_nothing_is_dropped_that_the_server_has_not(place: Place) -> None:
    refused = place.run("drop-blocks", "--before", iso(place.sealed), "--yes")
    assert refused.exit_code == 1
    assert "nothing was dropped" in str(refused.exception)
    with place.database.read() as connection:
        assert archive.span(connection, place.number) is not None
