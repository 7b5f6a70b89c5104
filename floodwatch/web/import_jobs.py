"""Imports that run in this process: one thread each, watched and cancelled from the page."""

import logging
import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread

from werkzeug.datastructures import FileStorage

from floodwatch.model.errors import FloodWatchError, Refused
from floodwatch.pipeline.import_report import Progress, Report

MOST_FILES = 50
KEPT_UPLOADS = 30
_TOKEN = re.compile(r"[0-9a-f]{24}")
log = logging.getLogger(__name__)
Work = Callable[[Callable[[Progress], None], Callable[[], bool]], Report]


class Uploads:
    """Files on their way in, each upload in a folder of its own under a name made here."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, files: Iterable[FileStorage]) -> str:
        """Store the files; the token of the upload is returned."""
        given = [file for file in files if file.filename]
        if not given:
            raise Refused("no file was chosen")
        if len(given) > MOST_FILES:
            raise Refused(f"at most {MOST_FILES} files at once")
        self._tidy()
        token = secrets.token_hex(12)
        place = self._folder / token
        place.mkdir(parents=True)
        for number, file in enumerate(given, 1):
            name = _clean(file.filename or "")
            target = place / name
            file.save(target if not target.exists() else place / f"{number}-{name}")
        return token

    def paths(self, token: str) -> list[Path]:
        """The files of an upload. Raises Refused when it is not here any more."""
        place = self._folder / token
        if not _TOKEN.fullmatch(token) or not place.is_dir():
            raise Refused("these files are not here any more; choose them again")
        return sorted(path for path in place.iterdir() if path.is_file())

    def _tidy(self) -> None:
        """Only the newest uploads are kept."""
        if not self._folder.is_dir():
            return
        old = sorted(self._folder.iterdir(), key=lambda path: path.stat().st_mtime)
        for path in old[:-KEPT_UPLOADS]:
            shutil.rmtree(path, ignore_errors=True)


def _clean(name: str) -> str:
    """A file name without folders, control characters or a leading dot; never empty."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = re.sub(r"[^\w.\- ()（）]", "_", last).strip(". ")
    stem, dot, ending = kept.rpartition(".")
    return f"{(stem or ending)[:80]}{dot}{ending[:10]}" if stem else (kept[:80] or "file")


@dataclass
class Job:
    """One import while it runs and after."""

    token: str
    names: Sequence[str]
    progress: Progress | None = None
    report: Report | None = None
    error: str = ""
    cancelled: Event = field(default_factory=Event)
    done: Event = field(default_factory=Event)


class Jobs:
    """The imports of this process; one at a time, so that live data always come through."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._jobs: dict[str, Job] = {}

    def get(self, token: str) -> Job | None:
        """The job of an upload."""
        return self._jobs.get(token)

    def start(self, token: str, names: Sequence[str], work: Work) -> Job:
        """Begin; Refused while another import of this process runs."""
        with self._lock:
            if any(not job.done.is_set() for job in self._jobs.values()):
                raise Refused("another import is running; wait until it is done or cancel it")
            job = self._jobs[token] = Job(token, names)
        Thread(target=self._run, args=(job, work), name=f"import-{token}", daemon=True).start()
        return job

    def _run(self, job: Job, work: Work) -> None:
        def show(progress: Progress) -> None:
            job.progress = progress

        try:
            job.report = work(show, job.cancelled.is_set)
        except FloodWatchError as error:
            job.error = str(error)
        except Exception:  # the thread's boundary: the page must be told
            log.exception("import %s failed", job.token)
            job.error = "internal error; the log says more. What was stored can be taken back."
        finally:
            job.done.set()
