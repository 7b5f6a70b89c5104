"""Users of the pages and the record of what they did."""

from typing import Any, NamedTuple

from sqlalchemy import Connection, func, insert, select, update

from floodwatch.model.errors import Refused
from floodwatch.model.people import Role
from floodwatch.store import tables as t


class UserRow(NamedTuple):
    """One user as listed; the password's hash stays in the table."""

    id: int
    name: str
    role: str
    person: str | None
    disabled: bool
    created_at: int
    last_login: int | None


_COLUMNS = (
    t.user.c.id,
    t.user.c.name,
    t.user.c.role,
    t.user.c.person,
    t.user.c.disabled,
    t.user.c.created_at,
    t.user.c.last_login,
)


def users(connection: Connection) -> list[UserRow]:
    """Every user, by name."""
    return [UserRow(*row) for row in connection.execute(select(*_COLUMNS).order_by(t.user.c.name))]


def any_user(connection: Connection) -> bool:
    """Whether anybody can sign in yet."""
    return connection.execute(select(func.count()).select_from(t.user)).scalar_one() > 0


def user_named(connection: Connection, name: str) -> tuple[UserRow, str] | None:
    """The user and the password's PHC string."""
    row = connection.execute(
        select(*_COLUMNS, t.user.c.password).where(t.user.c.name == name)
    ).first()
    return (UserRow(*row[:-1]), row[-1]) if row else None


def _known(connection: Connection, name: str) -> UserRow:
    found = user_named(connection, name)
    if found is None:
        raise Refused(f"there is no user {name!r}; `floodwatch user list` shows them")
    return found[0]


def add_user(
    connection: Connection,
    name: str,
    *,
    role: str,
    password: str,
    now: int,
    person: str | None = None,
) -> int:
    """Store a user; `password` is the PHC string. The id is returned."""
    if role not in Role.ORDER:
        raise Refused(f"unknown role {role!r}; use one of: {', '.join(Role.ORDER)}")
    name = name.strip()
    if not name or len(name) > 100 or any(ord(character) < 32 for character in name):
        raise Refused("a user's name has 1 to 100 characters and no line breaks")
    if user_named(connection, name):
        raise Refused(f"there is already a user {name!r}")
    values = {
        "name": name,
        "role": role,
        "password": password,
        "person": person,
        "disabled": False,
        "created_at": now,
    }
    key = connection.execute(insert(t.user).values(values)).inserted_primary_key
    return int(key[0]) if key else 0


def set_password(connection: Connection, name: str, *, password: str) -> None:
    """Replace the PHC string and end every session of the user."""
    known = _known(connection, name)
    connection.execute(update(t.user).where(t.user.c.id == known.id).values(password=password))
    _end_sessions(connection, known.id)


def set_role(connection: Connection, name: str, *, role: str) -> None:
    """Give the user another role."""
    if role not in Role.ORDER:
        raise Refused(f"unknown role {role!r}; use one of: {', '.join(Role.ORDER)}")
    known = _known(connection, name)
    _keep_an_administrator(connection, known, staying=role == Role.ADMIN)
    connection.execute(update(t.user).where(t.user.c.id == known.id).values(role=role))


def set_disabled(connection: Connection, name: str, *, disabled: bool) -> None:
    """Lock a user out (every session ends) or let it in again."""
    known = _known(connection, name)
    _keep_an_administrator(connection, known, staying=not disabled)
    connection.execute(update(t.user).where(t.user.c.id == known.id).values(disabled=disabled))
    if disabled:
        _end_sessions(connection, known.id)


def _keep_an_administrator(connection: Connection, user: UserRow, *, staying: bool) -> None:
    others = [
        each
        for each in users(connection)
        if each.role == Role.ADMIN and not each.disabled and each.id != user.id
    ]
    if user.role == Role.ADMIN and not staying and not others:
        raise Refused(f"{user.name!r} is the last administrator; make another one first")


def _end_sessions(connection: Connection, user_id: int) -> None:
    connection.execute(t.session.delete().where(t.session.c.user_id == user_id))


def record(
    connection: Connection,
    *,
    now: int,
    who: str,
    action: str,
    what: str,
    before: Any = None,
    after: Any = None,
) -> None:
    """One line of the audit: append-only, never edited by any page."""
    connection.execute(
        insert(t.audit).values(
            at=now, who=who, action=action, what=what, before=before, after=after
        )
    )


def records(connection: Connection, *, limit: int = 100) -> list[dict[str, Any]]:
    """The newest lines of the audit."""
    rows = connection.execute(select(t.audit).order_by(t.audit.c.id.desc()).limit(limit))
    return [dict(row._mapping) for row in rows]
