"""Rehearsals that run in this process: one thread each, watched and stopped from the page."""

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Event, Lock, Thread

from floodwatch.model.clock import Clock
from floodwatch.model.errors import FloodWatchError, Refused
from floodwatch.pipeline.comparing import Comparison
from floodwatch.pipeline.drafts import Task

KEPT = 8  # finished rehearsals that can be looked at again
log = logging.getLogger(__name__)
Work = Callable[[Callable[[int, int], None], Callable[[], bool]], Comparison]


@dataclass
class Job:
    """One rehearsal while it runs and after. `draft`: the texts that were tried."""

    token: str
    task: Task
    who: str
    draft: Mapping[str, str]
    progress: tuple[int, int] = (0, 1)
    found: Comparison | None = None
    seconds: float = 0.0
    error: str = ""
    cancelled: Event = field(default_factory=Event)
    done: Event = field(default_factory=Event)


class Jobs:
    """The rehearsals of this process; one at a time, so that the pages stay quick."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._jobs: dict[str, Job] = {}

    def get(self, token: str) -> Job | None:
        """A rehearsal that is still known."""
        return self._jobs.get(token)

    def all(self) -> list[Job]:
        """Those still known, the newest first."""
        return list(self._jobs.values())[::-1]

    def start(self, task: Task, work: Work, *, who: str, draft: Mapping[str, str]) -> Job:
        """Begin; Refused while another rehearsal of this process runs."""
        with self._lock:
            if any(not job.done.is_set() for job in self._jobs.values()):
                raise Refused("another rehearsal is running; wait until it is done or stop it")
            for token in list(self._jobs)[: 1 - KEPT]:
                del self._jobs[token]
            token = secrets.token_hex(12)
            job = self._jobs[token] = Job(token, task, who, draft)
        name = f"rehearsal-{token}"
        Thread(target=self._run, args=(job, work), name=name, daemon=True).start()
        return job

    def _run(self, job: Job, work: Work) -> None:
        def show(done: int, of: int) -> None:
            job.progress = (done, of)

        began = self._clock.monotonic()
        try:
            job.found = work(show, job.cancelled.is_set)
        except FloodWatchError as error:
            job.error = str(error)
        except Exception:  # the thread's boundary: the page must be told
            log.exception("rehearsal %s failed", job.token)
            job.error = "internal error; the log says more"
        finally:
            job.seconds = self._clock.monotonic() - began
            job.done.set()
