"""Drafts of thresholds, rules and recipients, rehearsed alone or against what is in force."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from floodwatch import config
from floodwatch.model.district import District
from floodwatch.pipeline.comparing import Comparison, compare
from floodwatch.pipeline.entered import Registers
from floodwatch.pipeline.hindsight import Entered, Source
from floodwatch.pipeline.rehearse import Answers, Progress, Rehearsal, rehearse
from floodwatch.store import config_log

USUAL = Answers()

Stopping = Callable[[], bool]  # whether somebody wants it to stop
THRESHOLDS, RECIPIENTS = "thresholds.toml", "recipients.toml"


@dataclass(frozen=True, slots=True)
class Task:
    """What is rehearsed: readings with start <= time <= end (ms UTC), of all stations or some.

    `stale`: the silence of gauges too. `answers`: how people would have answered; None: nobody asks
    who would have been told.
    """

    start: int
    end: int
    stations: frozenset[str] | None = None
    stale: bool = False
    answers: Answers | None = USUAL


def in_force(connection: Connection, folder: Path) -> Mapping[str, str]:
    """The texts of the configuration in force, or the folder's when none is yet."""
    version = config_log.latest(connection)
    if version:
        return version[1]
    return config.documents(folder) if folder.is_dir() else {}


def district(texts: Mapping[str, str], draft: Mapping[str, str]) -> District:
    """What is in force with some of its files replaced. Raises ConfigError for a wrong draft."""
    if not draft:
        return config.build(texts, checked=False)
    return config.build({**texts, **draft})


def entered(connection: Connection) -> Entered:
    """What people had entered into the registers, at any past moment."""
    return Registers.read(connection)


def rehearsed(
    readings: Source,
    draft: District,
    *,
    task: Task,
    entered: Entered,
    progress: Progress = lambda done, of: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Rehearsal:
    """One draft over the task's period."""
    return rehearse(
        readings,
        draft,
        start=task.start,
        end=task.end,
        stations=task.stations,
        stale=task.stale,
        answers=task.answers,
        entered=entered,
        progress=progress,
        cancelled=cancelled,
    )


def compared(
    readings: Source,
    present: District,
    draft: District,
    *,
    task: Task,
    entered: Entered,
    progress: Progress = lambda done, of: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Comparison:
    """The present rules and the draft over the same readings."""
    both = []
    for place, one in enumerate((present, draft)):

        def halfway(done: int, of: int, place: int = place) -> None:
            progress(done + place * of, 2 * of)

        both.append(
            rehearsed(
                readings, one, task=task, entered=entered, progress=halfway, cancelled=cancelled
            )
        )
    return compare(both[0], both[1])
