"""kill -9 while a source is polled: nothing is lost, nothing counts twice."""

import csv
import io
import json
import os
import random
import signal
import threading
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from floodwatch.model.clock import MINUTE, SystemClock
from floodwatch.model.moment import iso
from floodwatch.store.database import FILE, Database
from floodwatch.store.source_log import SourceState, states
from tests.notify.http_server import Asked, site
from tests.pipeline.town import FILES, RESERVOIR
from tests.service.running import Running, until

NUMBER = 4_000
SOURCE = """
[[sources.http]]
name = "upstream"
url = "{url}/api?since={{since}}"
allow = ["127.0.0.0/8"]
rows = "@"
station_is = "61990001"
time = "t"
values = {{v = "stage:m"}}
every = "30s"
since = "4d"
"""


@pytest.mark.parametrize("kills", [1, pytest.param(12, marks=pytest.mark.soak)])
def test_kills_while_a_source_is_polled_lose_nothing_and_double_nothing(
    tmp_path: Path, kills: int
) -> None:
    last = SystemClock().wall() // MINUTE * MINUTE
    rows = {last - n * MINUTE: round(94 + n % 90 / 100, 2) for n in range(NUMBER)}
    asked = threading.Event()

    def answer(question: Asked) -> tuple[int, bytes]:
        since = parse_qs(urlsplit(question.path).query)["since"][0]
        found = [{"t": iso(at), "v": value} for at, value in rows.items() if iso(at) >= since]
        asked.set()
        return 200, json.dumps(found[::-1]).encode()

    folder = tmp_path / "config"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, "utf-8")
    with site(answer) as upstream:
        settings = folder / "floodwatch.toml"
        settings.write_text(settings.read_text("utf-8") + SOURCE.format(url=upstream.url), "utf-8")
        service = Running(folder, tmp_path / "data")
        service.command("check", "--apply")
        dice = random.Random(6199)
        for _ in range(kills):
            asked.clear()
            engine = service.begin("engine", "--push-port", str(service.push_port))
            assert asked.wait(60)
            time.sleep(dice.uniform(0.0, 0.6))  # somewhere between the answer and the last commit
            os.killpg(engine.pid, signal.SIGKILL)
            engine.wait()
        engine = service.begin("engine", "--push-port", str(service.push_port))
        try:
            state = _state(service.data, patience=60)
        finally:
            engine.send_signal(signal.SIGINT)
            engine.wait(30)
            service.close()
        text = service.command("readings", "--station", RESERVOIR, "--variable", "stage")
    stored = {row["time"]: float(row["value"]) for row in csv.DictReader(io.StringIO(text))}
    assert stored == {iso(at): value for at, value in rows.items()}
    assert (state.failures, state.counts.rejected, state.newest) == (0, 0, last)
    assert text.count("\n") == NUMBER + 1


def _state(data: Path, *, patience: float) -> SourceState:
    """How the source stands once it has got all."""
    database = Database(f"sqlite:///{data / FILE}")

    def found() -> SourceState | None:
        with database.read() as connection:
            (state,) = states(connection).values()
        return state if state.last_success else None

    try:
        assert until(found, patience=patience)
        state = found()
        assert state
        return state
    finally:
        database.close()
