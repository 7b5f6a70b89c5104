"""[influx]: which server, and what it is used for."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from floodwatch.model.fields import Duration, Table, refuse

TOKEN = "FLOODWATCH_INFLUX_TOKEN"  # noqa: S105 - names of variables
PASSWORD = "FLOODWATCH_INFLUX_PASSWORD"  # noqa: S105


def _url(given: object) -> object:
    if not isinstance(given, str) or not given.startswith(("http://", "https://")):
        refuse(f"{given!r} is not an address", 'write it as "http://127.0.0.1:8086"')
    return given.rstrip("/")


class InfluxTable(Table):
    """Any server that takes InfluxDB's writes. Its secret comes from the environment."""

    url: Annotated[str, BeforeValidator(_url)] = Field(description="such as http://127.0.0.1:8086")
    api: Literal["v2", "v1"] = "v2"  # v2: 1.8, 2.x, 3.x, Cloud; v1: 1.x and what is like it
    bucket: str = "floodwatch"  # v2
    org: str = ""  # v2
    database: str = ""  # v1, and for reading; default: as the bucket
    user: str = ""  # v1
    history: Literal["blocks", "influx"] = "blocks"  # whence old readings are read
    batch: Annotated[int, Field(ge=1, le=50_000)] = 5_000  # readings sent at once
    timeout: Duration = 30_000


def of(given: Mapping[str, Any]) -> InfluxTable:
    """The settings as the configuration in force holds them: they have been checked."""
    return InfluxTable.model_construct(**given)
