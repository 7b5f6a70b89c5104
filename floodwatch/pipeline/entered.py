"""What people had entered into the registers at a past moment."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from floodwatch.model.alert import DISTRICT
from floodwatch.store import registers

EVERY = 1_000_000
SINCE = ("issued_at", "found_at", "at")  # from when a row counts, by whichever it has
MOMENTS = (*SINCE, "closed_at")

Row = Mapping[str, Any]


class Registers:
    """All rows of all registers, looked at as they stood at a moment.

    A hazard counts from when it was found until it was closed, a forecast from when it was issued
    until its period is over, of inspections and backup sources the newest by then.
    """

    def __init__(self, rows: Mapping[str, Sequence[Row]]) -> None:
        self._rows = rows

    @classmethod
    def read(cls, connection: Connection) -> "Registers":
        """Everything that was ever entered."""
        return cls(
            {name: registers.newest(connection, name, limit=EVERY) for name in registers.TABLES}
        )

    def rows(self, name: str, station: str, now: int) -> Sequence[Row]:
        """The rows that concerned a station, or the district, at `now`."""
        mine = self._of(name, station)
        if name == "hazard":
            found = [row for row in mine if _since(row) <= now < (row["closed_at"] or now + 1)]
            return sorted(found, key=lambda row: int(row["id"]))
        if name == "forecast":
            found = [row for row in mine if _since(row) <= now < row["ends"]]
            return sorted(found, key=lambda row: (-_since(row), -int(row["id"])))
        newest: dict[str, Row] = {}
        for row in sorted(mine, key=lambda row: (_since(row), int(row["id"]))):
            if _since(row) <= now:
                newest[row["station"]] = row
        return [newest[code] for code in sorted(newest)]

    def moments(self, name: str, station: str) -> Sequence[int]:
        """When something of that register was entered or closed."""
        found = {
            int(row[column])
            for row in self._of(name, station)
            for column in MOMENTS
            if row.get(column) is not None
        }
        return sorted(found)

    def _of(self, name: str, station: str) -> Sequence[Row]:
        rows = self._rows.get(name, ())
        if station == DISTRICT or name not in registers.OF_STATION:
            return rows
        return [row for row in rows if row["station"] == station]


def _since(row: Row) -> int:
    return next(int(row[column]) for column in SINCE if row.get(column) is not None)
