"""The commands `hazard`, `inspection`, `forecast` and `backup-source`."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from floodwatch import config
from floodwatch.cli import floodwatch
from floodwatch.store.database import Database
from tests.pipeline.town import FILES, RESERVOIR


def run(folder: Path, *arguments: str) -> Result:
    shared = ["--config", str(folder), "--data", str(folder.parent / "data")]
    return CliRunner().invoke(floodwatch, [*arguments, *shared])


def test_registers_are_entered_listed_and_closed(tmp_path: Path, sqlite_database: Database) -> None:
    folder = tmp_path / "config"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, "utf-8")
    config.apply(sqlite_database, folder, who="test", now=0)
    by = ("--by", "示范值班")
    entered = run(
        folder,
        "hazard",
        "add",
        RESERVOIR,
        "坝脚渗水",
        "--owner",
        "示范技术",
        "--limit",
        "92.5",
        *by,
    )
    assert "Hazard 1 is entered" in entered.output, entered.output
    [row] = json.loads(run(folder, "hazard", "list", "--json").stdout)
    assert (row["title"], row["limit_value"], row["severity"]) == ("坝脚渗水", 92.5, "III")
    assert "坝脚渗水" in run(folder, "hazard", "list").stdout
    assert run(folder, "hazard", "close", "1", *by).exit_code == 0
    assert json.loads(run(folder, "hazard", "list", "--json").stdout) == []
    again = run(folder, "hazard", "close", "1", *by)
    assert again.exit_code == 1
    assert "no open hazard 1" in str(again.exception)
    for arguments in (
        ("inspection", "add", RESERVOIR, "正常"),
        ("forecast", "add", "60", "--from", "2030-01-01", "--to", "2030-01-02", "--source", "示范"),
        ("backup-source", "set", RESERVOIR, "ready"),
    ):
        result = run(folder, *arguments, *by)
        assert result.exit_code == 0, result.output
