"""floodwatch.toml: the service itself, its channels and what its sources share."""

from typing import Literal

from pydantic import Field, create_model

from floodwatch.config.fields import Table, Zone
from floodwatch.notify.channels import TABLES
from floodwatch.model.clock import HOUR


class ServiceTable(Table):
    """[service]"""

    name: str = ""
    demonstration: bool = False  # fictional data on a clock of their own: only with run --demo
    timezone: Zone = "Asia/Shanghai"
    database: str = "sqlite"
    url: str = ""  # by which people reach the pages; links in messages begin with it
    trusted_hosts: list[str] = Field(default_factory=list)
    wording: Literal["internal", "public"] = "internal"
    authority: str = ""  # who issues public warnings
    signature: str = ""  # the 【signature】 of SMS
    longest_maintenance: Duration = 24 * HOUR  # of a station, while nobody is told of it


class LogTable(Table):
    """[channels.log]: messages are written to the service's log; always there."""


class InboxTable(Table):
    """[channels.inbox]: the demonstration's local inbox."""


# [channels]: each channel declares its own table beside its code.
ChannelsTable = create_model(
    "ChannelsTable",
    __base__=Table,
    __doc__="[channels]",
    **{name: (table | None, None) for name, table in TABLES.items()},  # type: ignore[call-overload]
    log=(LogTable | None, None),
    inbox=(InboxTable | None, None),
)


class SourcesTable(Table):
    """[sources]"""

    missing: list[str | int | float] = Field(
        default_factory=list
    )  # further texts or numbers by which devices say "none"


class WatchTable(Table):
    """[watch]: who notices when the service itself has stopped."""

    heartbeat_url: str = ""  # asked every minute while all is well
    heartbeat_allowed: list[str] = Field(default_factory=list)  # private networks it may be in
    buddy: bool = False  # `floodwatch buddy` on another machine is expected to ask us


class ServiceFile(Table):
    """The whole of floodwatch.toml."""

    service: ServiceTable = ServiceTable()
    channels: ChannelsTable = ChannelsTable()
    sources: SourcesTable = SourcesTable()
    watch: WatchTable = WatchTable()
