"""Text messages by SMPP 3.4: one lasting bind for texts, receipts and answers."""

import os
import re
import threading
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from pydantic import Field

from floodwatch.model.clock import SystemClock
from floodwatch.model.fields import Duration, Word
from floodwatch.model.notification import DeliveryReport, Incoming, Message, Result, Sent
from floodwatch.notify.channels.limited import LimitedTable
from floodwatch.notify.channels.plain import one_line
from floodwatch.notify.channels.smpp_session import Answer, Bind, Delivered, Lost, Session
from floodwatch.notify.channels.telephone import number

PASSWORD = "FLOODWATCH_SMS_SMPP_PASSWORD"  # noqa: S105 - the name of the variable
TIMEOUT_S = 20.0
UCS2 = 8
_LATER = (
    0x08,
    0x14,
    0x45,
    0x58,
    0x61,
    0x66,
)  # system error, full queue, submit failed, throttled …
_RECEIPT = re.compile(r"id:(\S+).*?stat:(\w+)", re.IGNORECASE | re.DOTALL)
_ARRIVED = ("DELIVRD", "ACCEPTD")
_FAILED = ("UNDELIV", "REJECTD", "EXPIRED", "DELETED", "UNKNOWN")
MOST = 10_000  # parts that are remembered for their receipts


class SmppTable(LimitedTable):
    """[channels.sms_smpp]; the password comes from the environment."""

    host: Word = Field(description='the message centre, such as host = "192.0.2.20"')
    port: int = Field(2775, ge=1, le=65535)
    system_id: str = Field(min_length=1, max_length=15, description="the account")
    source: str = Field("", max_length=20)  # the number texts come from
    source_ton: int = Field(0, ge=0, le=6)
    source_npi: int = Field(0, ge=0, le=18)
    signature: str = ""  # put before each text as 【signature】
    tls: bool = False
    receipts: bool = True  # ask for receipts; the centre must send them
    timeout: Duration = 20_000


class SmppChannel:
    """Sends texts in UCS-2, 70 characters or parts of 67, and takes what the centre delivers."""

    name = "sms_smpp"

    def __init__(
        self, settings: Mapping[str, Any], *, environment: Mapping[str, str] | None = None
    ) -> None:
        self.timeout = float(settings.get("timeout", TIMEOUT_S * 1_000)) / 1_000
        self._monotonic = SystemClock().monotonic
        self._clock = SystemClock()
        self._signature = str(settings.get("signature", ""))
        self._receipts = bool(settings.get("receipts", True))
        self._source = {
            "source_addr": str(settings.get("source", "")),
            "source_addr_ton": int(settings.get("source_ton", 0)),
            "source_addr_npi": int(settings.get("source_npi", 0)),
        }
        self._session = Session(
            Bind(
                str(settings["host"]),
                int(settings.get("port", 2775)),
                str(settings["system_id"]),
                PASSWORD,
                bool(settings.get("tls", False)),
                self.timeout,
            ),
            os.environ if environment is None else environment,
            self._delivered,
        )
        self._lock = threading.Lock()
        self._parts: dict[str, tuple[str, set[str]]] = {}  # part -> message, parts still open
        self._reports: dict[str, DeliveryReport] = {}
        self._waiting: dict[str, tuple[Incoming, Delivered]] = {}

    def send(self, message: Message) -> Result:
        """All parts of one text."""
        if not (to := number(message.address)):
            return Result(Sent.PERMANENT, f"{one_line(message.address)} is no telephone number")
        ends = self._monotonic() + self.timeout
        if why := self._session.bound(self.timeout / 2):
            return Result(Sent.RETRY, why)
        answers: list[Answer] = []
        try:
            for part, esm_class in self._split(message):
                left = ends - self._monotonic()
                answers.append(
                    self._session.submit(self._fields(message, to, part, esm_class), left)
                )
                if answers[-1].status:
                    break
        except Lost as error:
            return Result(Sent.UNKNOWN, str(error))
        return self._judged(answers)

    def _split(self, message: Message) -> list[tuple[bytes, int]]:
        from smpplib import gsm

        text = one_line(message.body.partition("\n")[0] or message.subject)
        # What lies outside the basic plane could be cut in two between parts.
        text = "".join(letter if ord(letter) < 0x10000 else "□" for letter in text)
        signed = f"【{self._signature}】{text}" if self._signature else text
        parts, _, esm_class = gsm.make_parts(signed, encoding=UCS2)
        return [(part, esm_class) for part in parts]

    def _fields(self, message: Message, to: str, part: bytes, esm_class: int) -> dict[str, Any]:
        reference = int(sha256(message.key.encode()).hexdigest()[:4], 16)
        return self._source | {
            "destination_addr": to[1:],
            "dest_addr_ton": 1,  # international
            "dest_addr_npi": 1,
            "short_message": part,
            "data_coding": UCS2,
            "esm_class": esm_class,
            "registered_delivery": 1 if self._receipts else 0,
            "user_message_reference": reference,
        }

    def _judged(self, answers: Sequence[Answer]) -> Result:
        last = answers[-1]
        if not last.status:
            ids = [answer.message_id for answer in answers]
            with self._lock:
                still = set(ids)
                for part in ids:
                    self._parts[part] = ids[0], still
                while len(self._parts) > MOST:
                    del self._parts[next(iter(self._parts))]
            return Result(Sent.ACCEPTED, f"{len(ids)} parts taken", ids[0])
        said = f"the message centre refuses with status 0x{last.status:02X}"
        if len(answers) > 1:
            return Result(Sent.UNKNOWN, f"{said} after some parts")
        return Result(Sent.RETRY if last.status in _LATER else Sent.PERMANENT, said)

    def receive(self) -> list[Incoming]:
        """What people have answered; the centre keeps each until it is confirmed."""
        self._session.start()
        with self._lock:
            return [incoming for incoming, _ in self._waiting.values()]

    def confirm(self, provider_ids: Sequence[str]) -> None:
        """These are stored: the centre may forget them."""
        for known in provider_ids:
            with self._lock:
                found = self._waiting.pop(known, None)
            if found:
                self._session.acknowledge(found[1])

    def close(self) -> None:
        """Unbind."""
        self._session.close()

    def _delivered(self, what: Delivered) -> bool:
        """Whether the centre may forget it at once: receipts may be lost, answers not."""
        if not what.receipt:
            text = one_line(what.text)
            known = sha256(f"{what.source} {what.sequence} {text}".encode()).hexdigest()[:32]
            sender = what.source if what.source.startswith("+") else f"+{what.source}"
            with self._lock:
                self._waiting[known] = Incoming(known, sender, text, self._clock.wall()), what
            return False
        match = _RECEIPT.search(what.text)
        part = what.receipted or (match[1] if match else "")
        stat = match[2].upper() if match else ""
        if part and stat in (*_ARRIVED, *_FAILED):
            self._note(part, stat)
        return True

    def _note(self, part: str, stat: str) -> None:
        arrived, at = stat in _ARRIVED, self._clock.wall()
        with self._lock:
            whole, still = self._parts.pop(part, (part, {part}))
            still.discard(part)
            if not arrived or not still:
                known = self._reports.get(whole)
                if known is None or known.delivered:
                    self._reports[whole] = DeliveryReport(whole, arrived, stat, at)


class ReceiptingSmppChannel(SmppChannel):
    """One whose centre sends receipts: a text without one counts as not delivered."""

    def reports(self) -> list[DeliveryReport]:
        """The receipts that have come, each once; a text is delivered when all its parts are."""
        self._session.start()
        with self._lock:
            found, self._reports = list(self._reports.values()), {}
        return found


def make(
    settings: Mapping[str, Any], *, environment: Mapping[str, str] | None = None
) -> SmppChannel:
    """The channel; with `receipts` one that promises them."""
    kind = ReceiptingSmppChannel if settings.get("receipts", True) else SmppChannel
    return kind(settings, environment=environment)
