"""The commands `bulletin` and `handover`."""

import json
from pathlib import Path

from click.testing import CliRunner, Result
from sqlalchemy import select

from floodwatch.cli import floodwatch
from floodwatch.store import tables as t
from floodwatch.store.database import Database
from tests.pipeline.town import Town


def run(town: Town, *arguments: str) -> Result:
    data = str(town.folder.parent / "data")
    shared = ["--config", str(town.folder), "--data", data]
    return CliRunner().invoke(floodwatch, [*arguments, *shared], catch_exceptions=True)


def test_the_report_is_printed_and_sent_once(sqlite_database: Database, tmp_path: Path) -> None:
    town = Town(sqlite_database, tmp_path / "config")
    for _ in range(2):
        found = run(town, "bulletin", "--date", "2026-06-18", "--send-to", "示范值班", "--json")
        assert found.exit_code == 0, found.output
    told = json.loads(found.stdout)
    assert told["at"] == "2026-06-18T00:00:00Z"
    assert told["text"].startswith("示范小镇水情日报（2026年6月18日8时）")
    with sqlite_database.read() as connection:
        sent = connection.execute(select(t.outbox.c.person).where(t.outbox.c.kind == "bulletin"))
        assert list(sent.scalars()) == ["示范值班"]


def test_a_stranger_is_refused_and_nobody_is_written_to(
    sqlite_database: Database, tmp_path: Path
) -> None:
    town = Town(sqlite_database, tmp_path / "config")
    found = run(town, "bulletin", "--date", "2026-06-18", "--send-to", "陌生人")
    assert found.exit_code == 1
    assert town.messages() == []


def test_the_sheet_covers_the_shift_so_far(sqlite_database: Database, tmp_path: Path) -> None:
    town = Town(sqlite_database, tmp_path / "config")
    town.stage(97.0)
    found = run(town, "handover", "--since", "2026-06-17T20:00", "--json")
    assert found.exit_code == 0, found.output
    told = json.loads(found.stdout)
    assert told["from"] == "2026-06-17T12:00:00Z"
    assert any("示范水库" in line for line in told["parts"]["未解除告警"])
