"""What an import would make of files, before anything is written; pure data for pages."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from floodwatch.model.district import District
from floodwatch.pipeline.import_files import Given, Planned, plan_files
from floodwatch.pipeline.import_plan import FilePlan
from floodwatch.sources.csv.options import ImportOptions
from floodwatch.sources.csv.shape import likely
from floodwatch.sources.csv.zipped import File

_ROWS = 20
_OTHERS = 4


@dataclass(frozen=True, slots=True)
class FilePreview:
    """One file: the choices found, the columns with their first rows, and what must be answered."""

    file: str
    bytes: int
    dialect: str
    confidence: float  # from 0 to 1, of a maker's dialect; 0: a table of nobody in particular
    alternatives: list[str]  # other dialects it may be in, the likeliest first
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
    notes: list[str]  # what was decided that somebody should know


@dataclass(frozen=True, slots=True)
class Preview:
    """All files of one import."""

    files: list[FilePreview] = field(default_factory=list)
    refused: list[File] = field(default_factory=list)  # files that are no tables, with reasons

    @property
    def questions(self) -> list[str]:
        """Everything that must be answered first."""
        return [f"{file.file}: {text}" for file in self.files for text in file.questions]

    def document(self) -> dict[str, Any]:
        """As JSON."""
        refused = [{"file": file.name, "reason": file.refusal} for file in self.refused]
        return {"files": [asdict(file) for file in self.files], "refused": refused}


def preview(
    files: Given | Sequence[Given],
    options: ImportOptions,
    district: District,
    *,
    strict: bool | None = None,
) -> Preview:
    """Look at files. Raises ImportRefused for files that are no tables and impossible choices."""
    return previewed(plan_files(files, options, district, strict=strict), district)


def previewed(planned: Planned, district: District) -> Preview:
    """What the plans of files say, for pages."""
    return Preview([_file(plan, district) for plan in planned.plans], planned.refused)


def _file(plan: FilePlan, district: District) -> FilePreview:
    shape = plan.shape
    place = plan.columns.names.get("station")
    names = [plan.station] if place is None else shape.values(place)
    distinct = list(dict.fromkeys(name.strip() for name in names if name.strip()))
    return FilePreview(
        file=plan.source.name,
        bytes=plan.source.size,
        dialect=plan.dialect,
        confidence=shape.confidence,
        alternatives=[name for name in likely(plan.source) if name != plan.dialect][:_OTHERS],
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
        notes=list(plan.notes),
    )
