"""The versions of the configuration: append-only, each with its audit entry."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, select, text

from floodwatch.model.errors import Problem
from floodwatch.store.clockwork import set_setting, setting
from floodwatch.store.database import Transaction
from floodwatch.store.dialect import dialect_of
from floodwatch.store.tables import audit, config_version

REFUSED = "config_refused"
_NEWEST = text("SELECT MAX(id) FROM config_version")


def newest(connection: Connection) -> int:
    """The number of the version in force; 0 when there is none yet."""
    ((found,),) = dialect_of(connection.dialect.name).ask(connection, _NEWEST, {})
    return int(found or 0)


def latest(connection: Connection) -> tuple[int, dict[str, Any]] | None:
    """Number and documents of the version in force."""
    return version(connection, newest(connection))


def version(connection: Connection, number: int) -> tuple[int, dict[str, Any]] | None:
    """Number and documents of a version; None when there is no such version."""
    row = connection.execute(
        select(config_version.c.id, config_version.c.documents).where(config_version.c.id == number)
    ).one_or_none()
    return (int(row.id), row.documents) if row else None


def newest_hash(connection: Connection) -> str | None:
    """The content hash of the version in force."""
    return connection.execute(
        select(config_version.c.hash).where(config_version.c.id == newest(connection))
    ).scalar_one_or_none()


def content_hash(documents: Mapping[str, Any]) -> str:
    """SHA-256 of the documents in canonical JSON."""
    canonical = json.dumps(documents, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def insert(tx: Transaction, documents: Mapping[str, Any], *, who: str, now: int) -> int:
    """The number of a new version, written with its audit entry; of the one in force if equal."""
    before, digest = newest(tx.connection), content_hash(documents)
    if newest_hash(tx.connection) == digest:
        return before
    row = {"hash": digest, "at": now, "who": who, "documents": dict(documents)}
    number = tx.connection.execute(
        config_version.insert().values(**row).returning(config_version.c.id)
    ).scalar_one()
    tx.connection.execute(
        audit.insert().values(
            at=now,
            who=who,
            action="config",
            what=_changes(tx.connection, before, documents),
            before={"version": before} if before else None,
            after={"version": number, "hash": digest},
        )
    )
    return int(number)


def refused(tx: Transaction, problems: Iterable[Problem] | None, *, now: int) -> None:
    """Note that the folder has errors and the last good version stays; None: it has none now."""
    noted = [problem.as_dict() for problem in problems or ()]
    set_setting(tx, REFUSED, {"at": now, "problems": noted} if noted else {})


def refusal(connection: Connection) -> dict[str, Any] | None:
    """What `refused` noted: {"at", "problems"}; None when the folder has no errors."""
    return setting(connection, REFUSED) or None


def _changes(connection: Connection, before: int, documents: Mapping[str, Any]) -> str:
    """Which files a version adds, changes or leaves out."""
    found = version(connection, before)
    old = found[1] if found else {}
    words = [f"new {name}" for name in documents if name not in old]
    words += [name for name in documents if name in old and old[name] != documents[name]]
    words += [f"removed {name}" for name in old if name not in documents]
    return ", ".join(words)
