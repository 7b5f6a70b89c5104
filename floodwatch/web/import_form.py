"""What the import form says, as options; empty fields are found out from the file."""

from typing import Any

from werkzeug.datastructures import MultiDict

from floodwatch.sources.csv.options import AUTO, ImportOptions, Mapping, span

TEXTS = (
    "dialect",
    "encoding",
    "delimiter",
    "station",
    "station_column",
    "variable",
    "gauge",
    "unit",
    "tz",
    "time_column",
    "time_format",
)
TICKS = ("accept_misdated", "notify", "create_stations")


def options_of(form: MultiDict[str, str], *, dry_run: bool = False) -> ImportOptions:
    """The options of a submitted form. Raises ImportRefused for a period that is none."""
    given: dict[str, Any] = {name: form.get(name, "").strip() for name in TEXTS}
    given["dialect"] = given["dialect"] or AUTO
    given["encoding"] = given["encoding"] or AUTO
    given |= {name: bool(form.get(name)) for name in TICKS}
    period = form.get("period", "").strip()
    return ImportOptions(
        **given,
        period=span(period) if period else None,
        map=_map(form) if form.get("mapped") else (),
        dry_run=dry_run,
    )


def _map(form: MultiDict[str, str]) -> tuple[Mapping, ...]:
    """The rows of the column table: column_N, variable_N, gauge_N, unit_N."""
    found = []
    for number in range(500):
        column = form.get(f"column_{number}")
        if column is None:
            break
        variable = form.get(f"variable_{number}", "")
        if variable:
            gauge = form.get(f"gauge_{number}", "").strip()
            found.append(Mapping(column, variable, gauge, form.get(f"unit_{number}", "").strip()))
    return tuple(found)
