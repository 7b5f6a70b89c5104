"""A folder to edit: the starter configuration with a few more stations and limits."""

import re
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import pytest

from floodwatch import config
from floodwatch.model.errors import ConfigError, Problem

MORE_STATIONS = """
[[station]]
code = "61990011"
name = "Station Road"
kind = "waterlogging"
point_type = "road"
gauges = [{variable = "ponding_depth", from = "distance", zero = 1578, unit = "mm"}]

[[station]]
code = "61990012"
name = "Underpass"
kind = "waterlogging"
point_type = "underpass"
gauges = [{variable = "ponding_depth"}]
"""
MORE_THRESHOLDS = """
[[threshold]]
kind = "waterlogging"
variable = "ponding_depth"
name = "depth_25"
severity = "III"
unit = "cm"
at_or_above = 25
clear = 22

[[rule]]
kind = "waterlogging"
variable = "ponding_depth"
type = "level"
hold_up = "0s"
hold_down = "20min"
"""
CURVE = "stage_m,storage_m3\n90,0\n95,1000\n98.5,5000\n"


class Folder:
    """A configuration folder that tests edit as people do."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def text(self, name: str) -> str:
        return (self.path / name).read_text(encoding="utf-8")

    def write(self, name: str, text: str) -> None:
        (self.path / name).parent.mkdir(exist_ok=True)
        (self.path / name).write_text(text, encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> int:
        """Replace the first `old`; the line on which it stood."""
        text = self.text(name)
        assert old in text, f"{old!r} is not in {name}"
        self.write(name, text.replace(old, new, 1))
        return text[: text.index(old)].count("\n") + 1

    def append(self, name: str, text: str) -> int:
        """Add text at the end; the line on which it begins."""
        before = self.text(name)
        self.write(name, before + text)
        return before.count("\n") + 1

    def problems(self) -> list[Problem]:
        try:
            config.load(self.path)
        except ConfigError as error:
            return error.problems
        return []

    def problem(self) -> Problem:
        """The only problem of the folder."""
        found = self.problems()
        assert len(found) == 1, [str(problem) for problem in found]
        return found[0]


@pytest.fixture
def starter(tmp_path: Path) -> Folder:
    """What `init` writes."""
    folder = Folder(tmp_path / "config")
    folder.path.mkdir()
    for entry in (files("floodwatch.cli") / "starter").iterdir():
        if entry.name.endswith(".toml"):
            folder.write(entry.name, entry.read_text(encoding="utf-8"))
    return folder


@pytest.fixture
def folder(starter: Folder) -> Folder:
    """The starter with two waterlogging points, a template, a rule and a storage curve."""
    starter.append("stations.toml", MORE_STATIONS)
    starter.append("thresholds.toml", MORE_THRESHOLDS)
    starter.write("curves/61990001.csv", CURVE)
    return starter


class Case(NamedTuple):
    """One edit, and the problem it must lead to: the field, and part of what is said."""

    name: str
    old: str
    new: str
    field: str
    what: str
    remedy: str


def check(folder: Folder, file: str, case: Case) -> None:
    """Edit the file and look for the problem, on the line of its key or the head of its table."""
    folder.edit(file, case.old, case.new)
    problems = folder.problems()
    found = next((p for p in problems if p.file == file and p.field == case.field), None)
    assert found is not None, [str(p) for p in problems]
    assert case.what in found.what
    assert case.remedy in found.remedy
    assert found.line is not None
    line = folder.text(file).splitlines()[found.line - 1]
    key = re.sub(r"\[\d+\]$", "", case.field).rpartition(".")[2]
    words = (key, "[[", case.new.partition("\n")[0])
    assert any(word and word in line for word in words), line
