"""Worlds under faults in which everything must hold: the seeds are always the same."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.scanner import Scanner
from tests.faults.world import World

ROOT = Path(__file__).parents[2]


def lived(seed: int, *, hours: int, worlds: int = 1, minutes: float = 0) -> "subprocess.Popen[str]":
    """A run in a process of its own, in which the order of sets is always the same."""
    words = [sys.executable, "-m", "tests.faults", "--seed", str(seed), "--hours", str(hours)]
    return subprocess.Popen(
        [*words, "--worlds", str(worlds), "--minutes", str(minutes)],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_storms_under_faults_lose_nothing() -> None:
    runs = [lived(seed, hours=12, worlds=2) for seed in (11, 31)]  # 20 s of two processors
    for run in runs:
        said, _ = run.communicate()
        assert run.returncode == 0, said


def test_the_same_seed_comes_to_the_same_world() -> None:
    runs = [lived(21, hours=2) for _ in range(2)]
    first, second = (run.communicate()[0].partition(";")[2] for run in runs)
    assert first == second
    assert "readings" in first


def test_a_mail_gateway_that_opens_every_link_answers_nothing() -> None:
    world = World(363, hours=2, scan=True)
    assert isinstance(world.scanner, Scanner)
    assert world.run().violation == ""
    assert world.scanner.opened


@pytest.mark.soak
def test_many_storms_under_faults_lose_nothing(pytestconfig: pytest.Config) -> None:
    minutes = pytestconfig.getoption("minutes")
    runs = [lived(seed, hours=48, worlds=4, minutes=minutes) for seed in (1_000, 1_000_000)]
    for run in runs:
        said, _ = run.communicate()
        sys.stdout.write(said)
        assert run.returncode == 0, said
