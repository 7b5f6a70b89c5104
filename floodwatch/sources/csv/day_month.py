"""Which of the numbers of a date is the day: decided from all dates of a file, or asked for."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from floodwatch.model.clock import DAY
from floodwatch.model.errors import ImportRefused
from floodwatch.sources.csv.shape import Shape
from floodwatch.sources.csv.stream import Source
from floodwatch.sources.csv.table import Columns, Rows, rows
from floodwatch.sources.csv.time_format import (
    DAY_FIRST,
    DAY_FIRST_SHORT,
    EITHER,
    MONTH_FIRST,
    MONTH_FIRST_SHORT,
    UNDECIDED,
    YEAR_FIRST_SHORT,
    TimeFormat,
)
from floodwatch.sources.csv.timestamps import OK

_FLAGS = {
    DAY_FIRST.name: "%d/%m/%Y",
    MONTH_FIRST.name: "%m/%d/%Y",
    DAY_FIRST_SHORT.name: "%d/%m/%y",
    MONTH_FIRST_SHORT.name: "%m/%d/%y",
    YEAR_FIRST_SHORT.name: "%y/%m/%d",
}


@dataclass
class _Candidate:
    """One way to read the dates. `refuted_by`: those that read a date which this one cannot."""

    kind: TimeFormat
    refuted_by: set[str] = field(default_factory=set)
    days: int = 0  # how often the day of the month differs from that of the row before
    years: int = 0

    def see(self, ms: NDArray[np.int64]) -> None:
        dates = (ms // DAY).astype("datetime64[D]")
        months = dates.astype("datetime64[M]")
        self.days += int(np.count_nonzero(np.diff((dates - months).astype(np.int64))))
        self.years += int(np.count_nonzero(np.diff(dates.astype("datetime64[Y]").view(np.int64))))

    @property
    def backwards(self) -> bool:
        """Whether years change more often than days: then the one is taken for the other."""
        return self.years > self.days


def which_first(
    source: Source,
    shape: Shape,
    places: tuple[int, ...],
    undecided: TimeFormat = EITHER,
    *,
    alike: bool = False,
) -> TimeFormat:
    """Read all the times every way. Raises ImportRefused when more than one way fits, or none.

    `alike`: it is known that all dates are written alike, so the first that tell are enough.
    """
    found = [_Candidate(kind) for kind in UNDECIDED[undecided.name]]
    columns = Columns(places, {}, ())
    readings = [rows(source, shape, columns, candidate.kind) for candidate in found]
    for pieces in zip(*readings, strict=True):
        _compare(found, pieces)
        if alike and (only := _only_one(found)):
            return only
    likely = [candidate for candidate in found if not candidate.backwards] or found
    names = {candidate.kind.name for candidate in likely}
    left = [candidate for candidate in likely if not candidate.refuted_by & names]
    if len(left) == 1:
        return left[0].kind
    raise ImportRefused(f"{source.name}: {_undecided(found, left)}")


def _only_one(found: list[_Candidate]) -> TimeFormat | None:
    left = [one.kind for one in found if not one.refuted_by]
    return left[0] if len(left) == 1 else None


def _compare(found: list[_Candidate], pieces: tuple[Rows, ...]) -> None:
    read = np.array([piece.times.state == OK for piece in pieces])
    for candidate, piece, mine in zip(found, pieces, read, strict=True):
        candidate.see(piece.times.ms[mine])
        candidate.refuted_by |= {
            other.kind.name
            for other, others in zip(found, read, strict=True)
            if (others & ~mine).any()
        }


def _undecided(found: list[_Candidate], left: list[_Candidate]) -> str:
    if not left:
        return (
            "some dates have the day first and some the month; split the file, or say which with "
            f"--time-format {' or '.join(_FLAGS[one.kind.name] for one in found)}"
        )
    flags = " or ".join(_FLAGS[one.kind.name] for one in left)
    return (
        "no date in the file tells whether the day or the month comes first; say "
        f"--time-format {flags}"
    )
