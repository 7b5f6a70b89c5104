"""`sl651 decode`."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from floodwatch.cli import floodwatch
from tests.sources.sl651.reports import ASCII, COLD, HOURLY, PACKETS, STATION, TIMED


def run(*arguments: str, given: bytes | str | None = None, config: Path = Path("absent")) -> Result:
    command = ["sl651", "decode", *arguments, "--config", str(config)]
    return CliRunner().invoke(floodwatch, command, input=given)


def documents(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_frame_is_one_json_object() -> None:
    result = run(TIMED.hex())
    (document,) = documents(result)
    assert result.exit_code == 0
    assert (document["address"], document["function"], document["serial"]) == (STATION, "32", 1)
    assert (document["sent"], document["crc_ok"]) == ("2026-07-01T08:00:05+08:00", True)
    assert document["problems"] == []


def test_its_elements_tell_variable_value_unit_and_time() -> None:
    (document,) = documents(run(TIMED.hex()))
    told = [
        {key: element[key] for key in ("element", "variable", "value", "unit", "time")}
        for element in document["elements"]
    ]
    time = "2026-07-01T08:00:00+08:00"
    assert told[:2] == [
        {"element": "3B", "variable": "stage", "value": 95.2, "unit": "m", "time": time},
        {"element": "20", "variable": "rainfall_day", "value": 12.5, "unit": "mm", "time": time},
    ]


def test_a_refused_frame_is_printed_with_its_problems_and_ends_with_1() -> None:
    result = run((TIMED[:-1] + b"\x00").hex())
    (document,) = documents(result)
    assert (result.exit_code, document["crc_ok"], document["elements"]) == (1, False, [])
    assert [problem["fault"] for problem in document["problems"]] == ["crc"]
    assert document["address"] == STATION


def test_good_frames_beside_a_refused_one_are_printed_too() -> None:
    result = run(TIMED.hex(), COLD[:-1].hex(), ASCII.hex())
    assert result.exit_code == 1
    assert [document["crc_ok"] for document in documents(result)] == [True, False, True]


def test_bytes_behind_a_good_frame_are_noted_with_it() -> None:
    result = run(TIMED.hex() + "7E")
    (document,) = documents(result)
    assert (result.exit_code, [p["fault"] for p in document["problems"]]) == (0, ["stray"])


@pytest.mark.parametrize("given", ["", "# nothing\n\n"])
def test_no_frame_at_all_ends_with_1(given: str) -> None:
    assert run(given=given).exit_code == 1


def test_what_is_no_hex_is_wrong_usage() -> None:
    result = run("7E7EXY")
    assert (result.exit_code, "is not hex" in result.stderr) == (2, True)


@pytest.mark.parametrize("option", [["--tz", "Mars/Base"], ["--base", "9=1"]])
def test_an_option_that_makes_no_sense_is_wrong_usage(option: list[str]) -> None:
    assert run(TIMED.hex(), *option).exit_code == 2


def test_bytes_may_be_written_apart() -> None:
    (document,) = documents(run(*(f"{byte:02x}" for byte in TIMED)))
    assert document["crc_ok"]


def test_frames_are_read_from_input_a_line_each() -> None:
    result = run(given=f"# 两条报文\n{TIMED.hex()}\n{COLD.hex(' ')}\n")
    assert [document["serial"] for document in documents(result)] == [1, 2]


def test_input_may_be_the_frames_themselves() -> None:
    result = run(given=TIMED + ASCII)
    assert [document["encoding"] for document in documents(result)] == ["hex", "ascii"]


def test_json_of_several_frames_is_one_document() -> None:
    result = run("--json", TIMED.hex(), COLD.hex())
    assert [document["serial"] for document in json.loads(result.stdout)] == [1, 2]


def test_a_group_has_the_time_of_each_slot() -> None:
    (document,) = documents(run(HOURLY.hex(), "--base", "1=10"))
    level = document["elements"][2]
    assert (level["variable"], level["value"][0]) == ("stage", 10.49)
    assert level["times"][-1] == "2026-07-01T08:00:00+08:00"


def test_the_zone_of_the_clocks_can_be_given() -> None:
    (document,) = documents(run(TIMED.hex(), "--tz", "UTC"))
    assert document["sent"] == "2026-07-01T08:00:05+00:00"


def test_the_last_packet_brings_the_whole_message() -> None:
    printed = documents(run(*(packet.hex() for packet in PACKETS)))
    assert [document["packet"]["sequence"] for document in printed] == [1, 2, 3, 4]
    assert printed[-1]["message"]["elements"][0]["element"] == "F3"
    assert printed[-1]["message"]["serial"] == 5


def test_a_configured_station_is_read_as_configured(tmp_path: Path) -> None:
    write(tmp_path)
    (document,) = documents(run(HOURLY.hex(), config=tmp_path))
    assert document["elements"][2]["value"][0] == 20.49


def test_a_configuration_with_errors_is_told_of_and_not_used(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "recipients.toml").write_text("")
    result = run(HOURLY.hex(), config=tmp_path)
    assert documents(result)[0]["elements"][2]["value"][0] == 0.49
    assert "has errors and is not used" in result.stderr


def write(folder: Path) -> None:
    """A configuration with one station, whose relative levels stand on 20 m."""
    station = (
        f'[[station]]\ncode = "{STATION[2:]}"\nname = "示范水库"\nkind = "reservoir"\n'
        'gauges = [{variable = "stage", datum = "1985"}]\nsl651 = {base = {DRZ1 = 20.0}}\n'
    )
    people = (
        '[[person]]\nname = "示范张三"\nemail = "a@example.org"\n'
        '[[route]]\npeople = ["示范张三"]\nchannels = ["log"]\n'
    )
    texts = {"floodwatch": "", "stations": station, "thresholds": "", "recipients": people}
    for name, text in texts.items():
        (folder / f"{name}.toml").write_text(text, "utf-8")
