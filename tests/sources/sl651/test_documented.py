"""The page on telemetry says what every element becomes."""

from pathlib import Path

import pytest

from floodwatch.sources.sl651.elements import KINDS, Kind
from floodwatch.sources.sl651.frame import Fault

PAGE = (Path(__file__).parents[3] / "docs" / "telemetry.md").read_text("utf-8")
ROWS = [line.split("|") for line in PAGE.splitlines() if line.startswith("|")]


def named(kind: Kind) -> bool:
    """Whether a row names the identifier, alone or within `Q1`–`Q8`, beside its variable."""
    words = (f"`{kind.ident}`", f"`{kind.ident[:-1]}1`–`{kind.ident[:-1]}8`", "`M10`–`M100`")
    return any(
        any(word in row[1] for word in words) and f"`{kind.variable}`" in row[2]
        for row in ROWS
        if len(row) > 3
    )


@pytest.mark.parametrize("kind", [k for k in KINDS.values() if k.variable], ids=lambda k: k.ident)
def test_every_element_that_becomes_a_series_is_in_the_table(kind: Kind) -> None:
    assert named(kind)


@pytest.mark.parametrize("fault", Fault)
def test_every_reason_is_explained(fault: Fault) -> None:
    assert any(row[1].strip() == f"`{fault}`" for row in ROWS)
