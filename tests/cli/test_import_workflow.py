"""`import --preview`, profiles, archives, and how an import that takes nothing ends."""

import zipfile

import pytest

from floodwatch.cli.imports import import_, imports, undo
from floodwatch.cli.profiles import profiles
from floodwatch.model.errors import ImportRefused, Refused
from tests.cli.test_imports import STAGE, Here, _floodwatch, here

__all__ = ["here"]
HEAD = "station,time,value\n"
LINES = "".join(f"61990001,2021-01-{day:02d} 08:00,{95 + day / 100}\n" for day in range(1, 21))


def test_a_preview_shows_values_as_stored_and_stores_nothing(here: Here) -> None:
    path = here.file(HEAD + LINES.replace("2021-01-10", "2021-02-10"))
    document = here.json(import_, path, *STAGE, "--preview")
    (file,) = document["files"]
    assert (file["stored"], file["first"][0]["time"]) == (20, "2021-01-01T08:00:00+08:00")
    (series,) = document["series"]
    assert (series["values"], series["from"]) == (20, "2021-01-01T08:00:00+08:00")
    assert here.json(imports) == []
    text = here(import_, path, *STAGE, "--preview").stdout
    assert "nothing was written" in text
    assert "gap in 61990001 stage" in text


def test_a_preview_with_questions_prints_them(here: Here) -> None:
    path = here.file(HEAD + LINES)
    assert "unit" in here(import_, path, "--variable", "stage", "--preview").stdout


def test_options_are_kept_applied_and_deleted(here: Here) -> None:
    path = here.file(HEAD + LINES)
    here(import_, path, "--variable", "stage", "--unit", "cm", "--save-profile", "logger")
    (kept,) = here.json(profiles)
    assert (kept["name"], kept["options"]) == ("logger", {"variable": "stage", "unit": "cm"})
    document = here.json(import_, path, "--profile", "logger", "--dry-run")
    assert document["files"][0]["duplicate"] == 20
    other = here.json(import_, path, "--profile", "logger", "--unit", "m", "--dry-run")
    assert other["files"][0]["corrected"] == 20
    assert "logger" in here(profiles).stdout
    assert here.json(profiles, "--delete", "logger") == []
    with pytest.raises(Refused, match="no import profile"):
        here(profiles, "--delete", "logger")
    with pytest.raises(ImportRefused, match="no import profile"):
        here(import_, path, "--profile", "logger")


def test_an_archive_is_imported_file_by_file(here: Here) -> None:
    path = here.folder / "dump.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("一月/a.csv", HEAD + LINES)
        made.writestr("说明.txt", "hello")
    document = here.json(import_, path, *STAGE)
    files = {file["file"]: file for file in document["files"]}
    assert files["dump.zip/一月/a.csv"]["stored"] == 20
    assert files["dump.zip/说明.txt"]["refused"]
    assert "not imported" in here(import_, path, *STAGE, "--dry-run").stdout
    assert not list((here.folder / "data" / "uploads").iterdir())
    here(undo, 1)


def test_an_import_of_which_nothing_could_be_taken_ends_with_1(here: Here) -> None:
    path = here.file(HEAD + "X,2021-01-01,1\nX,2021-01-02,2\n")
    result = _floodwatch(here, "import", str(path), *STAGE, "--json")
    assert result.returncode == 1
    assert "all 2 values were refused" in result.stderr
    assert '"rejected": 2' in result.stdout
    assert _floodwatch(here, "import", str(path), *STAGE, "--dry-run").returncode == 0
