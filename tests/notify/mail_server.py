"""Real mail servers on loopback: aiosmtpd that can refuse, and bare sockets that misbehave."""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from tests.servers import free_port


@dataclass
class Recorder:
    """Keeps what it accepts; answers RCPT and the content as it is told to."""

    rcpt: dict[str, str] = field(default_factory=dict)  # address -> refusal
    content: list[str] = field(default_factory=list)  # answers to come, then 250
    taken: list[EmailMessage] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        refusal = self.rcpt.get(address)
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.content and not self.content[0].startswith("2"):
            return self.content.pop(0)
        found = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(found, EmailMessage)
        self.taken.append(found)
        return "250 taken"


@contextmanager
def mail_server(recorder: Recorder, **options: Any) -> Iterator[int]:
    """The port of a server with this recorder."""
    port = free_port()
    controller = Controller(recorder, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


Script = Callable[[socket.socket], None]


@contextmanager
def bare_server(script: Script) -> Iterator[int]:
    """The port of a socket on which `script` speaks once."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            with line:
                try:
                    script(line)
                except OSError:
                    return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
    thread.join(timeout=10)


def talk(replies: Sequence[bytes]) -> Script:
    """Greets, and answers one line each time something is said; then hangs up."""

    def script(line: socket.socket) -> None:
        for reply in replies:
            line.sendall(reply + b"\r\n")
            if not line.recv(65536):
                return

    return script
