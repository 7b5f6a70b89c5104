"""What a dialect sees of a file, and what it answers: where the rows are and what is in them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from floodwatch.model.errors import ImportRefused
from floodwatch.sources.csv.maker_flags import MakerFlags
from floodwatch.sources.csv.time_format import TimeFormat

SURE = 0.95  # the file names its maker or its format
LIKELY = 0.8  # its columns are this maker's, though others could write them
ENOUGH = 0.5  # below this a file is read as a table of nobody in particular


@dataclass(frozen=True, slots=True)
class Look:
    """The beginning of a file: its name, its first lines without their ends."""

    name: str
    lines: tuple[str, ...]

    def line(self, place: int) -> str:
        """A line by its place from 0; empty beyond the end."""
        return self.lines[place] if 0 <= place < len(self.lines) else ""

    def find(self, pattern: re.Pattern[str], *, start: int = 0, most: int = 1000) -> int | None:
        """The place of the first line in which the pattern is found."""
        for place in range(start, min(len(self.lines), start + most)):
            if pattern.search(self.lines[place]):
                return place
        return None

    def said(self, pattern: re.Pattern[str], *, most: int = 200) -> str:
        """What the first group of the pattern finds in the first lines, else nothing."""
        place = self.find(pattern, most=most)
        found = None if place is None else pattern.search(self.lines[place])
        return found[1].strip() if found else ""


@dataclass(frozen=True, slots=True)
class Measured:
    """One column of values. An empty unit is asked for, where the variable can have several."""

    index: int
    variable: str
    unit: str = ""
    gauge: str = ""
    period: int | None = None  # ms; of sums whose length the format fixes
    flags: MakerFlags | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """How one file is laid out."""

    delimiter: str
    head: int  # lines before the first row
    columns: tuple[str, ...]
    values: tuple[Measured, ...]
    time: tuple[int, ...]  # several are joined by a blank
    times: TimeFormat | None = None  # None: found out
    ms: int | None = None  # a column of milliseconds to be added
    no_value: tuple[str, ...] = ()  # words in the place of a number, beside those known anywhere
    names: Mapping[str, int] = field(default_factory=dict)  # station, period
    units: Mapping[int, str] = field(default_factory=dict)  # what the file says, for --map
    decimal: str = ""  # empty: found out
    squeeze: bool = False  # runs of blanks are one delimiter
    unquote: bool = False  # quotes hide nothing: a line reads the same without them
    offset: int | None = None  # ms ahead of UTC of its times, where the file says so
    zone: str = ""  # in the words of the file
    station: str = ""  # what the file calls it
    serial: str = ""
    declared: int | None = None  # rows there should be
    summed: bool = False  # sums are over the step between rows
    step: int | None = None  # ms; what the file says of that step, where its rows are too few
    aside: tuple[bytes, ...] = ()  # beginnings of lines that are no rows
    again: str = ""  # how every header line begins: all must be alike
    intervals: bool = False  # the period column has numbers, as INTV of SL 323 has
    hint: str = ""  # what to say where a unit is asked for
    notes: tuple[str, ...] = ()


class NotThis(ImportRefused):
    """The file is not laid out as the dialect it was asked to be."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """A maker's way of writing files. `recognise` states a confidence from 0 to 1."""

    name: str
    title: str
    known_by: str
    recognise: Callable[[Look], float]
    lay_out: Callable[[Look], Layout]
    western: bool = True  # what is not UTF-8 is Latin-1, not Chinese
