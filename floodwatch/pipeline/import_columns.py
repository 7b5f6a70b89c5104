"""What is decided about one file: its columns, their variables, units and periods."""

from dataclasses import dataclass, field

from floodwatch.model.variable import VARIABLES
from floodwatch.sources.csv import time_format
from floodwatch.sources.csv.maker_flags import MakerFlags
from floodwatch.sources.csv.options import span
from floodwatch.sources.csv.shape import Shape
from floodwatch.sources.csv.stream import Source
from floodwatch.sources.csv.table import Columns
from floodwatch.sources.csv.time_format import TimeFormat
from floodwatch.sources.rain_interval import RainIntervals

DISTANCE = "distance"  # what a gauge above the water sends; its gauge turns it into a depth


@dataclass(frozen=True, slots=True)
class ValueColumn:
    """One column of values. `variable` and `unit` are empty where other columns say them."""

    index: int
    column: str
    variable: str = ""
    gauge: str = ""
    unit: str = ""
    period: int | None = None  # ms; of sums whose length is known whatever the gauge's is
    flags: MakerFlags | None = None  # what the maker says of each value, in another column

    @property
    def needs_unit(self) -> bool:
        """Whether a bare number may be in more than one unit, and none is known."""
        if self.unit or not self.variable:
            return False
        known = VARIABLES.get(self.variable)
        return known is None or not known.bare_unit


@dataclass(slots=True)
class FilePlan:
    """Everything decided about one file; with `questions` it cannot be imported yet."""

    source: Source
    shape: Shape
    dialect: str = ""
    columns: Columns = field(default_factory=lambda: Columns((), {}, ()))
    times: TimeFormat = time_format.ISO
    values: tuple[ValueColumn, ...] = ()
    station: str = ""
    tz: str = ""
    period: int | None = None
    questions: list[str] = field(default_factory=list)
    notes: tuple[str, ...] = ()  # what should be known of how the file is read
    day_label: str = ""  # begin or end: which date a day of rain is called by
    intervals: RainIntervals | None = None  # what numbers in the period column mean

    def length(self, word: str, station: str) -> int | None:
        """The length in ms that a word in the period column says; None for none."""
        if self.intervals is None:
            return span(word) if word else None
        return self.intervals.period(station, word) if positive(word) else None

    @property
    def time_column(self) -> str:
        """The time column's name; two joined by +."""
        return "+".join(self.shape.columns[index] for index in self.columns.time)

    def mapping(self) -> list[dict[str, str]]:
        """What each value column is taken for, as reported."""
        return [
            {"column": v.column, "variable": v.variable, "gauge": v.gauge, "unit": v.unit}
            for v in self.values
        ]


def positive(word: str) -> bool:
    """Whether a word is a number above zero."""
    try:
        return float(word) > 0
    except ValueError:
        return False
