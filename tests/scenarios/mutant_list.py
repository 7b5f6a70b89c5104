"""mutants.toml: what each scenario would not forgive."""

import tomllib
from typing import NamedTuple

from tests.scenarios.reading_files import FOLDER, MUTANTS_FILE


class Mutant(NamedTuple):
    """A behaviour removed: pairs of (old, new) in one module of floodwatch."""

    scenario: str
    gone: str
    module: str
    changes: tuple[tuple[str, str], ...]


def mutants() -> tuple[Mutant, ...]:
    """All of them, in the order of the file."""
    raw = tomllib.loads((FOLDER / MUTANTS_FILE).read_text("utf-8"))
    return tuple(
        Mutant(
            each["scenario"],
            each["gone"],
            each["module"],
            tuple((old, new) for old, new in each["changes"]),
        )
        for each in raw["mutant"]
    )


MUTANTS = mutants()
