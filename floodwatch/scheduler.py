"""The timetable: APScheduler runs what has a timetable, and is replaced when it falls silent."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from floodwatch.model.clock import SECOND, Clock
from floodwatch.store.clockwork import job_done, job_failed
from floodwatch.store.database import Database

log = logging.getLogger(__name__)

POLLERS, REPORTS = "pollers", "reports"  # a hung report must not keep a poller waiting


@dataclass(frozen=True, slots=True)
class Job:
    """Something done every `every` ms; `work` gets service time and the engine's epoch."""

    name: str
    every: int
    work: Callable[[], object]
    executor: str = REPORTS


class Timetable:
    """Runs jobs. "Due" is that the last success is older than the interval, on monotonic time."""

    def __init__(
        self,
        database: Database,
        jobs: Sequence[Job],
        *,
        clock: Clock,
        now: Callable[[], int],
        epoch: int,
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._clock = clock
        self._now = now
        self._epoch = epoch
        self._last = {job.name: clock.monotonic() for job in jobs}
        self._scheduler = self._start()

    def watch(self) -> None:
        """Called by the tick loop: a scheduler that let a job lie twice its interval is replaced.

        A step of the wall clock or hung jobs can silence APScheduler without an event.
        """
        elapsed = self._clock.monotonic()
        overdue = [
            job.name
            for job in self._jobs
            if (elapsed - self._last[job.name]) * SECOND > 2 * job.every
        ]
        if overdue:
            log.error("jobs overdue, the scheduler is replaced: %s", ", ".join(overdue))
            self._scheduler.shutdown(wait=False)
            self._last = {job.name: elapsed for job in self._jobs}
            self._scheduler = self._start()

    def stop(self) -> None:
        """End the timetable without waiting for a running job."""
        self._scheduler.shutdown(wait=False)

    def _start(self) -> BackgroundScheduler:
        scheduler = BackgroundScheduler(
            executors={POLLERS: ThreadPoolExecutor(8), REPORTS: ThreadPoolExecutor(2)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone=UTC,
        )
        scheduler.add_listener(
            _report, EVENT_JOB_ERROR | EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES
        )
        for job in self._jobs:
            scheduler.add_job(
                self._run,
                "interval",
                args=[job],
                id=job.name,
                seconds=job.every / SECOND,
                executor=job.executor,
                next_run_time=datetime.now(UTC),
            )
        scheduler.start()
        return scheduler

    def _run(self, job: Job) -> None:
        try:
            job.work()
        except Exception as error:  # the boundary of a job: it is logged and shown, others go on
            log.exception("job %s failed", job.name)
            with self._database.write(epoch=self._epoch) as tx:
                job_failed(tx, job.name, every=job.every, error=str(error), now=self._now())
            return
        with self._database.write(epoch=self._epoch) as tx:
            job_done(tx, job.name, every=job.every, now=self._now())
        self._last[job.name] = self._clock.monotonic()


def _report(event: JobEvent) -> None:
    log.error("job %s: scheduler event %s", event.job_id, event.code)
