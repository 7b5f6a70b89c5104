"""Imports that run in this process: one thread each, watched and cancelled from the page."""

import logging
import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from werkzeug.datastructures import FileStorage

from floodwatch.model.errors import Refused
from floodwatch.pipeline.import_report import Progress, Report
from floodwatch.web import jobs

MOST_FILES = 50
KEPT_UPLOADS = 30
_TOKEN = re.compile(r"[0-9a-f]{24}")
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
class Job(jobs.Job):
    """One import while it runs and after."""

    names: Sequence[str]
    progress: Progress | None = None
    report: Report | None = None


class Jobs(jobs.Jobs[Job]):
    """The imports of this process; one at a time, so that live data always come through."""

    kind = "import"
    busy = "another import is running; wait until it is done or cancel it"
    failed = "internal error; the log says more. What was stored can be taken back."
    log = logging.getLogger(__name__)

    def start(self, token: str, names: Sequence[str], work: Work) -> Job:
        """Begin; Refused while another import of this process runs."""
        job = Job(token, names)

        def show(progress: Progress) -> None:
            job.progress = progress

        def run() -> None:
            job.report = work(show, job.cancelled.is_set)

        return self.begin(job, run)
