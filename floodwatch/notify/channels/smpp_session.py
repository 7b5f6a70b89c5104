"""A lasting SMPP bind in a thread of its own; what is answered finds its part by its number."""

import logging
import queue
import select
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from floodwatch.model.errors import Refused
from floodwatch.outside.bounded import within
from floodwatch.outside.names import addresses
from floodwatch.outside.secret import secret

_log = logging.getLogger(__name__)

IDLE_S = 30  # after so long without a word the link is asked for life
LONGEST = 8  # letters of a password in SMPP 3.4
PAUSES_S = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)  # between binds that fail


class Bind(NamedTuple):
    """Where and as whom."""

    host: str
    port: int
    system_id: str
    password: str  # the name of the secret
    tls: bool
    seconds: float


class Answer(NamedTuple):
    """What the centre said to one part."""

    status: int
    message_id: str


class Delivered(NamedTuple):
    """Something the centre has brought: an answer of a person, or a receipt."""

    sequence: int
    source: str
    text: str
    receipt: bool
    receipted: str
    link: Any  # the client it came by; over another one it cannot be acknowledged


class Lost(Exception):
    """Nobody knows what became of a part."""


class Session:
    """One bind for many threads. `delivered` is called for what comes, and tells whether to
    acknowledge it at once."""

    def __init__(
        self, bind: Bind, environment: Mapping[str, str], delivered: Callable[[Delivered], bool]
    ) -> None:
        self._bind, self._environment, self._on_delivered = bind, environment, delivered
        self._client: Any = None
        self._why = "no bind yet"
        self._pending: dict[int, queue.SimpleQueue[Answer | None]] = {}
        self._lock = threading.RLock()  # what is written, and which answers are awaited
        self._up = threading.Event()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to bind, once."""
        with self._lock:
            if self._thread is None and not self._ending.is_set():
                self._thread = threading.Thread(target=self._run, name="smpp", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Unbind and end."""
        self._ending.set()
        self._up.set()
        with self._lock, suppress(Exception):
            if self._client is not None:
                self._client.unbind()
        self._drop("closed")

    def bound(self, seconds: float) -> str:
        """Empty when there is a bind within this time, else why there is none."""
        self.start()
        return "" if self._up.wait(seconds) and self._client is not None else self._why

    def submit(self, fields: Mapping[str, Any], seconds: float) -> Answer:
        """One part. Raises Lost when no answer comes."""
        answers: queue.SimpleQueue[Answer | None] = queue.SimpleQueue()
        with self._lock:
            client = self._client
            if client is None:
                raise Lost(f"the bind was lost: {self._why}")
            try:
                sent = client.send_message(**fields)
            except Exception as error:
                self._drop(f"the connection broke ({type(error).__name__})")
                raise Lost(self._why) from error
            self._pending[sent.sequence] = answers
        try:
            answer = answers.get(timeout=max(seconds, 0.0))
        except queue.Empty:
            raise Lost("the message centre has not answered in time") from None
        finally:
            with self._lock:
                self._pending.pop(sent.sequence, None)
        if answer is None:
            raise Lost(f"the bind was lost: {self._why}")
        return answer

    def acknowledge(self, what: Delivered) -> None:
        """The centre may forget it."""
        from smpplib import smpp

        with self._lock, suppress(Exception):  # it brings it again after the next bind
            if what.link is self._client:
                answer = smpp.make_pdu("deliver_sm_resp", client=self._client, status=0)
                answer.sequence = what.sequence
                self._client.send_pdu(answer)

    def _run(self) -> None:
        tries = 0
        while not self._ending.is_set():
            try:
                self._connect()
                tries = 0
                self._read()
            except Refused as error:
                self._drop(str(error))
            except Exception as error:  # noqa: BLE001 - whatever it is, the bind is made again
                self._drop(f"no bind with the message centre: {_words(error)}")
            self._ending.wait(PAUSES_S[min(tries, len(PAUSES_S) - 1)])
            tries += 1

    def _connect(self) -> None:
        from smpplib.client import Client

        bind = self._bind
        password = secret(self._environment, bind.password)
        if len(password.encode()) > LONGEST:
            raise Refused(f"{bind.password} is longer than SMPP's {LONGEST} characters")
        address = addresses(bind.host, bind.port, seconds=bind.seconds)[0]
        client = Client(
            address,
            bind.port,
            timeout=bind.seconds,
            allow_unknown_opt_params=True,
            logger_name="smpplib.floodwatch",
        )
        client.logger.setLevel(logging.WARNING)  # below it writes whole messages, password included
        try:
            client.connect()
            if bind.tls:
                context = ssl.create_default_context()
                client._socket = context.wrap_socket(client._socket, server_hostname=bind.host)
            within(
                bind.seconds,
                lambda: client.bind_transceiver(system_id=bind.system_id, password=password),
            )
        except BaseException:
            with suppress(Exception):
                client._socket.close()
            client._socket = None
            raise
        with self._lock:
            self._client = client
        self._up.set()
        _log.info("bound to the message centre %s", bind.host)

    def _read(self) -> None:
        client, idle = self._client, 0
        while not self._ending.is_set() and client is self._client and client is not None:
            line = client._socket
            waiting = getattr(line, "pending", int)()  # bytes that TLS has already taken in
            if not waiting and not select.select([line], [], [], 1.0)[0]:
                idle += 1
                if idle % IDLE_S == 0:
                    self._ask_for_life(client, idle)
                continue
            idle = 0
            self._take(client, client.read_pdu())

    def _ask_for_life(self, client: Any, idle: int) -> None:
        from smpplib import smpp

        if idle > 2 * IDLE_S:
            raise ConnectionError("the link is dead")
        with self._lock:
            client.send_pdu(smpp.make_pdu("enquire_link", client=client))

    def _take(self, client: Any, pdu: Any) -> None:
        from smpplib import smpp

        if pdu.command == "submit_sm_resp":
            with self._lock:
                answers = self._pending.get(pdu.sequence)
            if answers is not None:
                answers.put(Answer(int(pdu.status), _text(getattr(pdu, "message_id", b"") or b"")))
        elif pdu.command == "deliver_sm":
            what = _delivered(pdu, client)
            if self._on_delivered(what):
                self.acknowledge(what)
        elif pdu.command in ("enquire_link", "unbind"):
            answer = smpp.make_pdu(f"{pdu.command}_resp", client=client)
            answer.sequence = pdu.sequence
            with self._lock:
                client.send_pdu(answer)
            if pdu.command == "unbind":
                raise ConnectionError("the message centre has ended the bind")

    def _drop(self, why: str) -> None:
        with self._lock:
            self._why = why
            client, self._client = self._client, None
            if not self._ending.is_set():
                self._up.clear()
            for answers in self._pending.values():
                answers.put(None)
            if client is not None:
                with suppress(OSError, AttributeError):
                    client._socket.shutdown(socket.SHUT_RDWR)
                with suppress(OSError, AttributeError):
                    client._socket.close()
                client._socket = None


def _delivered(pdu: Any, client: object) -> Delivered:
    raw = bytes(pdu.short_message or getattr(pdu, "message_payload", b"") or b"")
    kind = int(pdu.esm_class or 0)
    if kind & 0x40 and raw:  # a header before the text
        raw = raw[raw[0] + 1 :]
    coding = {8: "utf-16-be", 3: "latin-1"}.get(int(pdu.data_coding or 0), "utf-8")
    receipted = getattr(pdu, "receipted_message_id", None) or b""
    return Delivered(
        int(pdu.sequence),
        _text(pdu.source_addr),
        raw.decode(coding, "replace"),
        bool(kind & 0x04),
        _text(receipted),
        client,
    )


def _text(what: object) -> str:
    found = what.decode("ascii", "replace") if isinstance(what, bytes) else str(what or "")
    return found.rstrip("\0")


def _words(error: Exception) -> str:
    return " ".join(f"{type(error).__name__} {error}".split())[:160]
