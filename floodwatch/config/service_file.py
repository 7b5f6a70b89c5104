"""floodwatch.toml: the service itself, its channels and what its sources share."""

from typing import Annotated, Literal

from pydantic import Field

from floodwatch.config.fields import Duration, Table, Zone
from floodwatch.config.text_table import TextsTable
from floodwatch.model.clock import HOUR
from floodwatch.notify.channels.apprise import AppriseTable
from floodwatch.notify.channels.siren import SirenTable
from floodwatch.notify.channels.sms_aliyun import AliyunTable
from floodwatch.notify.channels.sms_gammu import GammuTable
from floodwatch.notify.channels.sms_smpp import SmppTable
from floodwatch.notify.channels.sms_tencent import TencentTable
from floodwatch.notify.channels.smtp import SmtpTable
from floodwatch.notify.channels.voice import VoiceTable
from floodwatch.notify.channels.webhook import WebhookTable
from floodwatch.sources.drop_settings import DropTable
from floodwatch.sources.http_settings import HttpTable
from floodwatch.sources.mqtt.settings import MqttTable
from floodwatch.sources.push_settings import PushTable
from floodwatch.sources.sl651.settings import Sl651Table
from floodwatch.sources.sql_settings import SqlTable
from floodwatch.store.influx.settings import InfluxTable


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


class ChannelsTable(Table):
    """[channels]: each declares its table beside its code."""

    smtp: SmtpTable | None = None
    sms_gammu: GammuTable | None = None
    sms_aliyun: AliyunTable | None = None
    sms_tencent: TencentTable | None = None
    sms_smpp: SmppTable | None = None
    voice: VoiceTable | None = None
    apprise: AppriseTable | None = None
    webhook: WebhookTable | None = None
    siren: SirenTable | None = None
    log: LogTable | None = None
    inbox: InboxTable | None = None


class SourcesTable(Table):
    """[sources]"""

    missing: list[str | int | float] = Field(
        default_factory=list
    )  # further texts or numbers by which devices say "none"
    push: PushTable | None = None
    mqtt: list[MqttTable] = Field(default_factory=list)
    sl651: Sl651Table | None = None
    sql: list[SqlTable] = Field(default_factory=list)
    http: list[HttpTable] = Field(default_factory=list)
    drop: list[DropTable] = Field(default_factory=list)


class WatchTable(Table):
    """[watch]: who notices when the service itself has stopped."""

    heartbeat_url: str = ""  # asked every minute while all is well
    heartbeat_allowed: list[str] = Field(default_factory=list)  # private networks it may be in
    buddy: bool = False  # `floodwatch buddy` on another machine is expected to ask us


class BackupTable(Table):
    """[backup]: copies of the whole database, checked, while the service works."""

    every: Duration = HOUR
    folder: str = ""  # default: backups in the data folder
    copy_to: str = ""  # a folder of another machine's disk; it must be there
    keep: Annotated[int, Field(ge=1)] = 6  # the newest
    keep_days: Annotated[int, Field(ge=0)] = 7  # of each of so many days the last


class ServiceFile(Table):
    """The whole of floodwatch.toml."""

    service: ServiceTable = ServiceTable()
    channels: ChannelsTable = ChannelsTable()
    sources: SourcesTable = SourcesTable()
    watch: WatchTable = WatchTable()
    backup: BackupTable = BackupTable()
    influx: InfluxTable | None = None
    texts: TextsTable = TextsTable()
