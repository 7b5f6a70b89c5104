"""Which gauges of its station the columns of a file belong to, and what is said where none is."""

from collections.abc import Sequence
from dataclasses import replace

from floodwatch.model.district import District
from floodwatch.model.station import MANUAL, Gauge
from floodwatch.pipeline.import_columns import FilePlan, ValueColumn

# A logger knows that it measures a level, not what its station calls it.
_LIKE = {
    "stage": ("ponding_depth", "piezometric_stage", "tail_stage"),
    "flow": ("outflow", "inflow"),
}


def fit_gauges(plan: FilePlan, district: District, *, chosen: bool) -> None:
    """Leave out columns for which the one station of the file has no gauge; ask if none is left.

    `chosen`: people have said what the columns are; then each must have its gauge.
    """
    code = district.codes.get(plan.station, "")
    if not code or not plan.values or any(not value.variable for value in plan.values):
        return
    gauges = district.stations[code].gauges
    fitted = [(value, _fitted(value, gauges, chosen=chosen)) for value in plan.values]
    lacking = [value for value, found in fitted if found is None]
    if not lacking:
        _take(plan, [found for _, found in fitted if found])
        return
    kept = [found for _, found in fitted if found]
    if chosen or not kept:
        plan.questions.append(_question(code, lacking, gauges))
        return
    _take(plan, kept)
    names = ", ".join(f"{value.column} ({_series(value)})" for value in lacking)
    plan.notes += (f"not imported, because station {code} has no such gauge: {names}",)


def _take(plan: FilePlan, values: Sequence[ValueColumn]) -> None:
    plan.values = tuple(values)
    plan.columns = replace(plan.columns, values=tuple(value.index for value in values))


def _fitted(value: ValueColumn, gauges: Sequence[Gauge], *, chosen: bool) -> ValueColumn | None:
    """The column as one of the station's gauges, if it has one for it."""
    wanted = value.gauge or "1"
    measured = [g for g in gauges if value.variable in (g.variable, g.source)]
    if any(g.gauge == wanted for g in measured) or (measured and wanted == MANUAL):
        return value
    if chosen:
        return None
    if len(measured) == 1 and not value.gauge:
        return replace(value, gauge=measured[0].gauge)
    other = [g for g in gauges if g.variable in _LIKE.get(value.variable, ())]
    if not measured and not value.gauge and len(other) == 1 and not other[0].source:
        return replace(value, variable=other[0].variable, gauge=other[0].gauge)
    return None


def _series(value: ValueColumn) -> str:
    return value.variable + (f"@{value.gauge}" if value.gauge not in ("", "1") else "")


def _question(code: str, lacking: Sequence[ValueColumn], gauges: Sequence[Gauge]) -> str:
    missing = ", ".join(f"{value.column} = {_series(value)}" for value in lacking)
    kept = ", ".join(sorted({f"{g.variable}@{g.gauge}" for g in gauges})) or "none"
    entry = f'{{variable = "{lacking[0].variable}"'
    if lacking[0].gauge not in ("", "1"):
        entry += f', gauge = "{lacking[0].gauge}"'
    return (
        f"station {code} has no gauge for {missing}; it has: {kept}. Add {entry}}} to its gauges "
        f"in stations.toml, or say which of its gauges it is: "
        f"--map '{lacking[0].column}=VARIABLE@GAUGE:UNIT'"
    )
