"""python -m tests.faults --seed N --hours H: one world, or one after the other for a time."""

import argparse
import logging
import os
import sys
import time
from pathlib import Path

from tests.faults.world import Verdict, World


def main() -> int:
    """0 when nothing was violated; the first violation is printed with its seed."""
    if os.environ.get("PYTHONHASHSEED") != "0":  # the order of sets must be that of every run
        os.execve(sys.executable, [sys.executable, "-m", "tests.faults", *sys.argv[1:]],
                  os.environ | {"PYTHONHASHSEED": "0"})  # fmt: skip
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first world")
    parser.add_argument("--hours", type=float, default=24.0, help="how long each lasts")
    parser.add_argument("--minutes", type=float, default=0.0, help="go on for so long with the "
                        "seeds that follow")  # fmt: skip
    parser.add_argument("--worlds", type=int, default=1, help="so many worlds, one after another")
    parser.add_argument("--keep", type=Path, help="copy the database there when it is violated")
    parser.add_argument("--verbose", action="store_true", help="with the program's own log")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO if given.verbose else logging.CRITICAL + 1)
    started, seed = time.monotonic(), given.seed
    while True:
        begun = time.process_time()
        verdict = World(seed, hours=given.hours, keep=given.keep).run()
        _say(verdict, time.process_time() - begun)
        if verdict.violation:
            return 1
        seed += 1
        if seed >= given.seed + given.worlds and time.monotonic() - started > given.minutes * 60:
            return 0


def _say(verdict: Verdict, seconds: float) -> None:
    counts = ", ".join(f"{name} {n}" for name, n in sorted(verdict.counts.items()))
    took = f"{verdict.hours:g} hours in {seconds:.1f} s of one processor"
    sys.stdout.write(f"seed {verdict.seed}: {took}; {counts}\n")
    if verdict.violation:
        sys.stdout.write(f"VIOLATED: {verdict.violation}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
