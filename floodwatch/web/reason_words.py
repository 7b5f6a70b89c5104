"""Why something happened: what the engine wrote down, in the words of the reader."""

import re
from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from floodwatch.web.language import _

WHY = {
    "confirmed": _l("下一读数已核实"),
    "the reading before was denied": _l("此前数值疑似异常"),
    "no verdict within six minutes": _l("六分钟内未能核实，按真实处置"),
    "no verdict within three minutes": _l("三分钟内未能核实，请巡查现场查看"),
    "supported by rain": _l("有降雨佐证"),
    "told again: the shelving is over": _l("搁置结束，仍未解除"),
    "told again: the maintenance is over": _l("维护结束，仍未解除"),
    "told again: the alert that stood for it is over": _l("此前由他项告警代述"),
    "confirmed by live data": _l("经实时资料证实"),
    "station retired": _l("站点已退役"),
    "resolved while muted: only those who had been told hear of it": _l(
        "静默中解除，只告知此前接到通知的人"
    ),
    "thresholds edited": _l("阈值已调整"),
    "threshold edited": _l("阈值已调整"),
    "rule no longer configured": _l("规则已停用"),
    "superseded: the alert worsened": _l("告警已升级，另行叫应"),
    "the alert resolved": _l("告警已解除"),
    "denied: the reading that asked for it was in doubt": _l("所依据的数值疑似异常，不再要求应答"),
    "answered in time": _l("他人已及时答复，未再叫应"),
    "the person has answered himself": _l("本人已答复"),
    "来自导入的历史资料，不发通知": _l("来自导入的历史资料，不发通知"),
    "season changed": _l("汛期分段切换，水位未变"),
    "dated order": _l("调度令变更限值，水位未变"),
    "因限值换季或按调度令变更而成立，只上屏，不发通知": _l(
        "因限值换季或按调度令变更而成立，只上屏，不发通知"
    ),
}
DELIVERY = {
    "in the inbox": _l("已进示范手机"),
    "written to the log": _l("已写入日志"),
    "accepted": _l("已被接收"),
    "what became of it could not be written down": _l("结果没能记下"),
    "refused for good": _l("被拒，不再重试"),
    "answered": _l("已有答复，不必再发"),
    "muted": _l("告警已静默，未发"),
    "the reading it told of was denied by the next": _l("所依据的疑似读数已被后续读数否定"),
    "the alert resolved before it could be sent": _l("发出之前告警已解除"),
    "a graver message of the same alert took its place": _l("由同一告警更重的消息代替"),
}
CHANNELS = {
    "inbox": _l("示范手机"),
    "log": _l("日志"),
    "smtp": _l("邮件"),
    "sms_gammu": _l("短信（本机模块）"),
    "sms_aliyun": _l("短信（阿里云）"),
    "sms_tencent": _l("短信（腾讯云）"),
    "sms_smpp": _l("短信（网关）"),
    "voice": _l("语音电话"),
    "apprise": _l("群消息"),
    "webhook": _l("网络推送"),
    "siren": _l("警报器"),
}
VIA = {
    "page": _l("页面"),
    "link": _l("应答链接"),
    "sms": _l("短信"),
    "call": _l("电话"),
    "voice": _l("语音电话"),
    "cli": _l("命令行"),
    "api": _l("接口"),
    "scripted": _l("示范脚本"),
}
SENT = {
    "accepted": _l("送达"),
    "retry": _l("稍后重试"),
    "permanent": _l("被拒"),
    "unknown": _l("结果不明"),
}
_GIVEN_UP = re.compile(r"given up after (\d+) h: (.*)", re.DOTALL)
_NO_CHANNEL = re.compile(r"there is no channel '(.*)' any more")
_AS_MAIL = re.compile(r"this cannot be written as a mail: (.*)", re.DOTALL)


def delivery(reason: str | None) -> str:
    """Why a message stands as it does; a mail server's own answer stays as it is."""
    given = reason or ""
    if given in DELIVERY:
        return str(DELIVERY[given])
    if found := _GIVEN_UP.fullmatch(given):
        return _("%(n)s 小时后放弃：%(why)s", n=found[1], why=delivery(found[2]))
    if found := _NO_CHANNEL.fullmatch(given):
        return _("已没有通道 %(name)s", name=found[1])
    if found := _AS_MAIL.fullmatch(given):
        return _("写不成邮件：%(why)s", why=found[1])
    return given


def told(event: Mapping[str, Any]) -> str:
    """The words beside an entry of the timeline; what a person wrote stays as it is."""
    text, facts = event["text"] or "", event["facts"] or {}
    if event["kind"] in ("reminded", "escalated") and facts.get("step"):
        said = _("%(who)s 第 %(n)s 次未应答", who=_party(facts.get("party")), n=facts["step"])
        asked = "、".join(facts.get("asked") or ())
        return _("%(said)s，转 %(whom)s", said=said, whom=asked) if asked else said
    if facts.get("delivery"):
        return _undelivered(facts, text)
    return str(WHY.get(text, text))


def _party(name: object) -> str:
    return _("值班室") if name == "room" else str(name or "")


def _undelivered(facts: Mapping[str, Any], text: str) -> str:
    said = {"failed": _("送不到"), "expired": _("已放弃"), "retry": _("仍未送出")}
    told = f"{facts.get('person')} {said.get(facts['delivery'], facts['delivery'])}"
    channel, _colon, why = text.partition("（")[2].rpartition("）")[0].partition(": ")
    if why:
        told += f" ({CHANNELS.get(channel, channel)}: {delivery(why)})"
    other = str(facts.get("next") or "")
    return f"{told} → {CHANNELS.get(other, other)}" if other else told
