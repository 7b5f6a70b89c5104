"""The buddy: watches a FloodWatch from another machine and alarms by ways of its own.

This file needs nothing but Python: it may be copied alone and started as `python3 buddy.py`.
"""

import argparse
import contextlib
import json
import os
import smtplib
import ssl
import subprocess
import sys
import threading
import time
import tomllib
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any, NamedTuple

EVERY_S = 20.0
AFTER_S = 120.0  # so long without a good answer is an alarm
REPEAT_S = 600.0  # an alarm that goes on is repeated
RETRY_S = 30.0  # an alarm that nobody took is tried again
LIMIT_S = 15.0  # for one question, and for one way out
MOST = 65_536  # bytes of an answer
PASSWORD = "FLOODWATCH_BUDDY_SMTP_PASSWORD"  # noqa: S105 - the name of the variable


class Answer(NamedTuple):
    """What an address said: good or why not, and by what its engine shows that it moves."""

    good: bool
    why: str
    beat: tuple[int, int] | None = None


def judge(status: int, body: bytes, before: tuple[int, int] | None) -> Answer:
    """Whether an answer shows a service that lives: its loops fresh, its beat not where it was."""
    try:
        facts = json.loads(body)
    except ValueError:
        return Answer(False, f"HTTP {status} without facts")
    if not isinstance(facts, dict):
        return Answer(False, f"HTTP {status} without facts")
    beat = None
    if isinstance(facts.get("beat"), int):
        beat = (int(facts.get("epoch") or 0), int(facts["beat"]))
    if status != 200:
        return Answer(False, f"HTTP {status}: {facts.get('status') or facts.get('error')}", beat)
    if facts.get("status", "ok") != "ok":
        return Answer(False, str(facts["status"]), beat)
    loops = facts.get("loops")
    if isinstance(loops, dict):
        standing = [name for name, loop in loops.items() if not dict(loop).get("fresh")]
        if standing:
            return Answer(False, f"loops stand: {', '.join(standing)}", beat)
    if beat is not None and beat == before:
        return Answer(False, "the engine's beat does not move", beat)
    return Answer(True, "", beat)


def ask(url: str, before: tuple[int, int] | None, *, name: str) -> Answer:
    """Ask one address; it must answer in full within the limit."""
    found = [Answer(False, f"no answer within {LIMIT_S:g} s")]

    def work() -> None:
        try:
            with urllib.request.urlopen(_named(url, name), timeout=LIMIT_S) as reply:  # noqa: S310
                found[0] = judge(reply.status, reply.read(MOST), before)
        except urllib.error.HTTPError as error:
            with contextlib.suppress(OSError), error:
                found[0] = judge(error.code, error.read(MOST), before)
        except (OSError, ValueError) as error:
            found[0] = Answer(False, f"no answer: {error}")

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(LIMIT_S)
    return found[0]


def _named(url: str, name: str) -> str:
    """With our name, by which the service sees that its buddy is there."""
    sign = "&" if "?" in url else "?"
    return f"{url}{sign}buddy={urllib.parse.quote(name)}"


@dataclass(slots=True)
class Watch:
    """When to say what. Times are monotonic seconds; a message is said again until it was taken."""

    name: str
    after: float = AFTER_S
    repeat: float = REPEAT_S
    good_at: float | None = None  # when the last good answer came
    alarmed: bool = False
    said_at: float = float("-inf")
    owed: str = ""  # a message that nobody has taken yet
    tried_at: float = float("-inf")

    def see(self, answer: Answer, *, now: float) -> str:
        """Take an answer in; the message that is to be sent now, or nothing."""
        if self.good_at is None:
            self.good_at = now
        if answer.good:
            if self.alarmed:
                away = now - self.said_at_first
                self.owed = (
                    f"FloodWatch {self.name} 已恢复（中断{away / 60:.0f}分钟）。It answers again."
                )
                self.alarmed = False
                self.tried_at = float("-inf")
            self.good_at = now
        else:
            silent = now - self.good_at
            due = not self.alarmed or now - self.said_at >= self.repeat
            if silent >= self.after and due:
                self.alarmed = True
                self.said_at = now
                self.tried_at = float("-inf")
                self.owed = (
                    f"【告警】FloodWatch {self.name} 已{silent:.0f}秒无正常应答：{answer.why}。"
                    "报警可能中断，请人工值守并派人检查。"
                    f"No good answer for {silent:.0f} s: watch by hand."
                )
        if self.owed and now - self.tried_at >= RETRY_S:
            self.tried_at = now
            return self.owed
        return ""

    @property
    def said_at_first(self) -> float:
        """Since when it has been away: the last good answer before the alarm."""
        return self.good_at or 0.0

    def taken(self, message: str) -> None:
        """A way took the message."""
        if message == self.owed:
            self.owed = ""


Way = Callable[[str], None]


def ways(settings: Mapping[str, Any]) -> dict[str, Way]:
    """The ways out that are configured; each raises when it does not take a message."""
    found: dict[str, Way] = {}
    if "smtp" in settings:
        found["smtp"] = lambda text: _mail(settings["smtp"], text)
    if "webhook" in settings:
        found["webhook"] = lambda text: _post(str(settings["webhook"]["url"]), text)
    if "command" in settings:
        run = [str(word) for word in settings["command"]["run"]]
        found["command"] = lambda text: _run(run, text)
    return found


def tell(message: str, by: Mapping[str, Way]) -> bool:
    """Send by all ways at once; whether any of them took it."""
    took: list[str] = []

    def work(name: str, way: Way) -> None:
        try:
            way(message)
            took.append(name)
        except Exception as error:  # noqa: BLE001 - the other ways go on
            _log(f"{name}: {type(error).__name__}: {error}")

    threads = [threading.Thread(target=work, args=pair, daemon=True) for pair in by.items()]
    for thread in threads:
        thread.start()
    ends = time.monotonic() + 2 * LIMIT_S
    for thread in threads:
        thread.join(max(0.0, ends - time.monotonic()))
    _log(f"{'sent by ' + ', '.join(took) if took else 'NOT SENT'}: {message}")
    return bool(took)


def _mail(settings: Mapping[str, Any], text: str) -> None:
    message = EmailMessage()
    message["Subject"], message["From"] = text.partition("。")[0], str(settings["from"])
    to = settings["to"]
    message["To"] = ", ".join(to) if isinstance(to, list) else str(to)
    message.set_content(text)
    security = settings.get("security", "starttls")
    host, port = str(settings["host"]), int(settings.get("port", 25))
    made = (
        smtplib.SMTP_SSL(host, port, timeout=LIMIT_S, context=ssl.create_default_context())
        if security == "tls"
        else smtplib.SMTP(host, port, timeout=LIMIT_S)
    )
    with made as server:
        if security == "starttls":
            server.starttls(context=ssl.create_default_context())
        if settings.get("user"):
            server.login(str(settings["user"]), os.environ.get(PASSWORD, ""))
        refused = server.send_message(message)
    if len(refused):
        raise OSError(f"refused: {', '.join(refused)}")


def _post(url: str, text: str) -> None:
    request = urllib.request.Request(  # noqa: S310 - the address is our own setting
        url,
        data=json.dumps({"text": text}, ensure_ascii=False).encode(),
        headers={"Content-Type": "application/json; charset=utf-8"},
    )
    with urllib.request.urlopen(request, timeout=LIMIT_S) as reply:  # noqa: S310
        reply.read(MOST)


def _run(command: Sequence[str], text: str) -> None:
    """A command that sends a text message, such as gammu: the message is its last argument."""
    subprocess.run([*command, text], check=True, timeout=LIMIT_S, stdin=subprocess.DEVNULL)  # noqa: S603


@dataclass(slots=True)
class Buddy:
    """Asks all addresses in turn, and lets the watch decide."""

    urls: Sequence[str]
    ways: Mapping[str, Way]
    watch: Watch
    every: float = EVERY_S
    caller: str = "buddy"
    beats: dict[str, tuple[int, int] | None] = field(default_factory=dict)

    def round(self) -> Answer:
        """One round; the first address that is not well decides."""
        answers = []
        for url in self.urls:
            answer = ask(url, self.beats.get(url), name=self.caller)
            self.beats[url] = answer.beat
            where = urllib.parse.urlsplit(url).netloc
            answers.append(answer._replace(why=f"{where}: {answer.why}"))
        worst = next((answer for answer in answers if not answer.good), answers[0])
        message = self.watch.see(worst, now=time.monotonic())
        if message and tell(message, self.ways):
            self.watch.taken(message)
        return worst

    def run(self, stop: threading.Event) -> None:
        """Until told to stop."""
        good = True
        while not stop.is_set():
            answer = self.round()
            if answer.good != good:
                good = answer.good
                _log("well again" if good else answer.why)
            stop.wait(self.every)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="floodwatch buddy", description=main.__module__)
    parser.description = "Watch a FloodWatch from another machine, and alarm by ways of your own."
    parser.add_argument("--config", type=Path, help="a TOML file: urls, [smtp], [webhook] …")
    parser.add_argument("--url", action="append", default=[], help="address of /healthz; repeat")
    parser.add_argument("--name", help="of the service, for messages")
    parser.add_argument("--caller", help="the name of this buddy, as the service shows it")
    parser.add_argument("--every", type=float, help=f"seconds between questions ({EVERY_S:g})")
    parser.add_argument("--after", type=float, help=f"seconds until an alarm ({AFTER_S:g})")
    parser.add_argument("--webhook", help="an address that takes alarms")
    parser.add_argument("--test", action="store_true", help="send a trial by every way, and end")
    given = parser.parse_args(arguments)
    try:
        settings = tomllib.loads(given.config.read_text("utf-8")) if given.config else {}
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return _refuse(f"{given.config}: {error}")
    if given.webhook:
        settings["webhook"] = {"url": given.webhook}
    urls = given.url or settings.get("urls") or []
    by = ways(settings)
    if not urls:
        return _refuse("name the service: --url http://…/healthz, or urls = […] in --config")
    if not by:
        return _refuse("name a way to alarm: [smtp], [webhook] or [command] in --config")
    name = str(given.name or settings.get("name") or urllib.parse.urlsplit(urls[0]).netloc)
    if given.test:
        return 0 if tell(f"【测试】FloodWatch {name} 看护试发。A trial of the buddy.", by) else 1
    watch = Watch(
        name,
        after=float(given.after or settings.get("after", AFTER_S)),
        repeat=float(settings.get("repeat", REPEAT_S)),
    )
    buddy = Buddy(
        urls,
        by,
        watch,
        every=float(given.every or settings.get("every", EVERY_S)),
        caller=str(given.caller or settings.get("caller") or "buddy"),
    )
    _log(f"watching {', '.join(urls)}; alarms by {', '.join(by)}")
    with contextlib.suppress(KeyboardInterrupt):
        buddy.run(threading.Event())
    return 0


def _refuse(why: str) -> int:
    sys.stderr.write(f"floodwatch buddy: {why}\n")
    return 1


def _log(text: str) -> None:
    sys.stderr.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
