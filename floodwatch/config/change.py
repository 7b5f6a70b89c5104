"""From the folder into force: all of it or nothing, and a bad edit changes nothing."""

import logging
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from floodwatch.config.assemble import build
from floodwatch.config.folder import documents, signature
from floodwatch.model.errors import ConfigError, Problem
from floodwatch.store import config_log
from floodwatch.store.database import Database

_log = logging.getLogger(__name__)


def apply(database: Database, folder: Path, *, who: str, now: int) -> int:
    """Put the folder in force: the number of its version, a new one only if anything changed.

    Raises ConfigError with every problem; then nothing is changed.
    """
    return apply_texts(database, documents(folder), who=who, now=now)


def apply_texts(database: Database, texts: Mapping[str, str], *, who: str, now: int) -> int:
    """The same, of documents that need not be those of a folder."""
    build(texts)
    with database.read() as connection:
        same = config_log.newest_hash(connection) == config_log.content_hash(texts)
        if same and config_log.refusal(connection) is None:
            return config_log.newest(connection)
    with database.write() as tx:
        number = config_log.insert(tx, texts, who=who, now=now)
        config_log.refused(tx, None, now=now)
    return number


class Look(StrEnum):
    """What a look at the folder found."""

    SAME = "same"  # nothing new since the last look
    APPLIED = "applied"  # a new version is in force
    REFUSED = "refused"  # it has errors; the last good version stays in force


class Watch:
    """Looks at the folder again and again; cheap while nothing changes there.

    A change counts once it stands still from one look to the next, so that files which are being
    saved are not judged half-way.
    """

    def __init__(self, database: Database, folder: Path, *, who: str) -> None:
        self._database, self._folder, self._who = database, folder, who
        self._judged: object = None
        self._seen: object = None

    def look(self, *, now: int) -> Look:
        """Put a changed folder in force, or note what is wrong with it."""
        found = signature(self._folder) if self._folder.is_dir() else "gone"
        settled = self._judged is None or found == self._seen
        self._seen = found
        if found == self._judged or not settled:
            return Look.SAME
        before = self._newest()
        try:
            number = apply(self._database, self._folder, who=self._who, now=now)
        except ConfigError as error:
            refuse(self._database, error.problems, now=now)
            self._judged = found
            return Look.REFUSED
        self._judged = found
        return Look.SAME if number == before else Look.APPLIED

    def _newest(self) -> int:
        with self._database.read() as connection:
            return config_log.newest(connection)


def refuse(database: Database, problems: list[Problem], *, now: int) -> None:
    """Note that the folder has errors; the same errors are noted once, with their first time."""
    noted = [problem.as_dict() for problem in problems]
    with database.read() as connection:
        known = config_log.refusal(connection)
    if known is not None and known["problems"] == noted:
        return
    for problem in problems:
        _log.error("configuration refused: %s", problem)
    with database.write() as tx:
        config_log.refused(tx, problems, now=now)
