"""The tables that are printed and written into docs/benchmarks.md."""

import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from tests.bench.measured import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"


class Table(NamedTuple):
    """One measurement."""

    title: str
    how: str
    columns: list[str]
    rows: list[list[str]]
    goal: str


def shown(table: Table) -> str:
    """As Markdown, which is readable in a terminal too."""
    lines = [f"## {table.title}", "", table.how, "", _row(table.columns)]
    lines.append(_row(["---"] * len(table.columns)))
    lines += [_row(row) for row in table.rows]
    return "\n".join([*lines, "", f"Goal: {table.goal}.", ""])


def write(tables: Sequence[Table], command: str) -> Path:
    """Put the tables into the page of benchmarks; other measurements on it stay."""
    kept = _sections(PAGE.read_text()) if PAGE.exists() else {}
    for table in tables:
        stamp = f"{datetime.now(UTC):%Y-%m-%d}, `{command}`, {machine()}"
        text = shown(table).rstrip() + f"\n\nMeasured {stamp}.\n"
        same = [title for title in kept if title.split(",")[0] == table.title.split(",")[0]]
        kept = {title: part for title, part in kept.items() if title not in same}
        kept[table.title] = text
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(_HEAD + "\n" + "\n".join(kept.values()))
    return PAGE


def machine() -> str:
    """What it was measured on."""
    model = platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    commit = done.stdout.strip() or "no commit"
    return (
        f"{os.cpu_count()} × {model}, {memory:.0f} GB, Python {platform.python_version()}, "
        f"load {os.getloadavg()[0]:.1f}, commit {commit}"
    )


def _sections(text: str) -> dict[str, str]:
    parts = ("\n" + text).split("\n## ")[1:]
    return {part.splitlines()[0]: f"## {part.rstrip()}\n" for part in parts}


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


_HEAD = """# Benchmarks

Made by `scripts/bench --write`. Machines differ and are noisy: compare the ways within one table,
not figures of different days. Every way of a table ran in the same session in random order. A load
above the number of processors, as stated under each table, means that other work ran beside: then
waits are those of a crowded machine, and ratios and processor time tell more.
"""
