"""`import --preview`: what would be stored, what stands out, what thresholds would say."""

from collections.abc import Iterator, Sequence
from typing import Any

from floodwatch.bootstrap import Services
from floodwatch.cli.context import Call
from floodwatch.cli.table import columns
from floodwatch.model.district import District
from floodwatch.pipeline.import_files import Given, plan_files
from floodwatch.pipeline.import_look import Look, look
from floodwatch.pipeline.import_preview import Preview, previewed
from floodwatch.pipeline.import_verdicts import Verdict, verdicts
from floodwatch.sources.csv.options import ImportOptions

LONGEST_S = 20.0
_SHOWN = 40


def show(
    call: Call,
    services: Services,
    files: Sequence[Given],
    options: ImportOptions,
    district: District,
) -> None:
    """Print it; with questions open, the questions."""
    planned = plan_files(files, options, district, strict=len(files) == 1)
    preview = previewed(planned, district)
    if planned.questions:
        call.emit(preview.document(), lambda: "\n".join(_questions(preview)))
        return
    until = services.clock.monotonic() + LONGEST_S

    def late() -> bool:
        return services.clock.monotonic() > until

    now = services.now()
    found = look(services.database, planned, options, district, now=now, cancelled=late)
    limits = verdicts(found, district, cancelled=late)
    document = _document(preview, found, limits, district)
    call.emit(document, lambda: "\n".join(_text(document)))


def _document(
    preview: Preview, found: Look, limits: Sequence[Verdict], district: District
) -> dict[str, Any]:
    document = preview.document()
    for file in document["files"]:
        seen = found.of(file["file"])
        if seen is not None:
            file |= seen.document(district)
    document["whole"] = found.whole
    document["series"] = [one.document(district) for one in found.series]
    document["thresholds"] = [one.document(district) for one in limits]
    return document


def _questions(preview: Preview) -> Iterator[str]:
    yield "Nothing can be imported before these are answered:"
    yield from (f"  {question}" for question in preview.questions)
    yield from (f"  not a table: {file.name}: {file.refusal}" for file in preview.refused)


def _text(document: dict[str, Any]) -> Iterator[str]:
    yield "Preview: nothing was written."
    for file in document["files"]:
        yield from _file(file)
    for file in document["refused"]:
        yield f"{file['file']}: not imported: {file['reason']}"
    yield ""
    yield columns([_SERIES_HEAD, *(_series(one) for one in document["series"][:_SHOWN])])
    for one in document["series"][:_SHOWN]:
        for gap in one["longest_gaps"]:
            yield f"  gap in {one['station']} {one['variable']}: {gap['from']} to {gap['to']}"
        for wrong in one["misdated"]:
            yield f"  suspected misdated: {one['station']} {one['variable']} at {wrong['time']}"
    if document["thresholds"]:
        yield ""
        yield columns([_LIMIT_HEAD, *(_limit(one) for one in document["thresholds"])])


def _file(file: dict[str, Any]) -> Iterator[str]:
    counts = ", ".join(f"{name} {file[name]:,}" for name in _OUTCOMES if file.get(name))
    rest = "" if file.get("whole", True) else " (only the beginning was read)"
    yield f"{file['file']}: {file.get('lines', 0):,} lines{rest}: {counts}"
    yield (
        f"  read as {file['dialect']} table, {file['encoding']}, delimiter {file['delimiter']!r}, "
        f"time {file['time_column']} ({file['time_format']}), zone {file['tz']}"
    )
    for column in file["mapping"]:
        unit = f" [{column['unit']}]" if column["unit"] else ""
        yield f"  {column['column']} = {column['variable'] or 'as named'}{unit}"
    for one in file.get("first", [])[:6]:
        what = f"{one['station']} {one['variable']} {one['time']} {one['value']:g}"
        yield f"  line {one['line']}: {what}"


_OUTCOMES = ("stored", "duplicate", "corrected", "missing", "quarantined", "rejected")
_SERIES_HEAD = ("station", "variable", "gauge", "values", "from", "to", "min", "max", "gaps")
_LIMIT_HEAD = ("station", "variable", "threshold", "limit", "alerts", "first", "beyond", "farthest")


def _series(one: dict[str, Any]) -> tuple[str, ...]:
    low, high = ("-" if one[name] is None else f"{one[name]:g}" for name in ("min", "max"))
    names = (one["station"], one["variable"], one["gauge"], f"{one['values']:,}")
    return (*names, one["from"] or "-", one["to"] or "-", low, high, str(one["gaps"]))


def _limit(one: dict[str, Any]) -> tuple[str, ...]:
    texts = ["-" if one[n] is None else str(one[n]) for n in ("alerts", "first_at", "beyond")]
    far = "-" if one["farthest"] is None else f"{one['farthest']:g}"
    name = f"{one['name']} {one['severity']}"
    return (one["station"], one["variable"], name, one["limit"], *texts, far)
