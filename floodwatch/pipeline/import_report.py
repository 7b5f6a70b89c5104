"""The accounting of an import: what became of every value, and the lines that were refused."""

import csv
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from floodwatch.model.moment import iso
from floodwatch.model.reading import Outcome, SeriesKey
from floodwatch.sources.csv.zipped import File

_SHOWN = 100


class Reject(NamedTuple):
    """A refused line or value: where, why, and what stands there."""

    line: int
    column: str
    reason: str
    text: str


@dataclass(slots=True)
class SeriesCount:
    """What one file brought for one series; `first` to `maximum` over all values taken."""

    stored: int = 0
    first: int | None = None
    last: int | None = None
    minimum: float | None = None
    maximum: float | None = None

    def see(self, first: int, last: int, minimum: float, maximum: float) -> None:
        """Widen the span and the range."""
        self.first = first if self.first is None else min(self.first, first)
        self.last = last if self.last is None else max(self.last, last)
        self.minimum = minimum if self.minimum is None else min(self.minimum, minimum)
        self.maximum = maximum if self.maximum is None else max(self.maximum, maximum)


@dataclass
class FileAccount:
    """One file's accounting; `counts` and `left` always add up to lines times value columns."""

    file: str
    width: int = 1  # mapped value columns
    lines: int = 0
    blank_lines: int = 0
    other_lines: int = 0  # no rows either: trailers, remarks of the logger
    counts: Counter[Outcome] = field(default_factory=Counter)
    series: dict[SeriesKey, SeriesCount] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    unknown_stations: Counter[str] = field(default_factory=Counter)
    rejects_file: str | None = None
    detected: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    left: int = 0  # values read but not written, because the import was stopped
    refused: str = ""  # why the file could not be read at all

    @property
    def values(self) -> int:
        """Every value the file has in its mapped columns."""
        return self.lines * self.width

    def document(self) -> dict[str, Any]:
        """As printed and stored."""
        return {
            "file": self.file,
            **self.detected,
            "lines": self.lines,
            "blank_lines": self.blank_lines,
            "other_lines": self.other_lines,
            "values": self.values,
            **{outcome.value: self.counts[outcome] for outcome in Outcome},
            "series": [_series(key, count) for key, count in sorted(self.series.items())],
            "unknown_stations": dict(self.unknown_stations.most_common(1000)),
            "notes": self.notes,
            "refused": self.refused,
            "left": self.left,
            "rejects": [reject._asdict() for reject in self.rejects],
            "rejects_file": self.rejects_file,
        }


def _series(key: SeriesKey, count: SeriesCount) -> dict[str, Any]:
    return {
        "station": key.station,
        "gauge": key.gauge,
        "variable": key.variable,
        "period": key.period,
        "stored": count.stored,
        "from": _iso(count.first),
        "to": _iso(count.last),
        "min": count.minimum,
        "max": count.maximum,
    }


def _iso(time: int | None) -> str | None:
    return None if time is None else iso(time)


def refused(file: File) -> FileAccount:
    """The account of a file that was set aside whole."""
    return FileAccount(file.name, refused=file.refusal)


class Rejects:
    """The refused lines: the first hundred of each file kept, all of them in a CSV file.

    The file is made with the first of them. Without a path nothing is written.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._open: TextIO | None = None
        self._writer: Any = None

    def add(self, account: FileAccount, reject: Reject) -> None:
        """Note one."""
        if len(account.rejects) < _SHOWN:
            account.rejects.append(reject)
        if self._path is None:
            return
        if self._open is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._open = self._path.open("w", encoding="utf-8", newline="")
            self._writer = csv.writer(self._open)
            self._writer.writerow([*Reject._fields, "file"])
        account.rejects_file = str(self._path)
        self._writer.writerow([*reject, account.file])

    def close(self) -> None:
        """Write the file out."""
        if self._open is not None:
            self._open.close()


@dataclass
class Report:
    """What an import did. `import_id` is None for a dry run."""

    import_id: int | None
    files: list[FileAccount]
    state: str = "done"
    dry_run: bool = False

    def count(self, outcome: Outcome) -> int:
        """How many values of all files ended so."""
        return sum(account.counts[outcome] for account in self.files)

    def document(self) -> dict[str, Any]:
        """The JSON of the command."""
        return {
            "import_id": self.import_id,
            "state": self.state,
            "dry_run": self.dry_run,
            "files": [account.document() for account in self.files],
        }


class Progress(NamedTuple):
    """How far an import is."""

    file: str
    lines: int
    bytes: int
    total_bytes: int
    stored: int
