"""The ways out, one file each, and the registry that makes them from their settings."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from floodwatch.model.fields import Table
from floodwatch.model.notification import Channel, Message
from floodwatch.notify.channels import (
    apprise,
    siren,
    sms_aliyun,
    sms_gammu,
    sms_smpp,
    sms_tencent,
    smtp,
    voice,
    webhook,
)
from floodwatch.notify.channels.inbox import InboxChannel
from floodwatch.notify.channels.log import LogChannel
from floodwatch.notify.channels.sdk import installed

_log = logging.getLogger(__name__)

# name -> how it is made from its table in floodwatch.toml
CHANNELS: dict[str, Callable[[Mapping[str, Any]], Channel]] = {
    "smtp": smtp.SmtpChannel,
    "sms_gammu": sms_gammu.GammuChannel,
    "sms_aliyun": sms_aliyun.AliyunChannel,
    "sms_tencent": sms_tencent.make,
    "sms_smpp": sms_smpp.make,
    "voice": voice.VoiceChannel,
    "apprise": apprise.AppriseChannel,
    "webhook": webhook.WebhookChannel,
    "siren": siren.SirenChannel,
    "log": lambda _: LogChannel(),
}
# name -> the table of its settings; `config` holds [channels] against them
TABLES: dict[str, type[Table]] = {
    "smtp": smtp.SmtpTable,
    "sms_gammu": sms_gammu.GammuTable,
    "sms_aliyun": sms_aliyun.AliyunTable,
    "sms_tencent": sms_tencent.TencentTable,
    "sms_smpp": sms_smpp.SmppTable,
    "voice": voice.VoiceTable,
    "apprise": apprise.AppriseTable,
    "webhook": webhook.WebhookTable,
    "siren": siren.SirenTable,
}
# name -> the library it needs beside the service, and the extra that installs it
EXTRAS = {
    "sms_aliyun": ("alibabacloud_dysmsapi20170525", "aliyun"),
    "sms_tencent": ("tencentcloud", "tencent"),
    "sms_smpp": ("smpplib", "smpp"),
    "apprise": ("apprise", "apprise"),
}


def make(
    settings: Mapping[str, Mapping[str, Any]],
    *,
    demonstration: bool,
    keep: Callable[[Message], None],
    picture: smtp.Picture | None = None,
) -> dict[str, Channel]:
    """The configured channels and the log; the demonstration has its inbox and nothing else.

    `keep` writes a message into the inbox; `picture` draws one for a mail.
    """
    if demonstration:
        return {"inbox": InboxChannel(keep)}
    found: dict[str, Channel] = {"log": LogChannel()}
    for name in settings.keys() & CHANNELS.keys():
        made = make_one(name, settings[name], picture=picture)
        if made is not None:
            found[name] = made
    return found


def make_one(
    name: str, settings: Mapping[str, Any], *, picture: smtp.Picture | None = None
) -> Channel | None:
    """One channel; None, and a word in the log, when its settings cannot be used."""
    try:
        if name == "smtp":
            return smtp.SmtpChannel(settings, picture=picture)
        return CHANNELS[name](settings)
    except Exception:  # noqa: BLE001 - its messages go by another way, the others by theirs
        _log.exception("channel %s cannot be made from its settings", name)
        return None


def missing(name: str) -> str:
    """The extra by which the library that a channel needs is installed; empty when it is there."""
    package, extra = EXTRAS.get(name, ("", ""))
    return extra if package and not installed(package) else ""
