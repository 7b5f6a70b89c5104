"""Running work in processes of their own, and what is said about many runs of it."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]


class Run(NamedTuple):
    """One run of a process: wall and processor seconds, and the most memory it ever held, MB."""

    seconds: float
    cpu: float
    peak_mb: float


def run(command: Sequence[str]) -> Run:
    """Run a command to its end, from the root of the repository. Raises when it fails."""
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout
    assert process.stderr
    said = process.stdout.read() + process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)  # ru_maxrss of this child alone
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    process.stderr.close()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}\nfailed:\n{said.decode(errors='replace')}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def job(name: str, *arguments: str | Path) -> list[str]:
    """The command of a peer's work."""
    return [sys.executable, "-m", "tests.bench.jobs", name, *map(str, arguments)]


def floodwatch(*arguments: str | Path) -> list[str]:
    """The command of FloodWatch itself."""
    return [sys.executable, "-m", "floodwatch", *map(str, arguments)]


def spread(values: Sequence[float], unit: str = "s") -> str:
    """Median and range."""
    return f"{median(values):.3g} {unit} [{min(values):.3g}–{max(values):.3g}]"


def ratio(these: Sequence[float], others: Sequence[float]) -> str:
    """Median of the ratios round by round, and their range."""
    ratios = [one / other for one, other in zip(these, others, strict=True)]
    return f"{median(ratios):.2f} [{min(ratios):.2f}–{max(ratios):.2f}]"


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(share * 1e6) * len(ordered) // 10**6) - 1))]
