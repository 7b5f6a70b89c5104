"""A real `floodwatch run` for tests, its load, and the mail server that records what it sends."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any, NamedTuple

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Mail(NamedTuple):
    """One accepted mail, as the server saw it."""

    key: str  # Message-ID
    to: str
    subject: str
    body: str
    at: float  # monotonic seconds


class Post:
    """A mail server on loopback that records; `patience` seconds before each 250."""

    def __init__(self, *, patience: float = 0.0) -> None:
        self.mails: list[Mail] = []
        self.patience = patience
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port())

    @property
    def port(self) -> int:
        return int(self.controller.port)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        parsed = message_from_bytes(envelope.content, policy=default)
        body = parsed.get_body(("plain",))
        for to in envelope.rcpt_tos:
            text = body.get_content() if body else ""
            mail = Mail(
                str(parsed["Message-ID"]), to, str(parsed["Subject"]), text, time.monotonic()
            )
            self.mails.append(mail)
        if self.patience:
            time.sleep(self.patience)
        return "250 OK"


@contextmanager
def post(*, patience: float = 0.0) -> Iterator[Post]:
    """A running recording mail server."""
    server = Post(patience=patience)
    server.controller.start()
    try:
        yield server
    finally:
        server.controller.stop()


def free_port() -> int:
    """A port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(true: Callable[[], object], *, patience: float) -> bool:
    """Whether it became true in time."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.05)
    return False


class Running:
    """`floodwatch run` over a folder; it can be killed in parts and started again."""

    def __init__(self, folder: Path, data: Path, *, options: Sequence[str] = ()) -> None:
        self.folder, self.data, self.options = folder, data, options
        self.port, self.push_port = free_port(), free_port()
        self._environment = {**os.environ}
        self._log = (data.parent / "service.log").open("ab")
        self.process: subprocess.Popen[bytes] | None = None

    def command(self, name: str, *arguments: str, given: str = "") -> str:
        """Run one command of the service to its end; its standard output."""
        made = [sys.executable, "-m", "floodwatch", *name.split(), *arguments]
        made += ["--config", str(self.folder), "--data", str(self.data)]
        done = subprocess.run(
            made, input=given, capture_output=True, text=True, env=self._environment, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def begin(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Start one command and leave it running."""
        made = [sys.executable, "-m", "floodwatch", name, *arguments]
        made += ["--config", str(self.folder), "--data", str(self.data)]
        return subprocess.Popen(
            made, stdout=self._log, stderr=self._log, env=self._environment, start_new_session=True
        )

    def start(self) -> None:
        """Start the supervisor and wait until devices can push."""
        ports = ["--port", str(self.port), "--push-port", str(self.push_port)]
        self.process = self.begin("run", *ports, *self.options)
        self.wait_ready()

    def wait_ready(self, patience: float = 60.0) -> None:
        """Until the push port answers."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            connection = http.client.HTTPConnection("127.0.0.1", self.push_port, timeout=2)
            with closing(connection), suppress(OSError, http.client.HTTPException):
                connection.request("GET", "/healthz")
                with connection.getresponse() as response:
                    if response.status == 200:
                        return
            time.sleep(0.1)
        raise AssertionError(f"the service does not answer; see {self._log.name}")

    def parts(self) -> dict[str, int]:
        """The process numbers of supervisor, engine and web, as far as they live."""
        assert self.process
        found = {"supervisor": self.process.pid}
        with suppress(OSError):
            children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
            for pid in children.read_text().split():
                words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                found |= {name: int(pid) for name in ("engine", "web") if name.encode() in words}
        return found

    def kill(self, name: str) -> bool:
        """kill -9 of one part; a killed supervisor is started again."""
        pid = self.parts().get(name)
        if pid is None:
            return False
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        if name == "supervisor":
            assert self.process
            self.process.wait()
            self.process = self.begin(
                "run", "--port", str(self.port), "--push-port", str(self.push_port)
            )
        return True

    def close(self) -> None:
        """As Ctrl-C."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(30)
        self._log.close()

    @property
    def address(self) -> str:
        """Of the pages."""
        return f"http://127.0.0.1:{self.port}"

    def token(self, name: str = "test") -> str:
        """A token that may write every station."""
        document = json.loads(self.command("token add", name, "--json"))
        return str(document["token"])


class Device:
    """Pushes readings one by one and repeats each until it is accepted, as a logger does."""

    def __init__(self, running: Running, token: str) -> None:
        self._running = running
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._connection: http.client.HTTPConnection | None = None

    def close(self) -> None:
        """Hang up."""
        if self._connection:
            self._connection.close()
        self._connection = None

    def push(self, readings: Sequence[dict[str, Any]], *, patience: float = 90.0) -> dict[str, Any]:
        """Push until a 200 comes; its document."""
        body = json.dumps(readings)
        end = time.monotonic() + patience
        while time.monotonic() < end:
            try:
                if self._connection is None:
                    self._connection = http.client.HTTPConnection(
                        "127.0.0.1", self._running.push_port, timeout=35
                    )
                self._connection.request("POST", "/api/v1/readings", body, self._headers)
                response = self._connection.getresponse()
                answer = response.read()
                if response.status == 200:
                    return dict(json.loads(answer))
                assert response.status in (429, 503), (response.status, answer)
            except (OSError, http.client.HTTPException):
                self.close()
            time.sleep(0.05)
        raise AssertionError("a reading was not accepted in time")


def number_of(mail: Mail) -> int:
    """The alert's number in a mail."""
    found = re.search(r"警〔(\d+)〕", mail.subject + mail.body)
    assert found, mail
    return int(found.group(1))


def in_threads(works: Sequence[Any]) -> list[threading.Thread]:
    """Start each in a thread of its own."""
    threads = [threading.Thread(target=work, daemon=True) for work in works]
    for thread in threads:
        thread.start()
    return threads
