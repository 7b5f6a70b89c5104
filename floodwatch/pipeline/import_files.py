"""The files of one import: archives opened, each file planned, those that are no tables set aside.

A file chosen by itself must be read, or nothing is imported. Of many (an archive, a folder of a
logger) those that are no tables are accounted for with their reason, and the others go on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from floodwatch.model.district import District
from floodwatch.model.errors import ImportRefused
from floodwatch.pipeline.import_plan import FilePlan, plan_file
from floodwatch.sources.csv.options import ImportOptions
from floodwatch.sources.csv.shape import Shape, shape_of
from floodwatch.sources.csv.stream import Source
from floodwatch.sources.csv.zipped import File, is_archive, unpack

Given = Path | File


class Planned(NamedTuple):
    """What will be read, and what cannot be."""

    plans: list[FilePlan]
    refused: list[File]

    @property
    def questions(self) -> list[str]:
        """Everything that must be answered first."""
        return [f"{plan.source.name}: {text}" for plan in self.plans for text in plan.questions]


def opened(paths: Iterable[Path], folder: Path) -> list[Given]:
    """The files, with the members of archives (unpacked into `folder`) in the place of archives."""
    found: list[Given] = []
    for number, path in enumerate(paths, 1):
        if path.is_file() and is_archive(path):
            found += unpack(path, folder / str(number))
        else:
            found.append(path)
    return found


def plan_files(
    files: Given | Sequence[Given],
    options: ImportOptions,
    district: District,
    *,
    strict: bool | None = None,
) -> Planned:
    """Look at files. Raises ImportRefused when nothing is left to import.

    `strict`: any file that cannot be read is a refusal of the whole; by default for plain paths.
    """
    many = [files] if isinstance(files, Path | File) else list(files)
    if strict is None:
        strict = not any(isinstance(file, File) for file in many)
    planned = Planned([], [])
    for file in many:
        name, path, refusal = file if isinstance(file, File) else File(file.name, file)
        if path is None:
            planned.refused.append(File(name, None, refusal))
            continue
        try:
            planned.plans.append(_plan(Source(path, name), options, district, alone=len(many) == 1))
        except ImportRefused as error:
            if strict:
                raise
            planned.refused.append(File(name, None, str(error).removeprefix(f"{name}: ")))
    if not planned.plans:
        raise ImportRefused("\n".join(f"{f.name}: {f.refusal}" for f in planned.refused[:50]))
    return planned


def _plan(source: Source, options: ImportOptions, district: District, *, alone: bool) -> FilePlan:
    """One file's plan; of a mapping for many files what concerns this one."""
    if options.map and not alone:
        options = _of_this_file(options, shape_of(source, options))
    return plan_file(source, options, district)


def _of_this_file(options: ImportOptions, shape: Shape) -> ImportOptions:
    known = {name.lower() for name in shape.columns}
    fitting = tuple(entry for entry in options.map if entry.column.strip().lower() in known)
    if not fitting:
        return options  # its refusal names the columns there are
    return replace(options, map=fitting)
