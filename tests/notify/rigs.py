"""Every channel with a real other side that can be told how to behave."""

import json
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from floodwatch.model.notification import Channel, Message
from floodwatch.notify.channels.apprise import URLS, AppriseChannel
from floodwatch.notify.channels.inbox import InboxChannel
from floodwatch.notify.channels.log import LogChannel
from floodwatch.notify.channels.siren import SECRET as SIREN_SECRET
from floodwatch.notify.channels.siren import SirenChannel
from floodwatch.notify.channels.sms_aliyun import KEY_ID as ALIYUN_ID
from floodwatch.notify.channels.sms_aliyun import KEY_SECRET as ALIYUN_SECRET
from floodwatch.notify.channels.sms_aliyun import AliyunChannel
from floodwatch.notify.channels.sms_gammu import GammuChannel
from floodwatch.notify.channels.sms_smpp import PASSWORD as SMPP_PASSWORD
from floodwatch.notify.channels.sms_smpp import SmppChannel
from floodwatch.notify.channels.sms_tencent import SECRET_ID, SECRET_KEY
from floodwatch.notify.channels.sms_tencent import make as make_tencent
from floodwatch.notify.channels.smtp import SmtpChannel
from floodwatch.notify.channels.voice import TOKEN, VoiceChannel
from floodwatch.notify.channels.webhook import SECRET as WEBHOOK_SECRET
from floodwatch.notify.channels.webhook import WebhookChannel
from tests.notify import clouds
from tests.notify.gammu import folders, mover
from tests.notify.http_server import CUT, HANG, Answer, Asked, Site, site
from tests.notify.mail_server import Recorder, bare_server, mail_server, talk
from tests.notify.smsc import centre

PASSWORD = "k4nari3n"
LOOPBACK = ["127.0.0.0/8"]
TEMPLATES = {
    "any": {
        "id": "SMS_1",
        "text": "${place}${value}，${limit}，请${action}。编号${code}",
        "longest": 35,
    }
}


class Mood(StrEnum):
    """How the other side behaves."""

    ACCEPTS = "accepts"
    LATER = "refuses for now"
    NEVER = "refuses for good"
    CUTS = "hangs up after the message"
    HANGS = "says nothing more"
    AWAY = "is not there"


@dataclass
class Taken:
    """What the other side got: by what it knows a repeat, and what a person reads."""

    key: str
    text: str


@dataclass
class Rig:
    """One channel and its other side."""

    channel: Channel
    taken: Callable[[], list[Taken]]
    secrets: tuple[str, ...] = ()
    address: str = "+8610000000001"
    more: dict[str, Any] = field(default_factory=dict)


NOBODY = 9  # the discard port of loopback, where nobody listens


def _body(asked: Asked) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(asked.body)
    return found


def _mood_of(mood: Mood, good: Answer, later: Answer, never: Answer) -> Answer:
    return {
        Mood.ACCEPTS: good, Mood.LATER: later, Mood.NEVER: never, Mood.CUTS: CUT, Mood.HANGS: HANG,
    }.get(mood, good)  # fmt: skip


@contextmanager
def _http(mood: Mood, good: bytes = b"{}") -> Iterator[tuple[Site, int]]:
    said = _mood_of(mood, (200, good), (429, b""), (400, b""))
    with site(lambda _: said) as found:
        yield found, NOBODY if mood is Mood.AWAY else found.port


@contextmanager
def smtp(mood: Mood, seconds: float, folder: Path) -> Iterator[Rig]:
    recorder = Recorder()
    refusals = {Mood.LATER: "451 greylisted", Mood.NEVER: "550 no such user"}
    if mood in refusals:
        recorder.rcpt["a@example.org"] = refusals[mood]
    start = [b"220 hello", b"250 hello", b"250 sender", b"250 recipient", b"354 go on"]

    def hang(line: socket.socket) -> None:
        talk(start)(line)
        while line.recv(4096):
            pass

    server = {Mood.CUTS: lambda: bare_server(talk(start)), Mood.HANGS: lambda: bare_server(hang)}
    with server.get(mood, lambda: mail_server(recorder))() as port:
        settings = {"host": "127.0.0.1", "from": "f@example.org", "security": "none"}
        place = {"port": NOBODY if mood is Mood.AWAY else port, "timeout": seconds * 1_000}
        yield Rig(
            SmtpChannel(settings | place),
            lambda: [Taken(mail["Message-ID"], _read(mail)) for mail in recorder.taken],
            address="a@example.org",
        )


def _read(mail: EmailMessage) -> str:
    """A mail as it is read: its lines end as mail's lines do."""
    return f"{mail['Subject']}\n{mail.get_content()}".replace("\r\n", "\n")


@contextmanager
def webhook(mood: Mood, seconds: float, folder: Path) -> Iterator[Rig]:
    with _http(mood) as (found, port):
        url = f"http://127.0.0.1:{port}/hook"
        channel = WebhookChannel(
            {"url": url, "allow": LOOPBACK, "timeout": seconds * 1_000},
            environment={WEBHOOK_SECRET: PASSWORD},
        )
        yield Rig(channel, lambda: _posted(found, "text"), (PASSWORD,))


@contextmanager
def siren(mood: Mood, seconds: float, folder: Path) -> Iterator[Rig]:
    with _http(mood) as (found, port):
        channel = SirenChannel(
            {"url": f"http://127.0.0.1:{port}/", "allow": LOOPBACK, "timeout": seconds * 1_000},
            environment={SIREN_SECRET: PASSWORD},
        )
        yield Rig(channel, lambda: _posted(found, "state"), (PASSWORD,), more={"wordless": True})


@contextmanager
def voice(mood: Mood, seconds: float, folder: Path) -> Iterator[Rig]:
    with _http(mood, b'{"call": "c1"}') as (found, port):
        channel = VoiceChannel(
            {
                "url": f"http://127.0.0.1:{port}/calls",
                "allow": LOOPBACK,
                "timeout": seconds * 1_000,
            },
            environment={TOKEN: PASSWORD},
        )
        yield Rig(channel, lambda: _posted(found, "text"), (PASSWORD,))


def _posted(found: Site, key: str) -> list[Taken]:
    return [Taken(one.headers["Idempotency-Key"], str(_body(one)[key])) for one in found.asked]


@contextmanager
def sms_aliyun(mood: Mood, seconds: float, folder: Path) -> Iterator[Rig]:
    said = _mood_of(
        mood,
        clouds.aliyun_says("OK", "OK", BizId="9007^0"),
        clouds.aliyun_says("Throttling.User", "slower", 400),
        clouds.aliyun_says("isv.MOBILE_NUMBER_ILLEGAL", "no such number"),
    )

    def taken(found: Site) -> list[Taken]:
        rows = [dict(parse_qsl(urlsplit(one.path).query)) for one in found.asked]
        return [Taken(r["OutId"], "".join(json.loads(r["TemplateParam"]).values())) for r in rows]

    with site(clouds.aliyun(lambda: said)) as found:
        port = NOBODY if mood is Mood.AWAY else found.port
        yield Rig(
            AliyunChannel(
                {
                    "sign": "示范防办",
                    "endpoint": f"127.0.0.1:{port}",
                    "protocol": "http",
                    "templates": TEMPLATES,
                    "timeout": seconds * 1_000,
                },
                environment={ALIYUN_ID: clouds.KEY_ID, ALIYUN_SECRET: clouds.KEY_SECRET},
            ),
            lambda: taken(found),
            (clouds.KEY_SECRET,),
        )


@contextmanager
def sms_tencent(mood: Mood, seconds: float, folder: Path) -> Iterator[Rig]:
    said = _mood_of(
        mood,
        clouds.tencent_says("Ok"),
        clouds.tencent_error("RequestLimitExceeded", "slower"),
        clouds.tencent_says("InvalidParameterValue.IncorrectPhoneNumber"),
    )
    with site(clouds.tencent(lambda: said)) as found:
        port = NOBODY if mood is Mood.AWAY else found.port
        yield Rig(
            make_tencent(
                {
                    "app": "1400006666",
                    "sign": "示范防办",
                    "endpoint": f"127.0.0.1:{port}",
                    "protocol": "http",
                    "templates": TEMPLATES,
                    "timeout": seconds * 1_000,
                },
                environment={SECRET_ID: clouds.KEY_ID, SECRET_KEY: clouds.KEY_SECRET},
            ),
            lambda: [
                Taken(_body(one)["SessionContext"], "".join(_body(one)["TemplateParamSet"]))
                for one in found.asked
            ],
            (clouds.KEY_SECRET,),
        )


@contextmanager
def sms_smpp(mood: Mood, seconds: float, folder: Path) -> Iterator[Rig]:
    with centre(PASSWORD) as found:
        found.statuses = {Mood.LATER: [0x58] * 9, Mood.NEVER: [0x0B] * 9}.get(mood, [])
        found.mute, found.cut = mood is Mood.HANGS, mood is Mood.CUTS
        settings = {
            "host": "127.0.0.1",
            "port": NOBODY if mood is Mood.AWAY else found.port,
            "system_id": "floodwatch",
            "timeout": seconds * 1_000,
        }
        channel = SmppChannel(settings, environment={SMPP_PASSWORD: PASSWORD})

        def taken() -> list[Taken]:
            texts: dict[int, list[str]] = {}
            for part in found.parts:  # a header counts the parts of each text from 1
                first = not part.esm_class & 0x40 or part.raw[5] == 1
                texts.setdefault(len(texts) if first else len(texts) - 1, []).append(part.text)
            keys = [
                part.options[0x0204].hex()
                for part in found.parts
                if not part.esm_class & 0x40 or part.raw[5] == 1
            ]
            return [
                Taken(key, "".join(text)) for key, text in zip(keys, texts.values(), strict=True)
            ]

        try:
            yield Rig(channel, taken, (PASSWORD, PASSWORD.encode().hex()))
        finally:
            channel.close()


@contextmanager
def sms_gammu(mood: Mood, seconds: float, folder: Path) -> Iterator[Rig]:
    modem = folders(folder / "modem")
    to = {Mood.ACCEPTS: "sent", Mood.NEVER: "error"}.get(mood)
    rc = folder / "nowhere" if mood in (Mood.AWAY, Mood.LATER) else modem.smsdrc
    channel = GammuChannel({"smsdrc": str(rc), "timeout": seconds * 1_000})

    def taken() -> list[Taken]:
        files = [f for d in ("outbox", "sent") for f in sorted((modem.folder / d).iterdir())]
        return [
            Taken(file.stem.rpartition("_")[2], file.read_bytes().decode("utf-16"))
            for file in files
        ]

    if to is None:
        yield Rig(channel, taken)
    else:
        with mover(modem, to):
            yield Rig(channel, taken)


@contextmanager
def apprise(mood: Mood, seconds: float, folder: Path) -> Iterator[Rig]:
    with _http(mood) as (found, port):
        urls = f"# chat\n* json://user:{PASSWORD}@127.0.0.1:{port}/room?rto={seconds}\n"
        urls = "* nosuch://x\n" if mood is Mood.NEVER else urls
        channel = AppriseChannel({"timeout": seconds * 1_000}, environment={URLS: urls})
        yield Rig(
            channel,
            lambda: [Taken("", _body(one)["title"] + _body(one)["message"]) for one in found.asked],
            (PASSWORD,),
        )


@contextmanager
def log(mood: Mood, seconds: float, folder: Path) -> Iterator[Rig]:
    yield Rig(LogChannel(), list)


@contextmanager
def inbox(mood: Mood, seconds: float, folder: Path) -> Iterator[Rig]:
    kept: list[Message] = []
    yield Rig(
        InboxChannel(kept.append),
        lambda: [Taken(one.key, one.subject + one.body) for one in kept],
        more={"raw": True},
    )


RIGS: Mapping[str, Callable[[Mood, float, Path], Any]] = {
    "smtp": smtp,
    "sms_gammu": sms_gammu,
    "sms_aliyun": sms_aliyun,
    "sms_tencent": sms_tencent,
    "sms_smpp": sms_smpp,
    "voice": voice,
    "apprise": apprise,
    "webhook": webhook,
    "siren": siren,
    "log": log,
    "inbox": inbox,
}
LOCAL = ("log", "inbox")  # nobody at the other side
