"""[[sources.mqtt]]: brokers that are listened to, and what their topics hold."""

from typing import Annotated, Literal

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import BeforeValidator, Field, model_validator

from floodwatch.model.clock import SECOND
from floodwatch.model.errors import Refused
from floodwatch.model.fields import Duration, Table, Word, nearest, refuse
from floodwatch.model.unit import UNITS
from floodwatch.model.variable import VARIABLES
from floodwatch.sources.mqtt.topics import template
from floodwatch.sources.target import SourceName, TargetText

ARRIVAL = "arrival"  # in place of a path: the time at which a message comes in
FACTORS = {"s": (1_000, 1), "ms": (1, 1), "us": (1, 1_000), "ns": (1, 1_000_000)}  # to ms


def _topic(given: object) -> str:
    try:
        template(given if isinstance(given, str) else "")
    except Refused as error:
        refuse(f"{given!r} is not a topic: {error}", 'write it as "fw/{station}/{variable}"')
    return str(given)


def _path(given: object) -> str:
    try:
        jmespath.compile(given if isinstance(given, str) else "")
    except JMESPathError:
        refuse(f"{given!r} is not a path into JSON", 'write it as "level" or "data[0].level"')
    return str(given)


def _variable(given: object) -> str:
    if given not in VARIABLES and given != "distance":
        refuse(f"unknown variable {given!r}", nearest(str(given), VARIABLES))
    return str(given)


def _unit(given: object) -> str:
    if given not in UNITS:
        refuse(f"unknown unit {given!r}", nearest(str(given), UNITS))
    return str(given)


Topic = Annotated[str, BeforeValidator(_topic)]
Path = Annotated[str, BeforeValidator(_path)]


class TopicTable(Table):
    """[[sources.mqtt.topics]]: one kind of message."""

    topic: Topic = Field(description='such as topic = "fw/{station}/{variable}"')
    payload: Literal["number", "json", "lines"] = "number"
    station: str = ""  # where the topic does not name it
    gauge: str = ""
    variable: Annotated[str, BeforeValidator(_variable)] | None = None
    unit: Annotated[str, BeforeValidator(_unit)] | None = None
    period: Duration | None = None  # of rain
    # paths into a JSON payload
    records: Path | None = None  # a list, each element read by itself
    station_in: Path | None = None
    gauge_in: Path | None = None
    variable_in: Path | None = None
    value: Path = "value"
    values: dict[Path, TargetText] = Field(default_factory=dict)  # several in one message
    time: str = ""
    time_format: Literal["iso", "s", "ms", "us", "ns"] = "iso"
    precision: Literal["ns", "us", "ms", "s", "m", "h"] = "ns"  # of line protocol

    @model_validator(mode="after")
    def _whole(self) -> "TopicTable":
        named = template(self.topic).names
        if self.payload != "lines":
            self._placed(named)
        if self.payload == "json":
            self._dated()
        elif self.values or self.records or self.time not in ("", ARRIVAL):
            refuse("paths need a JSON payload", 'add payload = "json", or remove the paths')
        return self

    def _placed(self, named: frozenset[str]) -> None:
        if not (self.station or self.station_in or "station" in named):
            what = "the message names no station"
            refuse(what, 'write {station} into the topic, or add station = "…"')
        variable = bool(self.variable or self.variable_in or "variable" in named)
        if variable == bool(self.values):
            what = "variable and values exclude each other" if variable else "no variable is named"
            refuse(what, 'write {variable} into the topic, or variable = "stage", or values = {…}')

    def _dated(self) -> None:
        if not self.time:
            what = "nothing says when a value was measured"
            refuse(what, f'add time = "path of the time", or time = "{ARRIVAL}" if there is none')
        if self.time == ARRIVAL and self.records:
            refuse(
                "records without a time of their own would all be of one moment", 'add time = "…"'
            )
        if self.time != ARRIVAL:
            _path(self.time)


class MqttTable(Table):
    """[[sources.mqtt]]; the password comes from FLOODWATCH_MQTT_NAME_PASSWORD (or …_FILE)."""

    name: SourceName = Field(description='such as name = "gateway"')
    host: Word = Field(description='name the broker, such as host = "10.0.0.9"')
    port: int | None = Field(None, ge=1, le=65535)  # 1883, with TLS 8883
    user: str = ""
    tls: bool = False
    ca: str = ""  # file with the authority's certificate; else those the system trusts
    cert: str = ""  # files with our own certificate and its key
    key: str = ""
    client_id: str = ""  # by which the broker knows our session; floodwatch-NAME
    clean: bool = False  # True: what comes while nobody listens is lost
    qos: Literal[0, 1] = 1
    keepalive: Annotated[Duration, Field(ge=5 * SECOND, le=3_600 * SECOND)] = 60 * SECOND
    topics: list[TopicTable] = Field(min_length=1, description="[[sources.mqtt.topics]]")
    silent_after: Duration | None = None

    @model_validator(mode="after")
    def _secured(self) -> "MqttTable":
        if (self.ca or self.cert or self.key) and not self.tls:
            refuse("certificates without TLS protect nothing", "add tls = true")
        if bool(self.cert) != bool(self.key):
            refuse("a certificate and its key belong together", "give cert and key, or neither")
        if len(self.session.encode()) > 100:
            refuse("client_id is too long", "write at most 100 characters")
        return self

    @property
    def session(self) -> str:
        """By what name the broker keeps what comes while nobody listens."""
        return self.client_id or f"floodwatch-{self.name}"

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        return self.host, self.port or (8883 if self.tls else 1883)
