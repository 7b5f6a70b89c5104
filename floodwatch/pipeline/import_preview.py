"""What an import would make of files, before anything is written; pure data for pages."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from floodwatch.model.district import District
from floodwatch.pipeline.import_plan import FilePlan, plan_file
from floodwatch.sources.csv.options import ImportOptions
from floodwatch.sources.csv.stream import Source

_ROWS = 20


@dataclass(frozen=True, slots=True)
class FilePreview:
    """One file: the choices found, the columns with their first rows, and what must be answered."""

    file: str
    bytes: int
    dialect: str
    encoding: str
    delimiter: str
    tz: str
    time_column: str
    time_format: str
    station: str  # a column, or the one station of the whole file
    mapping: list[dict[str, str]]
    columns: list[str]
    rows: list[list[str]]
    stations: list[str]  # known ones among the first rows
    unknown_stations: list[str]
    questions: list[str]


@dataclass(frozen=True, slots=True)
class Preview:
    """All files of one import."""

    files: list[FilePreview] = field(default_factory=list)

    @property
    def questions(self) -> list[str]:
        """Everything that must be answered first."""
        return [f"{file.file}: {text}" for file in self.files for text in file.questions]

    def document(self) -> dict[str, Any]:
        """As JSON."""
        from dataclasses import asdict

        return asdict(self)


def preview(paths: Path | Sequence[Path], options: ImportOptions, district: District) -> Preview:
    """Look at files. Raises ImportRefused for files that are no tables and impossible choices."""
    files = [paths] if isinstance(paths, Path) else paths
    return Preview([_file(plan_file(Source(path), options, district), district) for path in files])


def _file(plan: FilePlan, district: District) -> FilePreview:
    shape = plan.shape
    place = plan.columns.names.get("station")
    names = [plan.station] if place is None else shape.values(place)
    distinct = list(dict.fromkeys(name.strip() for name in names if name.strip()))
    return FilePreview(
        file=plan.source.name,
        bytes=plan.source.size,
        dialect=plan.dialect,
        encoding=shape.encoding,
        delimiter=shape.delimiter,
        tz=plan.tz,
        time_column=plan.time_column,
        time_format=plan.times.name,
        station=plan.station if place is None else shape.columns[place],
        mapping=plan.mapping(),
        columns=list(shape.columns),
        rows=[list(row) for row in shape.rows[:_ROWS]],
        stations=[name for name in distinct if name in district.codes],
        unknown_stations=[name for name in distinct if name not in district.codes],
        questions=plan.questions,
    )
