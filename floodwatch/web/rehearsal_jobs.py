"""Rehearsals that run in this process: one thread each, watched and stopped from the page."""

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from floodwatch.model.clock import Clock
from floodwatch.pipeline.comparing import Comparison
from floodwatch.pipeline.drafts import Task
from floodwatch.web import jobs

KEPT = 8  # finished rehearsals that can be looked at again
Work = Callable[[Callable[[int, int], None], Callable[[], bool]], Comparison]


@dataclass
class Job(jobs.Job):
    """One rehearsal while it runs and after. `draft`: the texts that were tried."""

    task: Task
    who: str
    draft: Mapping[str, str]
    progress: tuple[int, int] = (0, 1)
    found: Comparison | None = None
    seconds: float = 0.0


class Jobs(jobs.Jobs[Job]):
    """The rehearsals of this process; one at a time, so that the pages stay quick."""

    kind = "rehearsal"
    busy = "another rehearsal is running; wait until it is done or stop it"
    failed = "internal error; the log says more"
    kept = KEPT
    log = logging.getLogger(__name__)

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def all(self) -> list[Job]:
        """Those still known, the newest first."""
        return list(self._jobs.values())[::-1]

    def start(self, task: Task, work: Work, *, who: str, draft: Mapping[str, str]) -> Job:
        """Begin; Refused while another rehearsal of this process runs."""
        job = Job(secrets.token_hex(12), task, who, draft)

        def show(done: int, of: int) -> None:
            job.progress = (done, of)

        def run() -> None:
            began = self._clock.monotonic()
            try:
                job.found = work(show, job.cancelled.is_set)
            finally:
                job.seconds = self._clock.monotonic() - began

        return self.begin(job, run)
