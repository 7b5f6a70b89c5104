"""`sources` and `source test` on the command line."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from floodwatch import config
from floodwatch.cli.sources import source, sources
from floodwatch.model.clock import SystemClock
from floodwatch.model.errors import Refused
from floodwatch.model.moment import iso
from floodwatch.model.source import Counts, Note
from floodwatch.store import source_log
from floodwatch.store.database import Database
from tests.notify.http_server import site
from tests.pipeline.town import FILES, RESERVOIR

SOURCE = """
[[sources.http]]
name = "upstream"
url = "http://127.0.0.1:1/api?since={since}"
allow = ["127.0.0.0/8"]
rows = "@"
station = "s"
time = "t"
values = {v = "stage:m"}
"""


@pytest.fixture
def folders(tmp_path: Path, sqlite_database: Database) -> list[str]:
    folder = tmp_path / "config"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, "utf-8")
    with (folder / "floodwatch.toml").open("a", encoding="utf-8") as file:
        file.write(SOURCE)
    config.apply(sqlite_database, folder, who="test", now=0)
    return ["--config", str(folder), "--data", str(tmp_path / "data")]


def at_port(folders: list[str], port: int) -> None:
    file = Path(folders[1]) / "floodwatch.toml"
    file.write_text(file.read_text("utf-8").replace("127.0.0.1:1/", f"127.0.0.1:{port}/"), "utf-8")


def test_sources_says_how_each_stands(folders: list[str], sqlite_database: Database) -> None:
    now = SystemClock().wall()
    note = Note(True, True, newest=now - 90_000, counts=Counts(3, 2, 0, 1))
    with sqlite_database.write() as tx:
        source_log.noted(tx, "http:upstream", "http", note=note, now=now)
    result = CliRunner().invoke(sources, [*folders, "--json"], catch_exceptions=False)
    (found,) = json.loads(result.stdout)
    assert (found["name"], found["stored"], found["rejected"]) == ("http:upstream", 2, 1)
    assert found["lag_s"] >= 90
    text = CliRunner().invoke(sources, folders, catch_exceptions=False).stdout
    assert "http:upstream" in text
    assert "1min ago" in text


def test_a_source_that_never_ran_is_listed_as_such(folders: list[str]) -> None:
    text = CliRunner().invoke(sources, folders, catch_exceptions=False).stdout
    assert text.splitlines()[1].split()[:3] == ["http:upstream", "never", "never"]


def test_source_test_prints_what_would_be_stored_and_stores_nothing(
    folders: list[str], sqlite_database: Database
) -> None:
    now = SystemClock().wall() // 1000 * 1000
    rows = [{"s": RESERVOIR, "t": iso(now), "v": 95.12}, {"s": "nobody", "t": iso(now), "v": 1}]
    with site(lambda _: (200, json.dumps(rows).encode())) as service:
        at_port(folders, service.port)
        text = CliRunner().invoke(source, ["test", "upstream", *folders], catch_exceptions=False)
    assert f"  {iso(now)}  95.12" in text.stdout
    assert "refused: nobody stage: unknown station nobody" in text.stdout
    assert "2 values: 1 would be stored, 1 refused; nothing was written" in text.stdout
    with sqlite_database.read() as connection:
        assert source_log.states(connection) == {}


def test_source_test_says_why_a_source_does_not_answer(folders: list[str]) -> None:
    with site(lambda _: (500, b"")) as service:
        at_port(folders, service.port)
        with pytest.raises(Refused, match=r"127\.0\.0\.1: HTTP 500"):
            CliRunner().invoke(source, ["test", "upstream", *folders], catch_exceptions=False)


def test_source_test_of_another_name_says_which_there_are(folders: list[str]) -> None:
    at_port(folders, 1)
    with pytest.raises(Refused, match="no source that is asked is called 'x'; there are: http:up"):
        CliRunner().invoke(source, ["test", "x", *folders], catch_exceptions=False)
