"""gammu-smsd with its dummy telephone, as Debian installs it."""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers import missing

SMSDRC = """[gammu]
Device = {folder}/phone
Connection = none
Model = dummy
[smsd]
Service = files
LogFile = {folder}/log
DebugLevel = 255
InboxPath = {folder}/inbox/
OutboxPath = {folder}/outbox/
SentSMSPath = {folder}/sent/
ErrorSMSPath = {folder}/error/
InboxFormat = unicode
OutboxFormat = detail
TransmitFormat = auto
CheckSecurity = 0
CheckBattery = 0
CheckSignal = 0
LoopSleep = 1
ReceiveFrequency = 1
StatusFrequency = 0
"""


@dataclass
class Modem:
    """The daemon's folders."""

    folder: Path

    @property
    def smsdrc(self) -> Path:
        return self.folder / "smsdrc"

    def log(self) -> str:
        """What the daemon has done, each part in words."""
        return (self.folder / "log").read_text("utf-8", "replace")

    def bring(self, sender: str, text: str, *, number: int = 1) -> None:
        """A text arrives at the telephone."""
        lines = [
            "[SMSBackup000]",
            'SMSC = "+8610000000000"',
            "Sent = 20260618T042500",
            "State = UnRead",
            f'Number = "{sender}"',
            f"Text00 = {text.encode('utf-16-be').hex().upper()}",
            "Coding = Unicode_No_Compression",
            "Folder = 1",
            f"Length = {len(text)}",
            "Class = -1",
        ]
        written = self.folder / "coming"
        written.write_text("\n".join(lines) + "\n", "ascii")
        written.rename(self.folder / "phone" / "sms" / "1" / str(number))


def folders(folder: Path) -> Modem:
    """The folders alone, with nobody who works on them."""
    for name in ("inbox", "outbox", "sent", "error", *(f"phone/sms/{n}" for n in range(1, 6))):
        (folder / name).mkdir(parents=True)
    modem = Modem(folder)
    modem.smsdrc.write_text(SMSDRC.format(folder=folder), "utf-8")
    return modem


@contextmanager
def daemon(folder: Path) -> Iterator[Modem]:
    """The real daemon at work."""
    if not shutil.which("gammu-smsd"):
        missing("gammu-smsd (apt-get install gammu-smsd)")
    modem = folders(folder)
    process = subprocess.Popen(
        ["gammu-smsd", "-c", str(modem.smsdrc)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "LC_ALL": "C"},  # as started by the system: it must not need a locale
    )
    try:
        yield modem
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def mover(modem: Modem, to: str) -> Iterator[None]:
    """In the daemon's place: every text goes to that folder."""
    ending = threading.Event()

    def work() -> None:
        while not ending.wait(0.02):
            for file in sorted((modem.folder / "outbox").glob("OUT*.txt")):
                file.rename(modem.folder / to / file.name)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()
