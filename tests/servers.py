"""Real servers for the tests, started on free loopback ports and stopped afterwards."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

import pytest

POSTGRES_BIN = Path("/usr/lib/postgresql/15/bin")


def missing(what: str) -> NoReturn:
    """Skip, saying what is not there; where everything must be there (CI), fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing, and CI=true allows no skipping")
    pytest.skip(f"NOT RUN: {what} is missing")


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def postgres_server() -> Iterator[str]:
    """A PostgreSQL of its own; the URL up to the database name."""
    if not (POSTGRES_BIN / "initdb").exists():
        missing("PostgreSQL 15 (apt-get install postgresql-15)")
    folder = Path(tempfile.mkdtemp(prefix="floodwatch-postgres-", dir="/tmp"))
    data, port = folder / "data", free_port()
    owner = _owner()
    if owner:
        shutil.chown(folder, owner)
    try:
        _run(owner, folder, "initdb", "-D", str(data), "-A", "trust", "-U", "floodwatch",
             "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")  # fmt: skip
        options = (
            f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder}"
            " -c fsync=off -c full_page_writes=off -c max_connections=200"
        )
        _run(owner, folder, "pg_ctl", "-D", str(data), "-w", "-l", str(folder / "log"),
             "-o", options, "start")  # fmt: skip
        try:
            yield f"postgresql+psycopg://floodwatch@127.0.0.1:{port}/"
        finally:
            _run(owner, folder, "pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def mariadb_server() -> Iterator[str]:
    """A MariaDB of its own with an empty database; its URL, for user root without a password."""
    if not Path("/usr/sbin/mariadbd").exists() or shutil.which("mariadb-install-db") is None:
        missing("MariaDB (apt-get install mariadb-server)")
    folder = Path(tempfile.mkdtemp(prefix="floodwatch-mariadb-", dir="/tmp"))
    data, port = folder / "data", free_port()
    me = pwd.getpwuid(os.geteuid()).pw_name
    with (folder / "log").open("ab") as output:
        subprocess.run(
            ["mariadb-install-db", "--no-defaults", f"--datadir={data}", f"--user={me}",
             "--auth-root-authentication-method=normal", "--skip-test-db"],
            check=True, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
        server = subprocess.Popen(
            ["/usr/sbin/mariadbd", "--no-defaults", f"--datadir={data}", f"--user={me}",
             "--bind-address=127.0.0.1", f"--port={port}", f"--socket={folder}/socket",
             f"--pid-file={folder}/pid", "--innodb-flush-log-at-trx-commit=0",
             "--innodb-flush-method=nosync", "--skip-innodb-doublewrite", "--sync-frm=0",
             "--innodb-buffer-pool-size=32M", "--character-set-server=utf8mb4"],
            stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        _answers(port, server, folder / "log")
        yield f"mysql+pymysql://root@127.0.0.1:{port}/"
    finally:
        server.terminate()
        server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _answers(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a server takes connections; it must not end before that."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if server.poll() is not None:
            break
        time.sleep(0.05)
    pytest.fail(f"the server does not start: {log.read_text('utf-8', 'replace')[-2000:]}")


def _owner() -> str | None:
    """PostgreSQL refuses to run as root: whom to run it as."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        missing("the user postgres (PostgreSQL does not run as root)")
    return "postgres"


def _run(owner: str | None, folder: Path, program: str, *arguments: str) -> None:
    before = ["runuser", "-u", owner, "--"] if owner else []
    with (folder / f"{program}.out").open("ab") as output:  # a pipe would wait for the server
        subprocess.run(
            [*before, str(POSTGRES_BIN / program), *arguments],
            check=True,
            cwd="/",
            stdout=output,
            stderr=subprocess.STDOUT,
        )
