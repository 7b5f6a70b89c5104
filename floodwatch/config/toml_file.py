"""One TOML file read: its data, where everything stands, and the first pass over its tables."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from floodwatch.config.fields import Table, nearest
from floodwatch.config.lines import Path, positions
from floodwatch.model.errors import Problem

T = TypeVar("T", bound=Table)
SECRETS = frozenset(
    [
        "password",
        "passwd",
        "secret",
        "token",
        "api_key",
        "access_key",
        "key_id",
        "key_secret",
        "secret_id",
        "secret_key",
    ]
)
_WORDS = {
    "string_type": "text in quotes is wanted here",
    "float_type": "a number is wanted here",
    "int_type": "a whole number is wanted here",
    "bool_type": "true or false is wanted here",
    "list_type": "a list in [ ] is wanted here",
    "dict_type": "a table in { } is wanted here",
    "model_type": "a table is wanted here",
    "finite_number": "the number must be finite",
}


class TomlFile:
    """A file by its name within the folder; syntax errors are problems, and the data then empty."""

    def __init__(self, name: str, text: str) -> None:
        self.name, self.text = name, text
        self.problems: list[Problem] = []
        self.data: dict[str, Any] = {}
        try:
            self.data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            match = re.search(r"\(at line (\d+), column \d+\)", str(error))
            last = text.count("\n") + 1
            line = int(match[1]) if match else last
            what = f"not valid TOML: {error}"
            self.problems.append(Problem(name, line, "syntax", what, "correct this line"))

    @cached_property
    def _positions(self) -> dict[Path, int]:
        return positions(self.text)

    def line(self, path: Path) -> int | None:
        """The line of a key, or of the nearest table around it."""
        while path:
            if path in self._positions:
                return self._positions[path]
            path = path[:-1]
        return None

    def problem(self, path: Path, what: str, remedy: str = "") -> Problem:
        """A problem at a path of this file."""
        return Problem(self.name, self.line(path), dotted(path), what, remedy)

    def only(self, known: Iterable[str]) -> None:
        """Refuse top-level keys that no such file has."""
        choices = list(known)
        for key in self.data:
            if key not in choices:
                self.problems.append(
                    self.problem((key,), f"unknown key {key!r}", nearest(key, choices))
                )

    def entries(self, section: str, table: type[T]) -> list["Entry[T]"]:
        """The valid tables of `[[section]]`; what is wrong with the others becomes problems."""
        given = self.data.get(section, [])
        if not isinstance(given, list):
            what = f"[{section}] is a list of tables"
            self.problems.append(self.problem((section,), what, f"write [[{section}]]"))
            return []
        found = []
        for index, raw in enumerate(given):
            before = len(self.problems)
            valid = self.validate(table, raw, (section, index))
            if valid is not None:
                partial = len(self.problems) > before
                found.append(Entry(valid, self, (section, index), partial))
        return found

    def validate(self, table: type[T], raw: object, path: Path) -> T | None:
        """The table, with its problems noted; without what is wrong if that can be spared."""
        try:
            return table.model_validate(raw)
        except ValidationError as error:
            wrong = error.errors(include_url=False)
        self.problems += [self._first_pass(table, detail, path) for detail in wrong]
        keys = {detail["loc"][0] for detail in wrong if detail["loc"]}
        known = {field.alias or name for name, field in table.model_fields.items()}
        if not isinstance(raw, dict) or not keys or keys & (known - table.spare):
            return None
        return table.model_validate({key: raw[key] for key in raw if key not in keys})

    def _first_pass(self, table: type[Table], detail: ErrorDetails, path: Path) -> Problem:
        where = tuple(part for part in detail["loc"] if not str(part).startswith("function-"))
        key = str(where[-1]) if where else ""
        match detail["type"]:
            case "refused":
                context = detail.get("ctx", {})
                what, remedy = str(context["what"]), str(context["remedy"])
            case "extra_forbidden" if key.lower() in SECRETS:
                what = f"{key!r}: secrets do not belong in these files"
                remedy = f"remove it and set the environment variable {_secret(path, where)}"
            case "extra_forbidden":
                what, remedy = f"unknown key {key!r}", nearest(key, _keys(table, where[:-1]))
            case "missing":
                what, remedy = f"{key!r} is missing", _keys(table, where[:-1]).get(key, "")
            case "literal_error":
                what = f"{detail['input']!r} is not possible here"
                remedy = f"use one of: {detail.get('ctx', {}).get('expected', '')}"
            case kind:
                what, remedy = f"{_WORDS.get(kind, detail['msg'])}, not {detail['input']!r}", ""
        return self.problem((*path, *where), what, remedy)


@dataclass(frozen=True, slots=True)
class Entry(Generic[T]):
    """One table and where it stands; `partial`: without keys that were wrong."""

    table: T
    file: TomlFile
    path: Path
    partial: bool = False

    def problem(self, where: str | Path, what: str, remedy: str = "") -> Problem:
        """A problem at a key of this table."""
        tail = (where,) if isinstance(where, str) else where
        return self.file.problem((*self.path, *tail), what, remedy)


def dotted(path: Path) -> str:
    """A path as people read it; entries count from 1: station[2].gauges[1].unit."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _secret(path: Path, where: tuple[str | int, ...]) -> str:
    names = [str(part) for part in (*path, *where)[:-1] if isinstance(part, str)]
    scope = names[-1].upper() if names else "SERVICE"
    key = str(where[-1]).upper()
    return f"FLOODWATCH_{scope}_{key} (or FLOODWATCH_{scope}_{key}_FILE)"


def _keys(table: type[BaseModel], where: Path) -> dict[str, str]:
    """The keys a nested table may have, each with its description."""
    for part in where:
        if isinstance(part, int):
            continue
        inner = next((f for n, f in table.model_fields.items() if (f.alias or n) == part), None)
        nested = _tables(inner.annotation) if inner else []
        if not nested:
            return {}
        table = nested[0]
    return {f.alias or name: f.description or "" for name, f in table.model_fields.items()}


def _tables(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in get_args(annotation) for found in _tables(part)]
