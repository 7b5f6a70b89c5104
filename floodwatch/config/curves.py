"""curves/*.csv: stage-storage curves, one file a reservoir, named by its code."""

import csv
import math

from floodwatch.model.errors import Problem

Curve = tuple[tuple[float, float], ...]
STAGES = ("stage_m", "stage")
STORAGES = {"storage_m3": 1.0, "storage": 1.0, "storage_wan_m3": 1e4}
_HEADER = "the first line names the columns: stage_m,storage_m3"


def read_curve(name: str, text: str) -> tuple[Curve, list[Problem]]:
    """The curve (m, m³) of a file, and what is wrong with it."""
    lines = [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    lines = [(n, line) for n, line in lines if not line.lstrip().startswith("#")]
    if not lines:
        return (), [Problem(name, None, "curve", "the file is empty", _HEADER)]
    number, header = lines[0]
    columns = [column.strip() for column in next(csv.reader([header]))]
    stage = next((columns.index(c) for c in STAGES if c in columns), None)
    storage = next((columns.index(c) for c in STORAGES if c in columns), None)
    if stage is None or storage is None:
        return (), [Problem(name, number, "header", f"no such columns in {header!r}", _HEADER)]
    scale = STORAGES[columns[storage]]
    points: list[tuple[float, float]] = []
    problems: list[Problem] = []
    for number, line in lines[1:]:
        point = _point(line, stage, storage)
        if point is None:
            what = f"no stage and storage in {line!r}"
            problems.append(Problem(name, number, "curve", what, "write two finite numbers"))
            continue
        point = (point[0], point[1] * scale)
        if points and not _rises(points[-1], point):
            what = f"{line!r} does not rise from the line before"
            remedy = "stage must rise and storage must not fall from line to line"
            problems.append(Problem(name, number, "curve", what, remedy))
        points.append(point)
    if len(points) < 2 and not problems:
        what = "a curve needs at least two points"
        problems.append(Problem(name, None, "curve", what, "add the points from bed to crest"))
    return tuple(points), problems


def _point(line: str, stage: int, storage: int) -> tuple[float, float] | None:
    cells = next(csv.reader([line]))
    try:
        point = float(cells[stage]), float(cells[storage])
    except (IndexError, ValueError):
        return None
    return point if math.isfinite(point[0]) and math.isfinite(point[1]) else None


def _rises(before: tuple[float, float], after: tuple[float, float]) -> bool:
    return after[0] > before[0] and after[1] >= before[1] >= 0
