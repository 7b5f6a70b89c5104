"""[[sources.drop]]: a folder into which loggers, scripts and people put files."""

from typing import Annotated

from pydantic import BeforeValidator, Field, field_validator

from floodwatch.model.clock import MINUTE, SECOND
from floodwatch.model.errors import FloodWatchError
from floodwatch.model.fields import Duration, Table, Zone, refuse
from floodwatch.sources.csv.options import AUTO, ImportOptions, Mapping, mapping
from floodwatch.sources.target import SourceName

LEAST = 2 * SECOND  # a folder is not looked at more often


def _column(given: object) -> str:
    try:
        mapping(str(given))
    except FloodWatchError as error:
        refuse(str(error), 'write it as "水位=stage:m"')
    return str(given)


class DropTable(Table):
    """One folder; its files are read by a profile or by the options here, or found out."""

    name: SourceName
    folder: str  # absolute, or beside the data
    every: Duration = MINUTE
    settle: Duration = 10 * SECOND  # a file that did not change for so long is complete
    pattern: list[str] = Field(default_factory=lambda: ["*"])  # of names; "*.csv"
    companion: str = ""  # ".ok": x.csv is taken when x.csv.ok or x.ok stands beside it
    subfolders: bool = True
    profile: str = ""  # of import --save-profile or of the page
    notify: bool = False  # send the messages of what the files fire
    dialect: str = AUTO
    encoding: str = AUTO
    delimiter: str = ""
    station: str = ""
    station_column: str = ""
    variable: str = ""
    gauge: str = ""
    unit: str = ""
    period: Duration | None = None
    tz: Zone | None = None
    time_column: str = ""
    time_format: str = ""
    map: list[Annotated[str, BeforeValidator(_column)]] = Field(default_factory=list)
    sheet: str = ""
    decimal: str = ""
    thousands: str = ""
    no_value: list[str] = Field(default_factory=list)
    quality_column: str = ""
    day_label: str = ""
    force_tz: bool = False
    accept_misdated: bool = False

    @field_validator("every", mode="after")
    @classmethod
    def _not_too_often(cls, given: int) -> int:
        if given < LEAST:
            refuse(f"a folder is looked at every {LEAST // SECOND} s at most", 'write it as "1min"')
        return given

    @field_validator("companion", mode="after")
    @classmethod
    def _an_ending(cls, given: str) -> str:
        if given and (not given.startswith(".") or "/" in given):
            refuse(f"{given!r} is not an ending", 'write it as ".ok"')
        return given

    def said(self) -> dict[str, object]:
        """The options that are said here, by their names."""
        usual = ImportOptions()
        columns: tuple[Mapping, ...] = tuple(mapping(text) for text in self.map)
        given = {
            name: getattr(self, name)
            for name in _OPTIONS
            if getattr(self, name) not in (None, getattr(usual, name))
        }
        lists = {"map": columns, "no_value": tuple(self.no_value)}
        return (
            given | {name: said for name, said in lists.items() if said} | {"notify": self.notify}
        )


_OPTIONS = (
    "dialect",
    "encoding",
    "delimiter",
    "station",
    "station_column",
    "variable",
    "gauge",
    "unit",
    "period",
    "tz",
    "time_column",
    "time_format",
    "sheet",
    "decimal",
    "thousands",
    "quality_column",
    "day_label",
    "force_tz",
    "accept_misdated",
)
