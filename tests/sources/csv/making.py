"""Files for the tests, and reading one the way an import does."""

from pathlib import Path

import numpy as np

from floodwatch.sources.csv import time_format
from floodwatch.sources.csv.options import ImportOptions
from floodwatch.sources.csv.shape import Shape, shape_of
from floodwatch.sources.csv.stream import Source
from floodwatch.sources.csv.table import Columns, Rows, rows


def write(path: Path, text: str | bytes, *, encoding: str = "utf-8") -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def read(path: Path, options: ImportOptions | None = None) -> tuple[Shape, list[Rows]]:
    """Read a file with the columns station, time and value."""
    source = Source(path)
    shape = shape_of(source, options or ImportOptions())
    time, station = shape.column("time"), shape.column("station")
    columns = Columns((time,), {"station": station}, (shape.column("value"),))
    kind = time_format.detect(shape.values(time)) or time_format.ISO
    return shape, list(rows(source, shape, columns, kind))


def lines_of(pieces: list[Rows]) -> list[int]:
    return [int(line) for piece in pieces for line in piece.line_numbers()]


def values_of(pieces: list[Rows]) -> list[float]:
    return np.concatenate([piece.values[0].values for piece in pieces]).tolist()


def refused_of(pieces: list[Rows]) -> dict[int, str]:
    return {entry.line: entry.reason for piece in pieces for entry in piece.refused}
