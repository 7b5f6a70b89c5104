"""What stands in and beside the values of a file: marks of thousands, the maker's flags, labels."""

from dataclasses import replace

from floodwatch.model.clock import DAY
from floodwatch.model.errors import ImportRefused
from floodwatch.pipeline.import_columns import FilePlan, ValueColumn
from floodwatch.sources.csv import maker_flags, numbers
from floodwatch.sources.csv.maker_flags import MakerFlags
from floodwatch.sources.csv.options import ImportOptions

BEGIN, END = "begin", "end"


def choose_marks(plan: FilePlan, options: ImportOptions) -> None:
    """Complete a plan whose columns are chosen. Raises ImportRefused for impossible choices."""
    if options.day_label not in ("", BEGIN, END):
        raise ImportRefused(f"--day-label {options.day_label!r}: say begin or end")
    _choose_decimal(plan, options)
    _choose_flags(plan, options)
    plan.day_label = options.day_label
    _say_day_label(plan)


def _choose_decimal(plan: FilePlan, options: ImportOptions) -> None:
    if options.decimal:
        if options.decimal not in (".", ",") or options.decimal == options.thousands:
            raise ImportRefused(
                f"--decimal {options.decimal!r}: say . or , and another --thousands"
            )
        plan.shape = replace(plan.shape, decimal=options.decimal)
    decimal, thousands = plan.shape.decimal, options.thousands
    if not thousands:
        cells = (row[value.index] for value in plan.values for row in plan.shape.rows)
        thousands = numbers.grouping(cells, decimal)
    layout = plan.shape.layout
    no_value = frozenset((*options.no_value, *(layout.no_value if layout else ())))
    plan.columns = replace(plan.columns, thousands=thousands, no_value=no_value)


def _choose_flags(plan: FilePlan, options: ImportOptions) -> None:
    shape = plan.shape
    if options.quality_column:
        flags = MakerFlags(shape.column(options.quality_column))
        plan.values = tuple(replace(value, flags=flags) for value in plan.values)
    elif shape.layout is None:
        taken = plan.columns.used
        plan.values = tuple(_with_flags(plan, value, taken) for value in plan.values)
    flagged = {place: v.flags.column for place, v in enumerate(plan.values) if v.flags}
    plan.columns = replace(plan.columns, flags=flagged)
    columns = sorted({shape.columns[index] for index in flagged.values()})
    if columns:
        plan.notes += (f"flags of the maker are read from {', '.join(columns)}",)


def _with_flags(plan: FilePlan, value: ValueColumn, taken: frozenset[int]) -> ValueColumn:
    place = maker_flags.column_of(plan.shape.columns, value.index, taken)
    return value if place is None else replace(value, flags=MakerFlags(place))


def _say_day_label(plan: FilePlan) -> None:
    daily = [
        value.column
        for value in plan.values
        if is_daily(value.variable, value.period or plan.period or 0, plan.day_label)
    ]
    if daily:
        which = "begins" if plan.day_label == BEGIN else "ends"
        plan.notes += (
            f"{', '.join(daily)}: a date names the day that {which} at 08:00 of it; "
            "--day-label begin or end",
        )


def is_daily(variable: str, period: int, label: str) -> bool:
    """Whether the values of a series are sums of days; ordinary rain only if a label is given."""
    if variable == "rainfall_day":
        return True
    return bool(label) and period == DAY and variable in ("rainfall", "evaporation")
