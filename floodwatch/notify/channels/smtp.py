"""Mail by SMTP: one dialogue a message, with an end in sight whatever the server does."""

import os
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from hashlib import sha256
from html import escape
from typing import Any, Literal

from pydantic import Field

from floodwatch.model.errors import Refused
from floodwatch.model.fields import Duration, Mail, Table, Word
from floodwatch.model.notification import Message, Result, Sent
from floodwatch.notify.channels.plain import lines, one_line
from floodwatch.outside.names import addresses
from floodwatch.outside.secret import secret

TOTAL_S = 15.0  # for the whole dialogue
LOOKUP_S = 5.0  # of it, for the name of the server
HELO = "floodwatch"
PASSWORD = "FLOODWATCH_SMTP_PASSWORD"  # noqa: S105 - the name of the variable
URGENT = 3  # severities from here on are marked as urgent

Picture = Callable[[Message], bytes]  # a PNG, or nothing; bounded and never an exception


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


class SmtpChannel:
    """Hands each message to the configured server.

    Refused by the server before the message was there: RETRY for 4xx, PERMANENT for 5xx about this
    sender, recipient or message. Whatever breaks once the message is on its way is UNKNOWN.
    """

    name = "smtp"

    def __init__(
        self,
        settings: Mapping[str, Any],
        *,
        environment: Mapping[str, str] | None = None,
        context: ssl.SSLContext | None = None,
        picture: Picture | None = None,
    ) -> None:
        self._picture = picture
        self._host = str(settings["host"])
        self._port = int(settings.get("port", 25))
        self._sender = str(settings["from"])
        self._security = str(settings.get("security", "starttls"))
        self._user = str(settings.get("user") or "")
        self._environment = os.environ if environment is None else environment
        self._context = context
        self.timeout = min(float(settings.get("timeout", TOTAL_S * 1_000)) / 1_000, TOTAL_S)

    def send(self, message: Message) -> Result:
        """One message to one address."""
        try:
            picture = self._picture(message) if self._picture else b""
            data = compose(message, self._sender, picture=picture).as_bytes()
            password = secret(self._environment, PASSWORD) if self._user else ""
        except Refused as error:
            return Result(Sent.RETRY, str(error))
        except (MessageError, ValueError) as error:
            return Result(Sent.PERMANENT, f"this cannot be written as a mail: {error}")
        return self._dialogue(message.address, data, password)

    def _dialogue(self, address: str, data: bytes, password: str) -> Result:
        with _Limit(self.timeout) as limit:
            progress = _Progress()
            try:
                client = self._connect(limit)
                return _hand_over(
                    client,
                    self._sender,
                    address,
                    data,
                    progress,
                    login=(self._user, password),
                    starttls=self._context_of() if self._security == "starttls" else None,
                )
            except smtplib.SMTPResponseException as error:
                return Result(
                    Sent.RETRY, f"{progress.step}: {error.smtp_code} {_said(error.smtp_error)}"
                )
            except (OSError, smtplib.SMTPException) as error:
                why = f"no end within {self.timeout:g} s" if limit.over else _said(error)
                sent = Sent.UNKNOWN if progress.on_its_way else Sent.RETRY
                return Result(sent, f"{progress.step}: {why}")

    def _connect(self, limit: "_Limit") -> smtplib.SMTP:
        where: dict[str, Any] = {"timeout": self.timeout, "local_hostname": HELO}
        client = (
            smtplib.SMTP_SSL(context=self._context_of(), **where)
            if self._security == "tls"
            else smtplib.SMTP(**where)
        )
        limit.guards(client)
        # Given to the constructor it would connect before anybody could break it off.
        client._host = self._host  # type: ignore[attr-defined]
        code, said = self._reach(client)
        if code != 220:
            raise smtplib.SMTPConnectError(code, said)
        return client

    def _reach(self, client: smtplib.SMTP) -> tuple[int, bytes]:
        """Connect to the first of the host's addresses that answers; the name stays for TLS."""
        found = addresses(self._host, self._port, seconds=min(LOOKUP_S, self.timeout))
        for address in found[:-1]:
            try:
                return client.connect(address, self._port)
            except OSError:
                continue
        return client.connect(found[-1], self._port)

    def _context_of(self) -> ssl.SSLContext:
        return self._context or ssl.create_default_context()


class _Progress:
    """How far a dialogue has come."""

    def __init__(self) -> None:
        self.step = "connect"
        self.on_its_way = False


class _Limit:
    """Breaks a dialogue off when its time is over, also one that drips byte by byte."""

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self._client: smtplib.SMTP | None = None
        self.over = False

    def __enter__(self) -> "_Limit":
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._client is not None:
            self._client.close()

    def guards(self, client: smtplib.SMTP) -> None:
        """This is the dialogue to be broken off."""
        self._client = client

    def _end(self) -> None:
        self.over = True
        sock = getattr(self._client, "sock", None)
        if sock is not None:
            try:
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
            except OSError:
                return  # it ended by itself at the same moment


def _hand_over(
    client: smtplib.SMTP,
    sender: str,
    address: str,
    data: bytes,
    progress: _Progress,
    *,
    login: tuple[str, str],
    starttls: ssl.SSLContext | None,
) -> Result:
    """The dialogue from the greeting on. Faults of the connection come out as exceptions."""
    progress.step = "EHLO"
    client.ehlo_or_helo_if_needed()
    if starttls is not None:
        progress.step = "STARTTLS"
        client.starttls(context=starttls)  # refuses when the server does not offer it
        client.ehlo_or_helo_if_needed()
    if login[0]:
        progress.step = "AUTH"
        client.login(*login)
    progress.step = "MAIL FROM"
    code, said = client.mail(sender)
    if code != 250:
        return _refused("MAIL FROM", code, said)
    progress.step = "RCPT TO"
    code, said = client.rcpt(address)
    if code not in (250, 251):
        return _refused("RCPT TO", code, said)
    progress.step = "DATA"
    code, said = client.docmd("DATA")
    if code != 354:
        return _refused("DATA", code, said)
    progress.on_its_way, progress.step = True, "message"
    client.send(_stuffed(data))
    code, said = client.getreply()
    if code != 250:
        return _refused("message", code, said)
    result = Result(Sent.ACCEPTED, f"{code} {_said(said)}", _said(said))
    _quit(client)
    return result


def _stuffed(data: bytes) -> bytes:
    """Dots doubled at the beginning of lines, and the end of the message."""
    lines = data.replace(b"\r\n", b"\n").split(b"\n")
    if lines and not lines[-1]:
        lines.pop()
    return (
        b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines)
        + b".\r\n"
    )


def _quit(client: smtplib.SMTP) -> None:
    """The message is taken; how the server says goodbye does not matter."""
    try:
        if client.sock is not None:
            client.sock.settimeout(1.0)
        client.putcmd("quit")
        client.getreply()
    except (OSError, smtplib.SMTPException):
        return


def _refused(step: str, code: int, said: bytes) -> Result:
    if code < 0:
        raise smtplib.SMTPServerDisconnected(_said(said) or "no answer")
    sent = Sent.PERMANENT if 500 <= code < 600 else Sent.RETRY
    return Result(sent, f"{step}: {code} {_said(said)}")


def _said(what: object) -> str:
    text = what.decode("utf-8", "replace") if isinstance(what, bytes) else str(what)
    return " ".join(text.split())[:300] or type(what).__name__


def compose(message: Message, sender: str, *, picture: bytes = b"") -> EmailMessage:
    """The mail; its Message-ID follows from the key, so that a repeat is known as one.

    With a picture there are two versions: the text alone, and one that shows it too.
    """
    mail = EmailMessage(policy=SMTP_POLICY)
    domain = sender.rpartition("@")[2] or HELO
    number = sha256(message.key.encode()).hexdigest()[:32]
    mail["From"] = sender
    mail["To"] = message.address
    mail["Subject"] = one_line(message.subject)
    mail["Message-ID"] = f"<{number}@{domain}>"
    mail["Date"] = format_datetime(datetime.fromtimestamp(message.at / 1_000, UTC))
    mail["Auto-Submitted"] = "auto-generated"
    if message.severity >= URGENT:
        mail["X-Priority"] = "1"
        mail["Importance"] = "high"
    text = lines(message.body or message.subject)
    mail.set_content(text, charset="utf-8", cte="base64")
    if picture:
        _show(mail, text, picture, f"{number}.picture@{domain}")
    return mail


def _show(mail: EmailMessage, text: str, picture: bytes, name: str) -> None:
    """The version with the picture, which is inside the mail and fetched from nowhere."""
    shown = (
        '<!doctype html><html lang="zh"><body style="font-family:sans-serif">'
        f'<pre style="font:inherit;white-space:pre-wrap">{escape(text)}</pre>'
        f'<img src="cid:{name}" alt="" style="max-width:100%"></body></html>'
    )
    mail.add_alternative(shown, subtype="html", charset="utf-8", cte="base64")
    version = mail.get_payload()[-1]  # type: ignore[index]
    assert isinstance(version, EmailMessage)  # noqa: S101 - it has just been added
    version.add_related(picture, "image", "png", cid=f"<{name}>", disposition="inline")
