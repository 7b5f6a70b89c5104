"""Drop folders carried out: a file is noted, imported, put away with its report, in this order.

Killed anywhere between, the next look finds the note: an import cut off is done again (what is
stored already counts as duplicate), a file done but not put away is put away.
"""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from floodwatch.model.errors import ImportRefused, StorageError
from floodwatch.model.moment import iso
from floodwatch.model.reading import Outcome
from floodwatch.model.source import Counts
from floodwatch.pipeline import import_profiles, imports
from floodwatch.pipeline.import_files import opened
from floodwatch.pipeline.import_report import Report
from floodwatch.sources.csv.options import ImportOptions
from floodwatch.sources.drop_folder import (
    DONE,
    REFUSED,
    DropFolder,
    Found,
    Link,
    Stamp,
    digest,
    free_name,
)
from floodwatch.sources.drop_settings import DropTable
from floodwatch.sources.way import Way
from floodwatch.store import dropped_files
from floodwatch.store import imports as ledger
from floodwatch.store.database import Database
from floodwatch.store.dropped_files import Taken

log = logging.getLogger(__name__)
LONGEST_NAME = 400
Document = dict[str, Any]
LINK = "a link is not followed; put the file itself here"


class _Ending(Exception):
    """The service ends: whatever is not done is done after the next start."""


@dataclass
class Dropped:
    """The poller of one drop folder. `data` is the folder that relative paths begin in."""

    table: DropTable
    way: Way
    database: Database
    data: Path
    _links: set[str] = field(default_factory=set)
    # Files that are done and could not be put away: how they were, where they belong, the report.
    _waiting: dict[str, tuple[Stamp, str, Document]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.every = self.table.every

    @cached_property
    def folder(self) -> DropFolder:
        """The folder with its memory of what is still growing."""
        table = self.table
        return DropFolder(
            self.data / table.folder,
            tuple(table.pattern),
            table.settle / 1000,
            table.companion,
            table.subfolders,
            self.way.clock.monotonic,
        )

    def poll(self) -> bool:
        """Take what is complete. Raises for a folder that cannot be read or a store that fails."""
        stuck = []
        for found in self.folder.look():
            if self.way.stopping.is_set():
                break
            if isinstance(found, Link):
                self._refuse_link(found)
                continue
            try:
                self._take(found)
            except _Ending:
                break
            except OSError as error:  # read-only, full: it is remembered what was imported
                stuck.append(f"{found.name}: {error.strerror or error}")
        if stuck:
            raise ImportRefused(f"cannot be taken or put away: {'; '.join(stuck[:5])}")
        return True

    def _refuse_link(self, link: Link) -> None:
        if link.name not in self._links:
            self._links.add(link.name)
            self.way.refused(link.name, LINK)

    # -- one file -------------------------------------------------------------------------------

    def _take(self, found: Found) -> None:
        stamp, where, document = self._waiting.get(found.name, (None, "", {}))
        if stamp == found.stamp:
            self._put_away(found, where, document)
            return
        hashed = digest(found, stopping=self.way.stopping.is_set)
        if hashed is None:  # it has changed or gone: the next look tells
            return
        name = found.name[-LONGEST_NAME:]
        with self.database.read() as connection:
            known = dropped_files.known(connection, self.table.name, name, hashed)
        if known is not None and known.state == dropped_files.DONE:
            self._put_away(found, DONE, _again(known, name))
            return
        with self.database.write() as tx:
            number = dropped_files.begin(
                tx,
                self.table.name,
                name,
                size=found.stamp[0],
                digest=hashed,
                now=self.way.now(),
            )
        where, document = self._import(found, number)
        self._put_away(found, where, document)

    def _import(self, found: Found, number: int) -> tuple[str, Document]:
        """Import a file; where it belongs and what is to be said of it."""
        try:
            report = self._run(found)
        except ImportRefused as error:
            if isinstance(error.__cause__, StorageError):
                raise error.__cause__ from error
            if not found.path.exists():
                raise _Ending from error  # gone while it was read: nothing to put away
            self._end(number, dropped_files.REFUSED, None, str(error))
            self.way.refused(found.name, str(error))
            return REFUSED, {"file": found.name, "state": REFUSED, "reason": str(error)}
        if report.state == ledger.CANCELLED:
            raise _Ending
        values = sum(account.values for account in report.files)
        rejected = report.count(Outcome.REJECTED)
        self._count(report, values, rejected)
        document = {"file": found.name, "state": DONE, **report.document()}
        if values and rejected == values:
            reason = "all values were refused"
            self._end(number, dropped_files.REFUSED, report.import_id, reason)
            self.way.refused(found.name, reason)
            return REFUSED, document | {"state": REFUSED, "reason": reason}
        self._end(number, dropped_files.DONE, report.import_id, "")
        return DONE, document

    def _run(self, found: Found) -> Report:
        district = self.way.district()
        unpacked = self.data / "uploads"
        unpacked.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix="drop-", dir=unpacked) as folder:
            return imports.run(
                self.database,
                opened([found.path], Path(folder)),
                self._options(),
                district,
                submit=self.way.submit_batch,
                who=self.way.name,
                now=self.way.now(),
                cancelled=self.way.stopping.is_set,
                folder=self.data / "rejects",
            )

    def _options(self) -> ImportOptions:
        said = self.table.said()
        if not self.table.profile:
            return replace(ImportOptions(), **said)  # type: ignore[arg-type]
        with self.database.read() as connection:
            kept = import_profiles.load(connection, self.table.profile)
        return import_profiles.with_profile(kept, said)

    def _count(self, report: Report, values: int, rejected: int) -> None:
        stored = report.count(Outcome.STORED) + report.count(Outcome.CORRECTED)
        last = [c.last for account in report.files for c in account.series.values() if c.last]
        counts = Counts(values, stored, report.count(Outcome.DUPLICATE), rejected)
        self.way.brought(counts, newest=max(last, default=None))

    def _end(self, number: int, state: str, import_id: int | None, reason: str) -> None:
        with self.database.write() as tx:
            dropped_files.end(tx, number, state=state, import_id=import_id, reason=reason)

    # -- putting away -----------------------------------------------------------------------------

    def _put_away(self, found: Found, where: str, document: Document) -> None:
        """Move the file, then write its report beside it. Raises OSError."""
        try:
            target = self.folder.put_away(found, where)
        except FileNotFoundError:
            self._waiting.pop(found.name, None)
            return
        except OSError:
            self._waiting[found.name] = (found.stamp, where, document)
            raise
        self._waiting.pop(found.name, None)
        told = document | {"at": iso(self.way.now()), "kept_as": str(target)}
        _write(target.with_name(f"{target.name}.report.json"), json.dumps(told, ensure_ascii=False))
        _write(target.with_name(f"{target.name}.report.txt"), "\n".join(_text(told)) + "\n")


def poller(database: Database, data: Path) -> Callable[[DropTable, Way], Dropped]:
    """What makes the poller of a folder from its settings."""
    return lambda table, way: Dropped(table, way, database, data)


def _again(known: Taken, name: str) -> Document:
    """What is said of a file whose bytes were imported before."""
    before = "" if known.name == name else f" as {known.name}"
    return {
        "file": name,
        "state": DONE,
        "import_id": known.import_id,
        "reason": f"taken before{before}, {iso(known.at)}: import {known.import_id}; "
        "nothing was imported again",
    }


def _write(path: Path, text: str) -> None:
    """A report that cannot be written is no reason to lose the file or to stop."""
    try:
        free_name(path).write_text(text, "utf-8")
    except OSError as error:
        log.warning("%s cannot be written: %s", path, error.strerror)


def _text(document: Document) -> Iterator[str]:
    """The report for people."""
    yield f"{document['file']}: {document['state']}"
    if document.get("reason"):
        yield str(document["reason"])
    if document.get("import_id"):
        yield f"import {document['import_id']}; floodwatch undo {document['import_id']} undoes it"
    for file in document.get("files", []):
        if file.get("refused"):
            yield f"{file['file']}: not imported: {file['refused']}"
            continue
        counts = ", ".join(f"{outcome.value} {file[outcome.value]:,}" for outcome in Outcome)
        yield f"{file['file']}: {file['lines']:,} lines, {file['values']:,} values: {counts}"
        for one in file["series"]:
            yield (
                f"  {one['station']} {one['variable']} {one['gauge']}: {one['stored']:,} stored, "
                f"{one['from']} to {one['to']}, {one['min']} to {one['max']}"
            )
        for reject in file["rejects"]:
            yield f"  line {reject['line']}: {reject['column']}: {reject['reason']}"
