"""Imports that run in this process: one thread each, watched and cancelled from the page."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from floodwatch.pipeline.import_report import Progress, Report
from floodwatch.web import jobs

Work = Callable[[Callable[[Progress], None], Callable[[], bool]], Report]


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
