"""What the import form says, as options and back; empty fields are found out from the file."""

from collections.abc import Mapping as Fields
from dataclasses import fields
from typing import Any

from werkzeug.datastructures import MultiDict

from floodwatch.model.moment import duration
from floodwatch.sources.csv.options import AUTO, ImportOptions, Mapping, span

TEXTS = tuple(f.name for f in fields(ImportOptions) if f.type is str or f.type == "str")
TICKS = tuple(f.name for f in fields(ImportOptions) if f.type is bool or f.type == "bool")
OF_A_CALL = ("dry_run",)  # no field of the form
MOST_COLUMNS = 500
LEAVE_OUT = "-"


def options_of(form: MultiDict[str, str], *, dry_run: bool = False) -> ImportOptions:
    """The options of a submitted form. Raises ImportRefused for a period that is none."""
    given: dict[str, Any] = {name: form.get(name, "").strip() for name in TEXTS}
    given["dialect"] = given["dialect"] or AUTO
    given["encoding"] = given["encoding"] or AUTO
    given |= {name: bool(form.get(name)) for name in TICKS if name not in OF_A_CALL}
    period = form.get("period", "").strip()
    return ImportOptions(
        **given,
        period=span(period) if period else None,
        no_value=tuple(text for text in form.get("no_value", "").split() if text),
        map=_map(form) if form.get("mapped") else (),
        dry_run=dry_run,
    )


def _map(form: MultiDict[str, str]) -> tuple[Mapping, ...]:
    """The rows of the column table: column_N, variable_N, gauge_N, unit_N."""
    found = []
    for number in range(MOST_COLUMNS):
        column = form.get(f"column_{number}")
        if column is None:
            break
        variable = form.get(f"variable_{number}", "")
        if variable and variable != LEAVE_OUT:
            gauge = form.get(f"gauge_{number}", "").strip()
            found.append(Mapping(column, variable, gauge, form.get(f"unit_{number}", "").strip()))
    return tuple(found)


def form_of(options: ImportOptions) -> dict[str, str]:
    """The form that says these options: how a profile is put into it."""
    given = {name: str(getattr(options, name)) for name in TEXTS}
    found = {name: text for name, text in given.items() if text and text != AUTO}
    found |= {name: "1" for name in TICKS if name not in OF_A_CALL and getattr(options, name)}
    if options.no_value:
        found["no_value"] = " ".join(options.no_value)
    if options.period:
        found["period"] = duration(options.period)
    if options.map:
        found["mapped"] = "1"
    for number, entry in enumerate(options.map):
        row: Fields[str, str] = entry._asdict()
        found |= {f"{name}_{number}": text for name, text in row.items()}
    return found
