"""The folder as a whole: missing files, curves, maps, and every error at once."""

import re

import pytest

from tests.config.conftest import Folder

EXAMPLE = re.compile(r"^# (?=\[\[?[\w.]+\]\]?$|\w+ = )", re.MULTILINE)  # a setting behind a "#"


def test_the_starter_has_no_errors(starter: Folder) -> None:
    assert starter.problems() == []


def test_the_examples_that_the_starter_comments_out_are_right_too(starter: Folder) -> None:
    for path in starter.path.glob("*.toml"):
        path.write_text(EXAMPLE.sub("", path.read_text(encoding="utf-8")), encoding="utf-8")

    assert "\n[[shift]]" in (starter.path / "recipients.toml").read_text(encoding="utf-8")
    assert starter.problems() == []


def test_a_missing_file_is_named(folder: Folder) -> None:
    (folder.path / "thresholds.toml").unlink()

    assert folder.problem().file == "thresholds.toml"


def test_a_file_that_is_not_utf8_is_named(folder: Folder) -> None:
    (folder.path / "stations.toml").write_bytes("name = '石桥'".encode("gb18030"))

    assert folder.problem().field == "encoding"


def test_empty_recipients_are_refused(folder: Folder) -> None:
    folder.write("recipients.toml", "")
    folder.edit("stations.toml", 'persons = {patrol = ["First Person"]}', "")

    assert [p.field for p in folder.problems()] == ["person", "route"]


def test_a_route_without_its_catch_all_is_refused_even_alone(folder: Folder) -> None:
    text = folder.text("recipients.toml")
    folder.write("recipients.toml", text[: text.index("# The last route")])

    assert "must match everything" in folder.problem().what


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        ("stage_m,storage_m3\n90,0\n89,10\n98.5,20\n", 3, "curve"),
        ("stage_m,storage_m3\n90,10\n95,5\n98.5,20\n", 3, "curve"),
        ("stage_m,storage_m3\n90,0\nx,5\n98.5,20\n", 3, "curve"),
        ("level,volume\n90,0\n", 1, "header"),
        ("stage_m,storage_m3\n90,0\n97.9,20\n", None, "curve"),
        ("stage_m,storage_m3\n90,0\n", None, "curve"),
        ("", None, "curve"),
    ],
)
def test_a_curve_that_cannot_be_one_is_refused(
    folder: Folder, text: str, line: int | None, field: str
) -> None:
    folder.write("curves/61990001.csv", text)

    found = folder.problems()[0]

    assert (found.file, found.line, found.field) == ("curves/61990001.csv", line, field)


def test_a_curve_of_no_station_is_refused(folder: Folder) -> None:
    folder.write("curves/7.csv", "stage_m,storage_m3\n90,0\n99,1\n")

    assert folder.problem().file == "curves/7.csv"


def test_a_map_that_is_not_geojson_is_refused(folder: Folder) -> None:
    folder.write("map/water.geojson", "{}")

    assert folder.problem().file == "map/water.geojson"


def test_every_error_is_told_at_once(folder: Folder) -> None:
    folder.edit("floodwatch.toml", 'security = "none"', 'password = "x"')
    folder.edit("stations.toml", "lat = 29.4", "lat = 113.2\nfoo = 1")
    folder.edit("stations.toml", 'unit = "mm"', 'unit = "kg"')
    folder.edit("thresholds.toml", "96.80", "99")
    folder.edit("thresholds.toml", "10-01/03-31", "10-02/03-31")
    folder.edit("thresholds.toml", 'window = "1h"', "")
    folder.edit("recipients.toml", '"smtp", "log"', '"fax"')
    folder.edit("recipients.toml", "+8610000000001", "110")

    fields = [(p.file, p.field) for p in folder.problems()]

    assert fields == [
        ("floodwatch.toml", "channels.smtp.password"),
        ("recipients.toml", "person[1].phone"),
        ("recipients.toml", "route[1].channels[1]"),
        ("stations.toml", "station[1].lat"),
        ("stations.toml", "station[1].foo"),
        ("stations.toml", "station[2].gauges[1].unit"),
        ("thresholds.toml", "threshold[2].season"),
        ("thresholds.toml", "threshold[3].at_or_above"),
        ("thresholds.toml", "threshold[4].window"),
    ]
