"""The page of the import preview: what was found, what will be stored, what limits would say."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from flask import render_template, request

from floodwatch.model.errors import FloodWatchError
from floodwatch.model.moment import iso_local
from floodwatch.model.quality import Flag, flag_of
from floodwatch.model.reading import SeriesKey
from floodwatch.model.unit import UNITS
from floodwatch.model.variable import VARIABLES
from floodwatch.pipeline.import_files import Planned, plan_files
from floodwatch.pipeline.import_look import First, Look, look
from floodwatch.pipeline.import_preview import Preview, previewed
from floodwatch.pipeline.import_verdicts import Verdict, verdicts
from floodwatch.sources.csv.options import ImportOptions
from floodwatch.sources.csv.zipped import File
from floodwatch.sources.dialects import registry
from floodwatch.store import import_profiles
from floodwatch.web import refusal_words
from floodwatch.web.here import here
from floodwatch.web.import_form import MOST_COLUMNS, options_of
from floodwatch.web.services import services

LOOK_S = 6.0  # a preview that takes longer shows what it has
_EXAMPLES = 4


class Column(NamedTuple):
    """A column of the files, examples of what stands in it, and what it is taken for."""

    name: str
    examples: list[str]
    variable: str
    gauge: str
    unit: str
    role: str  # time, station …: not a value


class Seen(NamedTuple):
    """Everything the page shows of the files; `problem`: why it shows nothing more."""

    preview: Preview | None = None
    look: Look | None = None
    limits: Sequence[Verdict] = ()
    problem: str = ""


def show(token: str, files: Sequence[File]) -> str:
    """The page for an upload with the choices of the query."""
    skipped = set(request.args.getlist("skip"))
    seen = _seen([file for file in files if file.name not in skipped])
    with services().database.read() as connection:
        profiles = import_profiles.all_profiles(connection)
    return render_template(
        "import_preview.html",
        token=token,
        names=[file.name for file in files],
        skipped=skipped,
        seen=seen,
        preview=seen.preview,
        questions=_questions(seen),
        columns=_columns(seen.preview) if seen.preview else [],
        blocked=bool(seen.problem or _questions(seen)),
        local=_local,
        flag=lambda quality: Flag(flag_of(quality)).name.lower(),
        by_line=_by_line,
        counts=_counts,
        profiles=profiles,
        used=request.args.get("used", ""),
        variables=VARIABLES,
        units=UNITS,
        dialects=registry.NAMES,
        form=request.args,
        stations=here().district.stations,
    )


def _seen(files: Sequence[File]) -> Seen:
    given, district = services(), here().district
    until = given.clock.monotonic() + LOOK_S

    def late() -> bool:
        return given.clock.monotonic() > until

    planned: Planned | None = None
    try:
        options = options_of(request.args)
        planned = plan_files(files, options, district, strict=len(files) == 1)
        if planned.questions:
            return Seen(previewed(planned, district))
        return _looked(planned, options, late)
    except FloodWatchError as error:
        preview = previewed(planned, district) if planned else None
        return Seen(preview, problem=refusal_words.said(str(error)))


def _looked(planned: Planned, options: ImportOptions, late: Any) -> Seen:
    given, present = services(), here()
    found = look(
        given.database, planned, options, present.district, now=present.now, cancelled=late
    )
    limits = verdicts(found, present.district, cancelled=late)
    return Seen(previewed(planned, present.district), found, limits)


def _questions(seen: Seen) -> list[str]:
    """What must be answered first; the same question of many files once."""
    if seen.preview is None:
        return []
    asked: dict[str, list[str]] = {}
    for file in seen.preview.files:
        for text in file.questions:
            asked.setdefault(refusal_words.said(text), []).append(file.file)
    many = len(seen.preview.files) > 1
    return [f"{'、'.join(names[:3])}：{text}" if many else text for text, names in asked.items()]


def _columns(preview: Preview) -> list[Column]:
    """Every column of the files once, by its name."""
    found: dict[str, Column] = {}
    for file in preview.files:
        known = {entry["column"]: entry for entry in file.mapping}
        times = set(file.time_column.split("+"))
        for place, name in enumerate(file.columns):
            if name in found or len(found) >= MOST_COLUMNS:
                continue
            texts = (row[place].strip() for row in file.rows)
            examples = list(dict.fromkeys(text for text in texts if text))[:_EXAMPLES]
            taken = known.get(name, {})
            role = "time" if name in times else "station" if name == file.station else ""
            found[name] = Column(
                name,
                examples,
                taken.get("variable", ""),
                taken.get("gauge", ""),
                taken.get("unit", ""),
                role,
            )
    return list(found.values())


def _local(time: int, key: SeriesKey) -> str:
    """Local time of a station with its offset, as people read it."""
    return iso_local(time, here().district.zone_of(key.station)).replace("T", " ")


def _by_line(first: Sequence[First]) -> list[tuple[int, list[First]]]:
    """The first values, line by line."""
    lines: dict[int, list[First]] = {}
    for one in first:
        lines.setdefault(one.line, []).append(one)
    return list(lines.items())


def _counts(found: Look) -> dict[str, int]:
    """What would become of all values looked at."""
    names = ("values", "stored", "duplicate", "corrected", "missing", "quarantined", "rejected")
    documents = [file.account.document() for file in found.files]
    return {name: sum(document[name] for document in documents) for name in names}
