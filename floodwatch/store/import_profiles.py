"""Import profiles: a mapping that was found right, kept under a name; every change in the audit."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select

from floodwatch.store.database import Transaction
from floodwatch.store.source_tables import import_profile
from floodwatch.store.tables import audit


class Profile(NamedTuple):
    """The options of an import under a name, and who found them right."""

    name: str
    who: str
    at: int  # service ms
    options: dict[str, Any]


_COLUMNS = [import_profile.c[name] for name in Profile._fields]


def all_profiles(connection: Connection) -> list[Profile]:
    """Every profile, by name."""
    statement = select(*_COLUMNS).order_by(import_profile.c.name)
    return [Profile._make(row) for row in connection.execute(statement)]


def get(connection: Connection, name: str) -> Profile | None:
    """One profile."""
    statement = select(*_COLUMNS).where(import_profile.c.name == name)
    row = connection.execute(statement).first()
    return Profile._make(row) if row else None


def save(tx: Transaction, name: str, options: Mapping[str, Any], *, who: str, now: int) -> None:
    """Keep a profile; one of that name is replaced."""
    before = get(tx.connection, name)
    tx.connection.execute(delete(import_profile).where(import_profile.c.name == name))
    row = {"name": name, "who": who, "at": now, "options": dict(options), "rev": tx.rev}
    tx.connection.execute(insert(import_profile).values(row))
    _audit(tx, "profile", f"import profile {name} saved", who, now, before, dict(options))


def remove(tx: Transaction, name: str, *, who: str, now: int) -> bool:
    """Delete a profile; whether there was one."""
    before = get(tx.connection, name)
    if before is None:
        return False
    tx.connection.execute(delete(import_profile).where(import_profile.c.name == name))
    _audit(tx, "profile", f"import profile {name} deleted", who, now, before, None)
    return True


def _audit(
    tx: Transaction,
    action: str,
    what: str,
    who: str,
    now: int,
    before: Profile | None,
    after: dict[str, Any] | None,
) -> None:
    row = {
        "at": now,
        "who": who,
        "action": action,
        "what": what,
        "before": before.options if before else None,
        "after": after,
    }
    tx.connection.execute(insert(audit).values(row))
