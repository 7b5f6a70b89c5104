"""Sessions of the pages, kept here so that they can be ended from here."""

import hashlib
import secrets
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.store import tables as t

IDLE = 16 * HOUR  # a night shift and its hand-over
LONGEST = 30 * DAY
TOUCH = 5 * MINUTE  # how often an active session is marked as seen


class SessionUser(NamedTuple):
    """Who is behind a session."""

    id: int
    name: str
    role: str
    person: str | None
    seen_at: int


def digest(secret: str) -> str:
    """What is stored of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def open_session(connection: Connection, user_id: int, *, now: int) -> str:
    """Start a session; the secret is returned once and only its digest is kept."""
    secret = secrets.token_urlsafe(32)
    connection.execute(delete(t.session).where(t.session.c.seen_at < now - IDLE))
    connection.execute(
        insert(t.session).values(id=digest(secret), user_id=user_id, created_at=now, seen_at=now)
    )
    connection.execute(update(t.user).where(t.user.c.id == user_id).values(last_login=now))
    return secret


def session_user(connection: Connection, secret: str, *, now: int) -> SessionUser | None:
    """The user of a session that is neither too old, nor idle, nor of a disabled user."""
    row = connection.execute(
        select(t.user.c.id, t.user.c.name, t.user.c.role, t.user.c.person, t.session.c.seen_at)
        .join_from(t.session, t.user, t.session.c.user_id == t.user.c.id)
        .where(
            t.session.c.id == digest(secret),
            t.session.c.created_at > now - LONGEST,
            t.session.c.seen_at > now - IDLE,
            t.user.c.disabled.is_(False),
        )
    ).first()
    return SessionUser(*row) if row else None


def touch(connection: Connection, secret: str, *, now: int) -> None:
    """Mark the session as used."""
    connection.execute(
        update(t.session).where(t.session.c.id == digest(secret)).values(seen_at=now)
    )


def close_session(connection: Connection, secret: str) -> None:
    """End one session."""
    connection.execute(delete(t.session).where(t.session.c.id == digest(secret)))
