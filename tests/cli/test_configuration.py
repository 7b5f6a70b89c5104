"""`check` and `init` as people and scripts use them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from floodwatch.cli import floodwatch
from floodwatch.cli.configuration import check, init
from floodwatch.model.errors import ConfigError, Refused


def _check(*arguments: object) -> Result:
    return CliRunner().invoke(check, [str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = CliRunner().invoke(init, [str(tmp_path / "config")])
    assert found.exit_code == 0
    return tmp_path / "config"


def _break(folder: Path) -> None:
    stations = folder / "stations.toml"
    stations.write_text(stations.read_text("utf-8").replace("98.00", "90.00"), "utf-8")


def test_init_writes_a_folder_that_passes_check(folder: Path) -> None:
    result = _check("--config", folder)

    assert result.exit_code == 0
    assert "1 stations" in result.output


def test_init_overwrites_nothing(folder: Path) -> None:
    (folder / "stations.toml").unlink()
    (folder / "floodwatch.toml").write_text("# mine", "utf-8")

    result = CliRunner().invoke(init, [str(folder)])

    assert isinstance(result.exception, Refused)
    assert (folder / "floodwatch.toml").read_text("utf-8") == "# mine"
    assert not (folder / "stations.toml").exists()


def test_check_tells_every_error_and_ends_with_1(folder: Path) -> None:
    _break(folder)

    result = _check("--config", folder)

    assert result.exit_code == 1
    assert isinstance(result.exception, ConfigError)
    assert len(result.exception.problems) == 3  # three limits above the crest


def test_check_prints_one_json_document(folder: Path) -> None:
    good = json.loads(_check("--config", folder, "--json").stdout)
    _break(folder)
    bad = _check("--config", folder, "--json")

    assert (good["ok"], good["problems"]) == (True, [])
    assert bad.exit_code == 1
    document = json.loads(bad.stdout)
    assert not document["ok"]
    assert set(document["problems"][0]) == {"file", "line", "field", "what", "remedy"}


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    result = _check("--config", tmp_path / "none")

    assert isinstance(result.exception, ConfigError)


def test_apply_puts_a_version_in_force_once(folder: Path, tmp_path: Path) -> None:
    apply = ("--config", folder, "--data", tmp_path / "data", "--apply", "--json")

    first, again = _check(*apply), _check(*apply)

    assert json.loads(first.stdout)["version"] == 1
    assert json.loads(again.stdout)["version"] == 1


def test_apply_refuses_the_demonstration(tmp_path: Path) -> None:
    demonstration = Path(__file__).parents[2] / "config"

    result = _check("--config", demonstration, "--data", tmp_path, "--apply")

    assert isinstance(result.exception, Refused)


def test_both_commands_are_listed() -> None:
    text = CliRunner().invoke(floodwatch, ["check", "--help"]).output

    assert "every error at once" in text


def test_check_warns_of_a_district_and_of_a_person_whom_nothing_reaches(folder: Path) -> None:
    service, people = folder / "floodwatch.toml", folder / "recipients.toml"
    whole = people.read_text("utf-8")
    assert "warning" not in _check("--config", folder).output
    extra = '\n[[person]]\nname = "示范甲"\nphone = "+8610000000001"\n'
    people.write_text(whole + extra, "utf-8")
    one = _check("--config", folder)
    assert (one.exit_code, one.output.count("warning")) == (0, 1)
    assert "示范甲" in one.output

    text = service.read_text("utf-8")
    before, _, after = text.partition("[channels.smtp]")
    service.write_text(before + "#" + after.partition("# Text messages")[2], "utf-8")
    people.write_text(whole.replace('["smtp", "log"]', '["log"]'), "utf-8")
    none = json.loads(_check("--config", folder, "--json").stdout)
    assert none["ok"], none
    assert "no channel reaches a person" in none["warnings"][0]
