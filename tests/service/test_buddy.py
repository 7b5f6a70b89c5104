"""The buddy: silent while answers are good, loud when they are not, and it tells of the end."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from floodwatch import buddy
from floodwatch.buddy import Answer, Buddy, Watch, judge
from tests.service.running import free_port, post

GOOD = Answer(True, "")
BAD = Answer(False, "no answer")


@dataclass
class Service:
    """What stands in for a FloodWatch: its answers, who asked, and what a webhook was told."""

    status: int = 200
    facts: dict[str, Any] = field(default_factory=lambda: {"status": "ok"})
    moves: bool = True
    asked: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/healthz"


@contextmanager
def service() -> Iterator[Service]:
    made = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(self.path)
            facts = {**made.facts, "epoch": 1, "beat": len(made.asked) if made.moves else 7}
            self._answer(made.status, json.dumps(facts).encode())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.told.append(json.loads(body)["text"])
            self._answer(200, b"")

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "facts", "good"),
    [
        (200, {"status": "ok", "beat": 2, "epoch": 1}, True),
        (200, {"ok": True}, True),
        (200, {"status": "ok", "beat": 1, "epoch": 1}, False),
        (200, {"status": "ok", "loops": {"tick": {"fresh": True}}}, True),
        (200, {"status": "ok", "loops": {"tick": {"fresh": True}, "sender": {}}}, False),
        (200, {"status": "a loop stands"}, False),
        (503, {"status": "ok"}, False),
        (200, [], False),
    ],
)
def test_an_answer_is_good_when_loops_are_fresh_and_the_beat_moves(
    status: int, facts: object, good: bool
) -> None:
    assert judge(status, json.dumps(facts).encode(), (1, 1)).good is good


def test_a_page_that_is_no_answer_of_ours_is_not_good() -> None:
    assert not judge(200, b"<html>It works!</html>", None).good


def seen(watch: Watch, answers: list[tuple[float, Answer]]) -> list[float]:
    """When it spoke, each message being taken at once."""
    said = []
    for at, answer in answers:
        if message := watch.see(answer, now=at):
            said.append(at)
            watch.taken(message)
    return said


def test_silence_is_told_after_two_minutes_again_after_ten_and_its_end_too() -> None:
    answers = [(0.0, GOOD)] + [(float(t), BAD) for t in range(20, 1000, 20)] + [(1000.0, GOOD)]
    answers += [(float(t), GOOD) for t in range(1020, 1300, 20)]
    assert seen(Watch("甲机"), answers) == [120.0, 720.0, 1000.0]


def test_a_short_silence_is_not_told() -> None:
    answers = [(float(t), GOOD if t % 120 == 0 else BAD) for t in range(0, 2000, 20)]
    assert seen(Watch("甲机"), answers) == []


def test_a_service_that_never_answered_is_told_of_too() -> None:
    assert seen(Watch("甲机"), [(float(t), BAD) for t in range(0, 200, 20)]) == [120.0]


def test_a_message_that_nobody_took_is_said_until_somebody_does() -> None:
    watch = Watch("甲机")
    watch.see(GOOD, now=0)
    said = [t for t in range(20, 300, 10) if watch.see(BAD, now=float(t))]
    assert said == [120, 150, 180, 210, 240, 270]


def test_the_buddy_asks_by_its_name_and_alarms_by_mail_and_webhook() -> None:
    with service() as asked, post() as mails:
        ways = buddy.ways(
            {
                "smtp": {
                    "host": "127.0.0.1",
                    "port": mails.port,
                    "from": "buddy@example.org",
                    "to": ["duty@example.org"],
                    "security": "none",
                },
                "webhook": {"url": asked.url},
            }
        )
        made = Buddy([asked.url], ways, Watch("甲机", after=0.0), caller="乙机")
        assert made.round().good
        assert made.round().good
        assert asked.asked[0] == "/healthz?buddy=%E4%B9%99%E6%9C%BA"
        asked.moves = False
        made.round()
        assert not made.round().good
        assert "甲机" in asked.told[0]
        assert "beat" in asked.told[0]
        assert "甲机" in mails.mails[0].subject
        asked.moves = True
        assert made.round().good
        assert "恢复" in asked.told[-1]


def test_a_way_that_fails_keeps_back_no_other() -> None:
    with service() as asked:
        dead = f"http://127.0.0.1:{free_port()}/"
        ways = buddy.ways({"webhook": {"url": asked.url}, "command": {"run": ["false"]}})
        assert buddy.tell("试", ways)
        assert not buddy.tell("试", buddy.ways({"webhook": {"url": dead}}))


def test_a_command_gets_the_message_as_its_last_argument(tmp_path: Path) -> None:
    out = tmp_path / "out"
    ways = buddy.ways({"command": {"run": ["sh", "-c", f'printf %s "$1" > {out}', "sh"]}})
    assert buddy.tell("水位", ways)
    assert out.read_text("utf-8") == "水位"


def test_the_file_alone_watches_and_alarms(tmp_path: Path) -> None:
    alone = tmp_path / "buddy.py"
    assert buddy.__file__
    alone.write_bytes(Path(buddy.__file__).read_bytes())
    with service() as asked:
        asked.status = 503
        settings = tmp_path / "buddy.toml"
        settings.write_text(
            f'name = "甲机"\nurls = ["{asked.url}"]\nafter = 0.2\nevery = 0.05\n'
            f'[webhook]\nurl = "{asked.url}"\n',
            "utf-8",
        )
        made = subprocess.Popen(
            [sys.executable, "-I", str(alone), "--config", str(settings)],
            stderr=subprocess.PIPE,
        )
        try:
            assert made.stderr
            line = next(one for one in made.stderr if "告警".encode() in one)
            assert b"sent by webhook" in line
        finally:
            made.terminate()
            made.communicate()
    assert "HTTP 503" in asked.told[0]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "--url"),
        (["--url", "http://127.0.0.1:1/healthz"], "[smtp]"),
        (["--config", "/nowhere.toml"], "/nowhere.toml"),
    ],
)
def test_what_is_missing_is_said(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert buddy.main(arguments) == 1
    assert said in capsys.readouterr().err
