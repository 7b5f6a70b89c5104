"""Text messages by a GSM modem: files for gammu-smsd, which moves them when they are out.

The daemon's own configuration tells its folders. A text is written elsewhere and renamed into the
outbox, so that the daemon never reads half of it; when it stands in the sent folder the network has
it, when in the error folder it will not go. Answers lie in the inbox.
"""

import configparser
import logging
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import Field

from floodwatch.model.clock import SystemClock
from floodwatch.model.errors import Refused
from floodwatch.model.fields import Duration
from floodwatch.model.notification import Incoming, Message, Result, Sent
from floodwatch.model.severity import Severity
from floodwatch.notify.channels.limited import LimitedTable
from floodwatch.notify.channels.plain import one_line
from floodwatch.notify.channels.telephone import number

_log = logging.getLogger(__name__)

TIMEOUT_S = 60.0  # a modem takes some seconds a part, one after the other
LOOK_S = 0.2
FOLDERS = ("inboxpath", "outboxpath", "sentsmspath", "errorsmspath")
_PRIORITY = {Severity.I: "A", Severity.II: "B", Severity.III: "C", Severity.IV: "D"}
_IN = re.compile(r"(IN(\d{8}_\d{6})_\d+_(\+?\d+))_(\d+)\.txt")


class GammuTable(LimitedTable):
    """[channels.sms_gammu]"""

    smsdrc: str = Field("/etc/gammu-smsdrc", pattern="^/")  # the daemon's configuration
    timeout: Duration = 60_000


class Spool(NamedTuple):
    """The folders of the daemon."""

    inbox: Path
    outbox: Path
    sent: Path
    error: Path


class GammuChannel:
    """Hands texts to gammu-smsd and waits until it has moved them.

    A try again finds the file of the one before by its name, so that an unknown outcome makes no
    second message.
    """

    name = "sms_gammu"

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._smsdrc = Path(str(settings.get("smsdrc", "/etc/gammu-smsdrc")))
        self.timeout = float(settings.get("timeout", TIMEOUT_S * 1_000)) / 1_000
        self._monotonic = SystemClock().monotonic
        self._pause = threading.Event()

    def send(self, message: Message) -> Result:
        """One text to one number."""
        if not (to := number(message.address)):
            return Result(Sent.PERMANENT, f"{one_line(message.address)} is no telephone number")
        try:
            spool = read_smsdrc(self._smsdrc)
            mark = sha256(message.key.encode()).hexdigest()[:20]
            if not _holds(spool.sent, mark) and not _holds(spool.outbox, mark):
                _put(spool, message, to, mark)
            return self._wait(spool, mark)
        except Refused as error:
            return Result(Sent.RETRY, str(error))
        except OSError as error:
            return Result(Sent.RETRY, f"the folders of gammu-smsd: {error.strerror or error}")

    def _wait(self, spool: Spool, mark: str) -> Result:
        ends = self._monotonic() + self.timeout - LOOK_S
        while True:
            if name := _holds(spool.sent, mark):
                return Result(Sent.ACCEPTED, "the network has it", name)
            waiting = _holds(spool.outbox, mark)
            if not waiting and (name := _holds(spool.error, mark)):
                (spool.error / name).unlink(missing_ok=True)  # a later try is a new one
                return Result(Sent.PERMANENT, "gammu-smsd could not send it: see its log")
            if self._monotonic() >= ends:
                where = "still lies in the outbox" if waiting else "is in none of the folders"
                return Result(Sent.UNKNOWN, f"after {self.timeout:g} s the text {where}")
            self._pause.wait(LOOK_S)

    def receive(self) -> list[Incoming]:
        """The texts in the inbox, oldest first; parts of a long one are joined."""
        try:
            return list(_incoming(read_smsdrc(self._smsdrc).inbox))
        except (Refused, OSError) as error:
            _log.error("the inbox of gammu-smsd cannot be read: %s", error)
            return []

    def confirm(self, provider_ids: Sequence[str]) -> None:
        """Remove those that are stored."""
        try:
            inbox = read_smsdrc(self._smsdrc).inbox
            for stem in provider_ids:
                for file in _parts(inbox, stem):
                    file.unlink(missing_ok=True)
        except (Refused, OSError) as error:
            _log.error("the inbox of gammu-smsd cannot be cleared: %s", error)


def read_smsdrc(path: Path) -> Spool:
    """The folders of gammu-smsd. Raises Refused when Chinese text would not survive it."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(path.read_text("utf-8"))
        settings = parser["smsd"]
    except (OSError, UnicodeDecodeError, configparser.Error, KeyError) as error:
        raise Refused(
            f"{path} cannot be read as the configuration of gammu-smsd: {error}"
        ) from None
    if settings.get("service", "files").lower() != "files":
        raise Refused(f"{path}: write Service = files")
    if settings.get("outboxformat", "detail").lower() != "detail":
        raise Refused(f"{path}: write OutboxFormat = detail, or long texts fall to pieces")
    if settings.get("transmitformat", "7bit").lower() not in ("auto", "unicode"):
        raise Refused(
            f"{path}: write TransmitFormat = auto, or Chinese text becomes question marks"
        )
    found = [settings.get(name, "") for name in FOLDERS]
    if not all(folder.startswith("/") for folder in found):
        raise Refused(f"{path}: give InboxPath, OutboxPath, SentSMSPath and ErrorSMSPath in full")
    return Spool(*map(Path, found))


def _holds(folder: Path, mark: str) -> str:
    return next((entry.name for entry in folder.glob(f"OUT*_{mark}.txt*")), "")


def _put(spool: Spool, message: Message, to: str, mark: str) -> None:
    text = one_line(message.body.partition("\n")[0] or message.subject)
    priority = _PRIORITY.get(Severity(message.severity), "D")
    stamp = datetime.fromtimestamp(message.at / 1_000).strftime("%Y%m%d_%H%M%S")  # noqa: DTZ006 - its zone
    name = f"OUT{priority}{stamp}_00_{to}_{mark}.txt"
    # Beside the outbox: a rename is whole only within one file system.
    written = spool.outbox.parent / f".{name}.part"
    written.write_bytes(b"\xff\xfe" + text.encode("utf-16-le"))
    written.chmod(0o660)
    written.rename(spool.outbox / name)


def _incoming(inbox: Path) -> Iterator[Incoming]:
    stems: dict[str, tuple[str, str]] = {}
    for file in sorted(inbox.iterdir()):
        if match := _IN.fullmatch(file.name):
            stems.setdefault(match[1], (match[2], match[3]))
    for stem, (stamp, sender) in stems.items():
        pieces = [_text(file.read_bytes()) for file in _parts(inbox, stem)]
        if all(pieces):  # an empty one is being written
            # The daemon names files by the local time of its machine.
            came = datetime.strptime(stamp, "%Y%m%d_%H%M%S").astimezone()
            yield Incoming(stem, sender, one_line("".join(pieces)), int(came.timestamp() * 1_000))


def _parts(inbox: Path, stem: str) -> list[Path]:
    if not re.fullmatch(r"IN\d{8}_\d{6}_\d+_\+?\d+", stem):
        return []
    return sorted(inbox.glob(f"{stem}_*.txt"))


def _text(raw: bytes) -> str:
    """UTF-16 with its mark, as the daemon writes it, with zeros after the end; else UTF-8."""
    coded = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
    text = (
        raw[: len(raw) // 2 * 2].decode("utf-16", "replace")
        if coded
        else raw.decode("utf-8", "replace")
    )
    return text.rstrip("\0")
