"""What `run` and `web` say when they cannot start: one sentence, exit 1."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from floodwatch.bootstrap import open_services
from floodwatch.model.errors import Refused


def start(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command as a shell would start it, which must end by itself."""
    shared = ["--config", str(folder / "config"), "--data", str(folder / "data")]
    command = [sys.executable, "-m", "floodwatch", *arguments, *shared]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_without_any_configuration_run_says_how_to_write_one(tmp_path: Path) -> None:
    result = start(tmp_path, "run", "--port", "0", "--push-port", "0")
    assert (result.returncode, result.stdout) == (1, "")
    assert f"floodwatch: there is no folder {tmp_path / 'config'}" in result.stderr
    assert "floodwatch init" in result.stderr


def test_pages_that_cannot_listen_say_which_port_is_taken(tmp_path: Path) -> None:
    assert start(tmp_path, "user", "list").returncode == 0
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = start(tmp_path, "web", "--port", port)
    assert (result.returncode, "Traceback" in result.stderr) == (1, False)
    assert f"cannot listen on 127.0.0.1 port {port}" in result.stderr


def test_a_database_whose_library_is_not_installed_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    address = 'database = "postgresql+psycopg://floodwatch@127.0.0.1/floodwatch"'
    (tmp_path / "floodwatch.toml").write_text(f"[service]\n{address}\n", "utf-8")

    with pytest.raises(Refused, match=r"library psycopg.*requirements-extras\.lock"):
        open_services(tmp_path, tmp_path / "data")
