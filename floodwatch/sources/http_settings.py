"""[[sources.http]]: services that are asked by HTTP, and what their answers hold."""

import re
from typing import Annotated, Literal

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import BeforeValidator, Field, model_validator

from floodwatch.model.clock import DAY, HOUR, MINUTE, SECOND
from floodwatch.model.fields import Duration, Table, Zone, duration_ms, refuse
from floodwatch.outside.fields import Network
from floodwatch.outside.outbound import Forbidden, checked
from floodwatch.sources.target import SourceName, TargetText

LEAST = 30 * SECOND
PLACES = ("since", "until", "site", "sites", "parameters", "secret")
_PLACE = re.compile(r"\{([^{}]*)\}")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
EA = (
    "https://environment.data.gov.uk/flood-monitoring/id/stations/{site}/readings"
    "?since={since}&_sorted&_limit=10000"
)
USGS = (
    "https://waterservices.usgs.gov/nwis/iv/"
    "?format=json&sites={sites}&parameterCd={parameters}&startDT={since}"
)


def _url(given: object) -> str:
    text = given if isinstance(given, str) else ""
    for place in _PLACE.findall(text):
        if place not in PLACES:
            known = ", ".join(f"{{{name}}}" for name in PLACES)
            refuse(f"{{{place}}} cannot stand in an URL", f"use of these: {known}")
    try:
        checked(_PLACE.sub("x", text))
    except Forbidden as error:
        refuse(str(error), 'write it as "https://host/path?from={since}"')
    return text


def _path(given: object) -> str:
    try:
        jmespath.compile(given if isinstance(given, str) else "")
    except JMESPathError:
        refuse(f"{given!r} is not a path into JSON", 'write it as "items[]" or "station.code"')
    return str(given)


def _header(given: object) -> str:
    if not isinstance(given, str) or not _HEADER.fullmatch(given):
        refuse(f"{given!r} is not the name of a header", 'such as "Authorization"')
    return given


def _every(given: object) -> int:
    every = duration_ms(given)
    if every < LEAST:
        refuse(f"{given!r} is too often", "use 30s or more")
    return every


HttpUrl = Annotated[str, BeforeValidator(_url)]
Path = Annotated[str, BeforeValidator(_path)]
HeaderName = Annotated[str, BeforeValidator(_header)]
Every = Annotated[int, BeforeValidator(_every)]


class HttpTable(Table):
    """[[sources.http]]; what must be secret comes from FLOODWATCH_HTTP_NAME_SECRET (or …_FILE)."""

    name: SourceName = Field(description='such as name = "upstream"')
    preset: Literal["", "ea", "usgs"] = ""
    url: HttpUrl = ""
    every: Every = 10 * MINUTE
    sites: list[Annotated[str, Field(min_length=1, max_length=64)]] = Field(default_factory=list)
    auth_header: HeaderName | None = None  # its whole value is the secret
    accept: str = ""
    allow: list[Network] = Field(default_factory=list)  # private networks it may be in
    format: Literal["json", "csv"] = "json"
    rows: Path = "@"  # a list, or what is one row
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    station: str = ""  # where a row names its station
    station_is: str = ""  # all rows are of this station, or of the {site} that was asked for
    time: str = ""
    time_format: str = "iso"  # iso | s | ms, or such as "%d/%m/%Y %H:%M"
    tz: Zone | None = None  # of times without an offset; else the station's
    values: dict[str, TargetText] = Field(default_factory=dict)  # where -> what it is
    variable: str = ""  # of rows with one value each: where they say what it is
    value: str = ""
    words: dict[str, TargetText] = Field(default_factory=dict)  # what stands there -> what it is
    period: Duration | None = None  # of rain
    missing: list[str | int | float] = Field(default_factory=list)
    since: Duration = 3 * DAY  # how far back the first start goes
    since_format: str = "iso"  # iso | s | ms, or such as "%Y-%m-%d %H:%M:%S" (in tz)
    overlap: Duration = 6 * HOUR
    timeout: Duration = 30 * SECOND
    largest: Annotated[int, Field(ge=1, le=200)] = 20  # MB of an answer
    silent_after: Duration | None = None

    @model_validator(mode="after")
    def _whole(self) -> "HttpTable":
        address = self.address
        if not address:
            refuse("it has no url", 'write url = "https://…" or preset = "ea" or "usgs"')
        if ("{site}" in address or "{sites}" in address) and not self.sites:
            refuse("the url asks for sites, and none is named", 'write sites = ["…"]')
        if not self.preset:
            self._mapped()
        return self

    def _mapped(self) -> None:
        if not self.time:
            refuse("it is not said where a row has its time", 'write time = "dateTime"')
        if not (self.station or self.station_is):
            remedy = 'write station = "station.code" or station_is = "61990001"'
            refuse("it is not said where a row has its station", remedy)
        if bool(self.values) == bool(self.variable and self.value and self.words):
            remedy = 'write values = {level = "stage:m"}, or variable, value and words'
            refuse("it is not said where a row has its values", remedy)
        for place in (*self.values, self.station, self.time, self.variable, self.value):
            if place and self.format == "json":
                _path(place)

    @property
    def address(self) -> str:
        """The URL, with places to fill in."""
        return self.url or {"ea": EA, "usgs": USGS}.get(self.preset, "")
