"""The timetable: APScheduler runs what has a timetable, and is replaced when it falls silent."""

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler

from floodwatch.model.clock import SECOND, Clock
from floodwatch.store.clockwork import forget_job, job_done, job_failed
from floodwatch.store.clockwork import jobs as jobs_known
from floodwatch.store.database import Database

log = logging.getLogger(__name__)

POLLERS, REPORTS = "pollers", "reports"  # a hung report must not keep a poller waiting
PULSE = "pulse"
PULSE_S = 3  # the scheduler shows so often that it lives
SILENT_S = 12.0  # without a pulse it is replaced: a step of the wall clock silences it


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
        turn: Callable[[bool], object] = lambda worked: None,
    ) -> None:
        self._turn = turn
        self._database = database
        self._fixed = tuple(jobs)
        self._jobs = self._fixed
        self._changing = threading.Lock()
        self._clock = clock
        self._now = now
        self._epoch = epoch
        self._last = {job.name: clock.monotonic() for job in jobs}
        self._done: dict[str, float] = {}
        self._beaten = clock.monotonic()
        self._scheduler = self._start()

    def put(self, jobs: Sequence[Job]) -> None:
        """Beside those it began with, keep these jobs from now on; new and changed ones are due.

        One that is running goes on to its end.
        """
        with self._changing:
            before = {job.name: job for job in self._jobs[len(self._fixed) :]}
            after = {job.name: job for job in jobs}
            for name in before.keys() - after.keys():
                self._forget(name)
            self._jobs = (*self._fixed, *after.values())
            for name, job in after.items():
                if before.get(name) != job:
                    self._last[name] = self._clock.monotonic()
                    self._done.pop(name, None)
                    self._add(self._scheduler, job, datetime.now(UTC))
            kept = {job.name for job in self._jobs}
        with self._database.read() as connection:
            gone = jobs_known(connection).keys() - kept
        if gone:
            with self._database.write(epoch=self._epoch) as tx:
                for name in gone:
                    forget_job(tx, name)

    def _forget(self, name: str) -> None:
        self._last.pop(name, None)
        self._done.pop(name, None)
        with suppress(JobLookupError):
            self._scheduler.remove_job(name)

    def hurry(self, name: str) -> None:
        """A job is due now."""
        with self._changing, suppress(JobLookupError):
            self._scheduler.modify_job(name, next_run_time=datetime.now(UTC))

    def watch(self) -> None:
        """Called by the tick loop: a scheduler that let a job lie twice its interval is replaced.

        A step of the wall clock or hung jobs can silence APScheduler without an event.
        """
        with self._changing:
            self._replace_a_silent_one()

    def _replace_a_silent_one(self) -> None:
        elapsed = self._clock.monotonic()
        overdue = [
            job.name
            for job in self._jobs
            if (elapsed - self._last[job.name]) * SECOND > 2 * job.every
        ]
        silent = elapsed - self._beaten > SILENT_S
        if overdue or silent:
            told = f"jobs overdue: {', '.join(overdue)}" if overdue else "no pulse"
            log.error("the scheduler is replaced: %s", told)
            self._scheduler.shutdown(wait=False)
            for name in overdue:
                self._last[name] = elapsed
            self._beaten = elapsed
            self._scheduler = self._start()

    def _pulse(self) -> None:
        self._beaten = self._clock.monotonic()
        self._turn(True)

    def stop(self) -> None:
        """End the timetable without waiting for a running job."""
        self._scheduler.shutdown(wait=False)

    def _start(self) -> BackgroundScheduler:
        scheduler = BackgroundScheduler(
            executors={
                POLLERS: ThreadPoolExecutor(8),
                REPORTS: ThreadPoolExecutor(2),
                PULSE: ThreadPoolExecutor(1),
            },
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone=UTC,
        )
        scheduler.add_listener(
            _report, EVENT_JOB_ERROR | EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES
        )
        now = datetime.now(UTC)
        scheduler.add_job(
            self._pulse, "interval", id=PULSE, seconds=PULSE_S, executor=PULSE, next_run_time=now
        )
        for job in self._jobs:
            self._add(scheduler, job, now + self._left(job))
        scheduler.start()
        return scheduler

    def _add(self, scheduler: BackgroundScheduler, job: Job, due: datetime) -> None:
        scheduler.add_job(
            self._run,
            "interval",
            args=[job],
            id=job.name,
            seconds=job.every / SECOND,
            executor=job.executor,
            next_run_time=due,
            replace_existing=True,
        )

    def _left(self, job: Job) -> timedelta:
        """Until a job is due: at once, unless this engine has done it within its interval."""
        done = self._done.get(job.name)
        since = float("inf") if done is None else self._clock.monotonic() - done
        return timedelta(seconds=max(0.0, job.every / SECOND - since))

    def _run(self, job: Job) -> None:
        try:
            job.work()
        except Exception as error:  # the boundary of a job: it is logged and shown, others go on
            log.exception("job %s failed", job.name)
            with self._database.write(epoch=self._epoch) as tx:
                job_failed(tx, job.name, every=job.every, error=str(error), now=self._now())
            return
        if job not in self._jobs:  # it was taken off meanwhile
            return
        with self._database.write(epoch=self._epoch) as tx:
            job_done(tx, job.name, every=job.every, now=self._now())
        self._last[job.name] = self._done[job.name] = self._clock.monotonic()


def _report(event: JobEvent) -> None:
    log.error("job %s: scheduler event %s", event.job_id, event.code)
