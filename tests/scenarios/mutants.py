"""Removes what a scenario names and looks whether it notices: `python -m tests.scenarios.mutants`.

Each mutant is made in a copy of the package, of its own process's making, and played there.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from tests.scenarios.mutant_list import MUTANTS, Mutant

ROOT = Path(__file__).parents[2]
LONGEST_S = 300.0
SEEN, UNSEEN = 0, 3  # how the player ends when something differs from the file, or nothing does
PLAYER = """
import sys, tempfile
from pathlib import Path
import floodwatch
from tests.scenarios.judging import differences
from tests.scenarios.showing import played
assert Path(floodwatch.__file__).is_relative_to(Path.cwd()), floodwatch.__file__
with tempfile.TemporaryDirectory() as folder:
    play = played(sys.argv[1], Path(folder))
    found = differences(play)
    play.town.database.close()
print("; ".join(map(str, found))[:200])
sys.exit(0 if found else 3)
"""


class Copy:
    """A copy of package and tests in which one text at a time is changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("floodwatch", "tests"):
            shutil.copytree(ROOT / name, folder / name)

    def play(self, mutant: Mutant) -> tuple[bool, str]:
        """Whether the scenario, which ends well without it, noticed; and what it saw."""
        failing, said = self._played(mutant.scenario)
        if failing:
            return False, f"it fails without any change: {said}"
        path = self.folder / "floodwatch" / mutant.module
        before = path.read_text("utf-8")
        try:
            self._write(path, changed(before, mutant))
            return self._played(mutant.scenario)
        finally:
            self._write(path, before)

    def _write(self, path: Path, text: str) -> None:
        """Without what was compiled of it: its stamp may be of the same second."""
        for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*"):
            compiled.unlink()
        path.write_text(text, "utf-8")

    def _played(self, scenario: str) -> tuple[bool, str]:
        command = [sys.executable, "-W", "ignore", "-c", PLAYER, scenario]
        surroundings = {**os.environ, "PYTHONPATH": str(self.folder)}
        try:
            done = subprocess.run(
                command,
                cwd=self.folder,
                env=surroundings,
                capture_output=True,
                text=True,
                timeout=LONGEST_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return True, "it does not end"
        said = (done.stdout.strip() or done.stderr.strip()).splitlines()
        word = "" if done.returncode in (SEEN, UNSEEN) else "it breaks: "
        return done.returncode == SEEN, word + (said[-1][:200] if said else "")


def changed(text: str, mutant: Mutant) -> str:
    """The module's text with the mutant's changes; each old text must stand there once."""
    for old, new in mutant.changes:
        if text.count(old) != 1:
            raise LookupError(f"{mutant.module} says {text.count(old)} times {old!r}")
        text = text.replace(old, new)
    return text


def tried(mutants: Sequence[Mutant], *, workers: int = 2) -> Iterator[tuple[Mutant, bool, str]]:
    """Each mutant, whether its scenario noticed it, and by what."""
    with tempfile.TemporaryDirectory() as folder:
        copies: SimpleQueue[Copy] = SimpleQueue()
        for number in range(workers):
            copies.put(Copy(Path(folder) / str(number)))

        def one(mutant: Mutant) -> tuple[Mutant, bool, str]:
            copy = copies.get()
            try:
                return mutant, *copy.play(mutant)
            finally:
                copies.put(copy)

        with ThreadPoolExecutor(workers) as pool:
            yield from pool.map(one, mutants)


def main() -> int:
    """Try all, or those of the scenarios named; how many were not noticed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenario", nargs="*")
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    chosen = [m for m in MUTANTS if not given.scenario or m.scenario in given.scenario]
    missed = 0
    for mutant, noticed, said in tried(chosen, workers=given.workers):
        missed += not noticed
        word = "seen  " if noticed else "MISSED"
        sys.stdout.write(f"{word} {mutant.scenario}: {mutant.gone} [{said}]\n")
        sys.stdout.flush()
    sys.stdout.write(f"{len(chosen)} mutants, {missed} missed\n")
    return min(missed, 99)


if __name__ == "__main__":
    sys.exit(main())
