"""kill -9 of any part at any moment: nothing accepted is lost, nothing is raised or lost twice."""

import sys
from pathlib import Path

import pytest

from tests.service.kills import flood_under_fire


def check(place: Path, *, kills: int, seed: int, rows: int) -> None:
    verdict = flood_under_fire(place, kills=kills, seed=seed, rows=rows)
    sys.stdout.write(f"{verdict}\n")
    assert verdict.lost == 0, verdict
    assert verdict.alerts == verdict.crossings > 0, verdict
    assert verdict.unsent == 0, verdict
    assert verdict.unexplained == 0, verdict
    assert verdict.unmarked == 0, verdict
    assert verdict.imported == rows, verdict


def test_a_few_kills_lose_nothing_and_repeat_only_what_was_in_flight(tmp_path: Path) -> None:
    check(tmp_path, kills=5, seed=6199, rows=50_000)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(3))
def test_fifty_kills_lose_nothing_and_repeat_only_what_was_in_flight(
    tmp_path: Path, seed: int
) -> None:
    check(tmp_path, kills=50, seed=seed, rows=1_000_000)


@pytest.mark.soak
def test_as_many_kills_as_asked_for_lose_nothing(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    kills = pytestconfig.getoption("kills")
    if not kills:
        pytest.skip("NOT RUN: say how many with scripts/soak --kills 1000")
    check(tmp_path, kills=kills, seed=kills, rows=1_000_000)
