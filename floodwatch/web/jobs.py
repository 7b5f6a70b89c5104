"""Work that takes a while: one thread each in this process, watched and stopped from a page."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from threading import Event, Lock, Thread
from typing import Generic, TypeVar

from flask import abort

from floodwatch.model.errors import FloodWatchError, Refused


@dataclass
class Job:
    """One piece of work while it runs and after."""

    token: str
    error: str = field(default="", kw_only=True)
    cancelled: Event = field(default_factory=Event, kw_only=True)
    done: Event = field(default_factory=Event, kw_only=True)


J = TypeVar("J", bound=Job)


class Jobs(Generic[J]):
    """The jobs of one kind; one at a time."""

    kind: str  # names the threads
    busy: str  # said when another one runs
    failed: str  # said on the page when a job ended by a fault of the service
    kept: int | None = None  # the newest that can be looked at again; None: all
    log: logging.Logger

    def __init__(self) -> None:
        self._lock = Lock()
        self._jobs: dict[str, J] = {}

    def get(self, token: str) -> J | None:
        """A job that is still known."""
        return self._jobs.get(token)

    def known(self, token: str) -> J:
        """A job for its page: not found when it is not known any more."""
        found = self.get(token)
        if found is None:
            abort(HTTPStatus.NOT_FOUND)
        return found

    def begin(self, job: J, work: Callable[[], None]) -> J:
        """Begin; Refused while another one of this process runs."""
        with self._lock:
            if any(not other.done.is_set() for other in self._jobs.values()):
                raise Refused(self.busy)
            if self.kept is not None:
                for token in list(self._jobs)[: 1 - self.kept]:
                    del self._jobs[token]
            self._jobs[job.token] = job
        name = f"{self.kind}-{job.token}"
        Thread(target=self._run, args=(job, work), name=name, daemon=True).start()
        return job

    def _run(self, job: J, work: Callable[[], None]) -> None:
        try:
            work()
        except FloodWatchError as error:
            job.error = str(error)
        except Exception:  # the thread's boundary: the page must be told
            self.log.exception("%s %s failed", self.kind, job.token)
            job.error = self.failed
        finally:
            job.done.set()
