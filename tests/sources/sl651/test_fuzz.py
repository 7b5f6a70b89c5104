"""Whatever comes: never an exception, never a wrong check value, never a neighbour lost."""

import json
import logging
import resource
import time
from pathlib import Path

import pytest

from floodwatch.sources.sl651.crc import crc16
from tests.sources.sl651.mutants import Trial, check_value
from tests.sources.sl651.reports import CORPUS
from tests.sources.sl651.test_samples import FILES, FOLDER

SETTLED = 100_000  # frames after which memory must not grow
GROWTH = 20 * 1024 * 1024


def corpus() -> list[bytes]:
    """The project's own frames, and the public ones where they are."""
    found = list(CORPUS)
    for name in FILES if FOLDER.is_dir() else ():
        samples = json.loads((FOLDER / name).read_text())
        found += [bytes.fromhex(sample["hex"]) for sample in samples if sample["crc_ok"]]
    return found


def memory() -> int:
    """Bytes of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def test_two_implementations_of_the_check_value_agree() -> None:
    assert {crc16(frame) == check_value(frame) for frame in corpus()} == {True}


@pytest.mark.parametrize("seed", [1, 2])
def test_ten_thousand_mutants_do_no_harm(seed: int) -> None:
    trial = Trial(corpus(), seed)
    for number in range(10_000):
        trial.once(number)
    assert trial.frames_read > 5_000
    assert trial.refused > 3_000


@pytest.mark.soak
def test_ten_million_mutants_do_no_harm_and_leave_nothing_in_memory(
    request: pytest.FixtureRequest,
) -> None:
    total = request.config.getoption("--frames") or 10_000_000
    seed = int(time.time())
    trial = Trial(corpus(), seed)
    settled = 0
    for number in range(total):
        trial.once(number)
        if number == SETTLED:
            settled = memory()
    grown = memory() - settled if settled else 0
    logging.info("%s mutants, seed %s: %s frames read", total, seed, trial.frames_read)
    logging.info("%s pieces refused, memory grown by %s bytes", trial.refused, grown)
    logging.info("%s neighbours lost to a check value right by chance", trial.coincidences)
    assert grown <= GROWTH
    assert trial.coincidences <= 3 + total // 500_000
