"""[[sources.sql]]: databases that are asked, and what the tables of SL 323 hold."""

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from pydantic import BeforeValidator, Field, model_validator
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from floodwatch.model.clock import DAY, HOUR, MINUTE, SECOND
from floodwatch.model.fields import Duration, Table, Zone, duration_ms, nearest, refuse
from floodwatch.sources.target import SourceName, Target, TargetText, target_of

LEAST = 30 * SECOND  # a database is not asked more often
DAY_SUM = "DYP"  # the sum of the hydrological day, written at its end, 08:00
STORAGE = "W"
# driver -> its library, and the extra or package that installs it
DRIVERS = {
    "postgresql+psycopg": ("psycopg", "extra postgres"),
    "mysql+pymysql": ("pymysql", "extra mysql"),
    "mariadb+pymysql": ("pymysql", "extra mysql"),
    "mssql+pyodbc": ("pyodbc", "package pyodbc"),
    "mssql+pymssql": ("pymssql", "package pymssql"),
    "oracle+oracledb": ("oracledb", "package oracledb"),
}
_WHOLE = {
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
    "mssql": "mssql+pyodbc",
    "oracle": "oracle+oracledb",
}


class Preset(NamedTuple):
    """A table of SL 323-2011: its value columns, and where it has one, that of the rain period."""

    values: Mapping[str, str]
    interval: str = ""


PRESETS = {
    "ST_PPTN_R": Preset({"DRP": "rainfall:mm", DAY_SUM: "rainfall:mm"}, "INTV"),
    "ST_RIVER_R": Preset({"Z": "stage:m", "Q": "flow:m3/s"}),
    "ST_RSVR_R": Preset(
        {
            "RZ": "stage:m",
            "BLRZ": "tail_stage:m",
            "INQ": "inflow:m3/s",
            "OTQ": "outflow:m3/s",
            STORAGE: "storage",
        }
    ),
    "ST_WAS_R": Preset({"UPZ": "stage:m", "DWZ": "tail_stage:m", "TGTQ": "flow:m3/s"}),
    "ST_PUMP_R": Preset(
        {
            "PPUPZ": "stage:m",
            "PPDWZ": "tail_stage:m",
            "OMCN": "pumps_running:count",
            "PMPQ": "flow:m3/s",
        }
    ),
}


def _url(given: object) -> str:
    example = 'write it as "mysql+pymysql://reader@10.0.0.8:3306/slt323"'
    try:
        url = make_url(given if isinstance(given, str) else "")
    except (ArgumentError, ValueError):
        refuse(f"{given!r} is not the URL of a database", example)
    driver = _WHOLE.get(url.drivername, url.drivername)
    if driver not in DRIVERS:
        refuse(f"{url.drivername!r} is not a database that is asked", nearest(driver, DRIVERS))
    if url.password is not None:
        what = "secrets do not belong in these files: the URL has a password"
        refuse(what, "remove it and set FLOODWATCH_SQL_NAME_PASSWORD (or …_FILE), NAME in capitals")
    if not url.host or not url.database:
        refuse(f"{given!r} names no host or no database", example)
    return str(given)


def _every(given: object) -> int:
    every = duration_ms(given)
    if every < LEAST:
        refuse(f"{given!r} is too often", "use 30s or more")
    return every


Every = Annotated[int, BeforeValidator(_every)]
SqlUrl = Annotated[str, BeforeValidator(_url)]


@dataclass(frozen=True, slots=True)
class Asked:
    """A table as it is asked: names as the settings have them, in any case of letters."""

    key: str
    name: str
    station: str
    time: str
    modified: str  # empty: none
    interval: str
    values: Mapping[str, Target]
    optional: frozenset[str]  # columns that may be missing: a preset names more than some have


class SqlTableTable(Table):
    """[[sources.sql.tables]]: one table or view; whatever a preset says can be said otherwise."""

    preset: Literal["", "ST_PPTN_R", "ST_RIVER_R", "ST_RSVR_R", "ST_WAS_R", "ST_PUMP_R"] = ""
    name: str = ""
    station: str = "STCD"
    time: str = "TM"
    modified: str = "MODITIME"
    interval: str | None = None
    values: dict[str, TargetText | Literal[""]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _named(self) -> "SqlTableTable":
        if not self.preset and not (self.name and self.values):
            refuse("a table without a preset needs name and values", f"{nearest('', PRESETS)}")
        return self

    def asked(self, storage_unit: str) -> Asked:
        """The table with what its preset adds."""
        preset = PRESETS.get(self.preset, Preset({}))
        named = {column.upper(): text for column, text in self.values.items()}
        texts = {**preset.values, **named}
        if texts.get(STORAGE) == "storage" and storage_unit:
            texts[STORAGE] = f"storage:{storage_unit}"
        return Asked(
            key=self.name or self.preset,
            name=self.name or self.preset,
            station=self.station,
            time=self.time,
            modified=self.modified,
            interval=preset.interval if self.interval is None else self.interval,
            values={column: target_of(text) for column, text in texts.items() if text},
            optional=frozenset(preset.values.keys() - named.keys()),
        )


class SqlTable(Table):
    """[[sources.sql]]; the password comes from FLOODWATCH_SQL_NAME_PASSWORD (or …_FILE)."""

    name: SourceName = Field(description='such as name = "county"')
    url: SqlUrl = Field(description='such as url = "mysql+pymysql://reader@10.0.0.8/slt323"')
    tables: list[SqlTableTable] = Field(min_length=1, description="[[sources.sql.tables]]")
    db_schema: str = Field("", alias="schema")
    every: Every = 5 * MINUTE
    overlap: Duration = 6 * HOUR  # what came late is found without a time of change, too
    since: Duration = 3 * DAY  # how far back the first start goes
    corrections: Duration = 30 * DAY  # how old a row may be whose change is still taken
    tz: Zone | None = None  # of TM; else the service's
    storage_unit: Literal["", "million_m3", "wan_m3", "m3"] = ""  # of W
    intv: Literal["auto", "HH.NN", "hours"] = "auto"
    only_known: bool = False  # ask for the stations of this district alone
    timeout: Duration = 30 * SECOND  # of one question
    silent_after: Duration | None = None

    @model_validator(mode="after")
    def _storage(self) -> "SqlTable":
        for table in self.tables:
            texts = {**PRESETS.get(table.preset, Preset({})).values, **table.values}
            if texts.get(STORAGE) == "storage" and not self.storage_unit:
                refuse(
                    "the unit of W is not stated: 10⁶ m³ by the standard, 万 m³ in many counties",
                    'look at a full reservoir and write storage_unit = "million_m3" or "wan_m3"',
                )
        return self

    @property
    def asked(self) -> tuple[Asked, ...]:
        """Its tables."""
        return tuple(table.asked(self.storage_unit) for table in self.tables)

    def address(self, password: str | None) -> URL:
        """The URL with its driver and the password."""
        url = make_url(self.url)
        url = url.set(drivername=_WHOLE.get(url.drivername, url.drivername))
        return url if password is None else url.set(password=password)

    def missing(self) -> str:
        """What installs the library that its driver needs; empty when it is there."""
        url = self.address(None)
        library, installed_by = DRIVERS[url.drivername]
        return "" if importlib.util.find_spec(library) else installed_by
