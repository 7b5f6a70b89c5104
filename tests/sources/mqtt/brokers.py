"""A mosquitto of its own for a test, and somebody who publishes."""

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.servers import free_port, missing

PROGRAM = shutil.which("mosquitto") or "/usr/sbin/mosquitto"


class Broker:
    """Keeps its sessions in `folder`, so that it can be ended and started again."""

    def __init__(self, folder: Path, settings: str = "allow_anonymous true\n") -> None:
        if not Path(PROGRAM).exists():
            missing("mosquitto (apt-get install mosquitto)")
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self._log = folder / "log"
        self._file = folder / "mosquitto.conf"
        self._file.write_text(
            f"listener {self.port} 127.0.0.1\n{settings}user root\npersistence true\n"
            f"persistence_location {folder}/\nmax_queued_messages 100000\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it takes connections."""
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                [PROGRAM, "-c", str(self._file)], stdout=output, stderr=subprocess.STDOUT
            )
        until = time.monotonic() + 20
        while time.monotonic() < until:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            if self._process.poll() is not None:
                break
            time.sleep(0.02)
        pytest.fail(f"mosquitto does not start: {self._log.read_text()[-2000:]}")

    def end(self, how: int = signal.SIGTERM) -> None:
        """End it; with SIGTERM it writes down what it holds."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(20)
            self._process = None


@contextmanager
def broker(folder: Path, settings: str = "allow_anonymous true\n") -> Iterator[Broker]:
    """A running broker."""
    made = Broker(folder, settings)
    made.start()
    try:
        yield made
    finally:
        made.end()


def publish(
    port: int,
    messages: Mapping[str, object] | list[tuple[str, object]],
    *,
    qos: int = 1,
    retain: bool = False,
    user: str = "",
    password: str = "",
) -> None:
    """Publish and wait until the broker has taken every message."""
    client = paho.Client(CallbackAPIVersion.VERSION2)
    if user:
        client.username_pw_set(user, password)
    client.max_inflight_messages_set(1000)
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        pairs = messages.items() if isinstance(messages, Mapping) else messages
        infos = [client.publish(topic, str(text), qos=qos, retain=retain) for topic, text in pairs]
        for info in infos:
            info.wait_for_publish(20)
            assert info.is_published()
    finally:
        client.disconnect()
        client.loop_stop()
