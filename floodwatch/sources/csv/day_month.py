"""Whether the day or the month comes first in the dates of a file: decided from all of them."""

from floodwatch.sources.csv import time_format
from floodwatch.sources.csv.shape import Shape
from floodwatch.sources.csv.stream import Source
from floodwatch.sources.csv.table import Columns, rows
from floodwatch.sources.csv.time_format import DAY_FIRST, MONTH_FIRST, TimeFormat
from floodwatch.sources.csv.timestamps import OK


def which_first(source: Source, shape: Shape, places: tuple[int, ...]) -> TimeFormat:
    """Read the times both ways. Raises ImportRefused when both fit, or neither."""
    columns = Columns(places, {}, ())
    only_day = only_month = False
    both = zip(
        rows(source, shape, columns, DAY_FIRST),
        rows(source, shape, columns, MONTH_FIRST),
        strict=True,
    )
    for day, month in both:
        as_day, as_month = day.times.state == OK, month.times.state == OK
        only_day |= bool((as_day & ~as_month).any())
        only_month |= bool((as_month & ~as_day).any())
    return time_format.decide(day=only_day, month=only_month, where=source.name)
