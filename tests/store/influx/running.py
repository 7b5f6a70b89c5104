"""Real servers for the mirror: InfluxDB 1.6.7 with authentication, and VictoriaMetrics."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from tests.servers import free_port, missing

ADMIN, USER, PASSWORD, DATABASE = "admin", "floodwatch", "示范-密码 1'", "示范"


class Influx:
    """An influxd that can be stopped, killed and started again over its data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self._rpc = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "influx.conf").write_text("reporting-disabled = true\n")

    def start(self) -> None:
        """Start it and wait until it answers."""
        environment = {
            "INFLUXDB_BIND_ADDRESS": f"127.0.0.1:{self._rpc}",
            "INFLUXDB_HTTP_BIND_ADDRESS": f"127.0.0.1:{self.port}",
            "INFLUXDB_HTTP_AUTH_ENABLED": "true",
            "INFLUXDB_META_DIR": str(self.folder / "meta"),
            "INFLUXDB_DATA_DIR": str(self.folder / "data"),
            "INFLUXDB_DATA_WAL_DIR": str(self.folder / "wal"),
            "INFLUXDB_MONITOR_STORE_ENABLED": "false",
            "INFLUXDB_HTTP_LOG_ENABLED": "false",
        }
        with (self.folder / "influx.log").open("ab") as log:
            self._process = subprocess.Popen(
                ["influxd", "-config", str(self.folder / "influx.conf")],
                env={**os.environ, **environment},
                stdout=log,
                stderr=log,
            )
        answers(f"{self.url}/ping")

    def kill(self) -> None:
        """kill -9."""
        assert self._process
        self._process.kill()
        self._process.wait(10)

    def stop(self) -> None:
        """As an operator stops it."""
        assert self._process
        self._process.terminate()
        self._process.wait(20)

    def set_up(self) -> None:
        """The administrator, a database, and a user who may read and write only there."""
        quoted = PASSWORD.replace("'", "\\'")
        self._ask(f"CREATE USER {ADMIN} WITH PASSWORD 'root' WITH ALL PRIVILEGES", auth=False)
        for statement in (
            f'CREATE DATABASE "{DATABASE}"',
            f"CREATE USER {USER} WITH PASSWORD '{quoted}'",
            f'GRANT ALL ON "{DATABASE}" TO {USER}',
        ):
            self._ask(statement)

    def empty(self) -> None:
        """Drop everything that is in the database."""
        self._ask(f'DROP DATABASE "{DATABASE}"')
        self._ask(f'CREATE DATABASE "{DATABASE}"')
        self._ask(f'GRANT ALL ON "{DATABASE}" TO {USER}')

    def count(self, measurement: str) -> int:
        """How many points there are of a variable."""
        asked = f'SELECT COUNT(value) FROM "{DATABASE}".."{measurement}"'
        [result] = self._ask(asked)["results"]
        return int(result["series"][0]["values"][0][1]) if "series" in result else 0

    def _ask(self, statement: str, *, auth: bool = True) -> Any:
        response = requests.post(
            f"{self.url}/query",
            params={"q": statement},
            auth=(ADMIN, "root") if auth else None,
            timeout=10,
        )
        assert response.status_code == 200, response.text
        document = response.json()
        assert "error" not in document["results"][0], document
        return document


@contextmanager
def influx(folder: Path) -> Iterator[Influx]:
    """A running influxd with its users."""
    if shutil.which("influxd") is None:
        missing("InfluxDB (apt-get install influxdb)")
    folder.mkdir(parents=True, exist_ok=True)
    server = Influx(folder)
    server.start()
    try:
        server.set_up()
        yield server
    finally:
        server.kill()


@contextmanager
def victoria(folder: Path) -> Iterator[str]:
    """A running VictoriaMetrics; its address."""
    if shutil.which("victoria-metrics") is None:
        missing("VictoriaMetrics (apt-get install victoria-metrics)")
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    with (folder / "victoria.log").open("ab") as log:
        process = subprocess.Popen(
            [
                "victoria-metrics",
                f"-httpListenAddr=127.0.0.1:{port}",
                f"-storageDataPath={folder / 'data'}",
                "-retentionPeriod=100y",
                "-search.latencyOffset=0s",
            ],
            stdout=log,
            stderr=log,
        )
    try:
        answers(f"http://127.0.0.1:{port}/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait(10)


def answers(url: str) -> None:
    """Wait until something answers there."""
    for _ in range(400):
        try:
            requests.get(url, timeout=2)
        except requests.RequestException:
            time.sleep(0.05)
            continue
        return
    raise AssertionError(f"{url} does not answer")
