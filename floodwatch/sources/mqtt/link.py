"""One connection to a broker: what arrives is handed on; nothing is acknowledged by itself."""

import contextlib
import logging
import ssl
import threading
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from floodwatch.model.clock import Clock
from floodwatch.model.errors import Refused
from floodwatch.sources.mqtt.settings import MqttTable

log = logging.getLogger(__name__)

ANSWER_S = 15.0  # until the broker has let us in


class Message(NamedTuple):
    """What arrived, and over which connection: only there it can be acknowledged."""

    link: "Link"
    topic: str
    payload: bytes
    qos: int
    number: int  # the broker's, among those not yet acknowledged
    retained: bool
    again: bool  # it was sent before
    at: float  # monotonic seconds


class _Context(ssl.SSLContext):
    """Closes the socket that paho leaves open when the broker is not trusted."""

    made: ssl.SSLSocket | None = None

    def wrap_socket(self, *given: Any, **named: Any) -> ssl.SSLSocket:
        """As the base does it."""
        self.made = super().wrap_socket(*given, **named)
        return self.made

    def close(self) -> None:
        """Close what was made last."""
        if self.made is not None:
            self.made.close()


def _trusting(table: MqttTable) -> _Context:
    context = _Context(ssl.PROTOCOL_TLS_CLIENT)  # asks for a certificate and compares the name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if table.ca:
        context.load_verify_locations(table.ca)
    else:
        context.load_default_certs()
    if table.cert:
        context.load_cert_chain(table.cert, table.key)
    return context


class Link:
    """A client of its own for each connection, so that no acknowledgement reaches another one.

    `take` is called by the network's thread and may wait; what it raises is logged and goes no
    further. `lost` says afterwards why the connection ended, empty when we ended it.
    """

    def __init__(
        self,
        table: MqttTable,
        password: str | None,
        *,
        subscriptions: Sequence[str],
        take: Callable[[Message], None],
        clock: Clock,
    ) -> None:
        self._table, self._take, self._subscriptions = table, take, subscriptions
        self._clock = clock
        self._ended = threading.Event()
        self._in = threading.Event()
        self._wanted: dict[int | None, list[str]] = {}
        self.lost = ""
        self.resumed = False  # the broker kept our session
        client = self._client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=table.session,
            clean_session=table.clean,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.suppress_exceptions = True
        client.connect_timeout = ANSWER_S
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        if table.user:
            client.username_pw_set(table.user, password)
        self._tls = _trusting(table) if table.tls else None
        if self._tls is not None:
            client.tls_set_context(self._tls)

    def open(self) -> None:
        """Connect and subscribe. Raises Refused or OSError with the reason."""
        host, port = self._table.address
        self._client.connect(host, port, keepalive=self._table.keepalive // 1_000)
        self._client.loop_start()
        until = self._clock.monotonic() + ANSWER_S
        while not self._in.wait(0.05):
            if self._ended.is_set():
                raise Refused(self.lost or "the broker closed the connection")
            if self._clock.monotonic() > until:
                raise Refused(f"the broker at {host}:{port} does not answer")

    def wait(self, seconds: float) -> bool:
        """Wait; True when the connection has ended meanwhile."""
        return self._ended.wait(seconds)

    def acknowledge(self, message: Message) -> None:
        """The broker may forget the message; when the link is gone, it sends it again."""
        if message.qos and not self._ended.is_set():
            self._client.ack(message.number, message.qos)

    def close(self) -> None:
        """Say good-bye and end."""
        with contextlib.suppress(OSError, ValueError):
            self._client.disconnect()
        with contextlib.suppress(AttributeError):  # the thread ended at this very moment
            self._client.loop_stop()
        if self._tls is not None:
            self._tls.close()
        self._ended.set()

    def _on_connect(self, client: Any, _data: Any, flags: Any, code: ReasonCode, *_: Any) -> None:
        if code.is_failure:
            self._end(f"the broker refuses us: {code}")
            return
        self.resumed = bool(flags.session_present)
        for topic in self._subscriptions:
            _, number = client.subscribe(topic, self._table.qos)
            self._wanted[number] = [topic]

    def _on_subscribe(self, _client: Any, _data: Any, mid: int, codes: Any, *_: Any) -> None:
        topics = self._wanted.pop(mid, [])
        refused = [t for t, code in zip(topics, codes, strict=False) if code.is_failure]
        if refused:
            self._end(f"the broker refuses the subscription to {refused[0]}")
        elif not self._wanted:
            self._in.set()

    def _on_disconnect(
        self, _client: Any, _data: Any, _flags: Any, code: ReasonCode, *_: Any
    ) -> None:
        self._end(f"the connection to the broker was lost: {code}")

    def _end(self, why: str) -> None:
        self.lost = self.lost or why
        self._ended.set()

    def _on_message(self, _client: Any, _data: Any, given: paho.MQTTMessage) -> None:
        try:
            topic = given.topic
        except UnicodeDecodeError:
            topic = "(a topic that is no UTF-8)"
        message = Message(
            *(self, topic, bytes(given.payload), given.qos, given.mid),
            *(bool(given.retain), bool(given.dup), self._clock.monotonic()),
        )
        try:
            self._take(message)
        except Exception:  # the boundary of the network's thread: reception goes on
            log.exception("a message of %s was not taken", topic[:200])
