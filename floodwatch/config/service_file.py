"""floodwatch.toml: the service itself, its channels and what its sources share."""

from typing import Literal

from pydantic import Field

from floodwatch.config.fields import Duration, Mail, Table, Word, Zone
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


class SmtpTable(Table):
    """[channels.smtp]; the password comes from the environment."""

    host: Word = Field(description='name the mail server, such as host = "127.0.0.1"')
    port: int = Field(25, ge=1, le=65535)
    sender: Mail = Field(
        alias="from", description='give the sender, such as from = "floodwatch@example.org"'
    )
    security: Literal["none", "starttls", "tls"] = "starttls"
    user: str = ""
    timeout: Duration = 30_000


class LogTable(Table):
    """[channels.log]: messages are written to the service's log; always there."""


class InboxTable(Table):
    """[channels.inbox]: the demonstration's local inbox."""


class ChannelsTable(Table):
    """[channels]"""

    smtp: SmtpTable | None = None
    log: LogTable | None = None
    inbox: InboxTable | None = None


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
