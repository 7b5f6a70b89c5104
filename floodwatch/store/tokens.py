"""API tokens of devices and programs: shown once, kept as a digest, limited to their stations."""

import secrets
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, insert, select, update

from floodwatch.model.errors import Refused
from floodwatch.model.people import TokenGrant
from floodwatch.store import tables as t
from floodwatch.store.sessions import digest

PREFIX = "fw_"


def add_token(
    connection: Connection,
    name: str,
    *,
    stations: Iterable[str] | None,
    now: int,
    expires_at: int | None = None,
) -> str:
    """Store a token; its secret is returned and can never be read again.

    `stations` None: it may write every station.
    """
    name = name.strip()
    if not name or len(name) > 100 or any(ord(character) < 32 for character in name):
        raise Refused("a token's name has 1 to 100 characters and no line breaks")
    if connection.execute(select(t.token.c.id).where(t.token.c.name == name)).first():
        raise Refused(f"there is already a token {name!r}; revoke it or choose another name")
    secret = PREFIX + secrets.token_urlsafe(32)
    connection.execute(
        insert(t.token).values(
            name=name,
            hash=digest(secret),
            stations=None if stations is None else sorted(set(stations)),
            created_at=now,
            expires_at=expires_at,
        )
    )
    return secret


def grant(connection: Connection, secret: str, *, now: int) -> TokenGrant | None:
    """What the secret allows; None when it is unknown, expired or revoked."""
    row = connection.execute(
        select(t.token.c.id, t.token.c.name, t.token.c.stations).where(
            t.token.c.hash == digest(secret),
            t.token.c.revoked_at.is_(None),
            t.token.c.expires_at.is_(None) | (t.token.c.expires_at > now),
        )
    ).first()
    if row is None:
        return None
    return TokenGrant(row.id, row.name, None if row.stations is None else frozenset(row.stations))


def tokens(connection: Connection) -> list[dict[str, Any]]:
    """Every token without its digest, newest first."""
    columns = [column for column in t.token.c if column.name != "hash"]
    rows = connection.execute(select(*columns).order_by(t.token.c.id.desc()))
    return [dict(row._mapping) for row in rows]


def revoke(connection: Connection, name: str, *, now: int) -> None:
    """End a token for good."""
    done = connection.execute(
        update(t.token)
        .where(t.token.c.name == name, t.token.c.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(t.token.c.id)
    ).all()
    if not done:
        raise Refused(f"there is no valid token {name!r}; `floodwatch token list` shows them")


def used(connection: Connection, ids: Iterable[int], *, now: int) -> None:
    """Note when tokens were last used."""
    for each in ids:
        connection.execute(update(t.token).where(t.token.c.id == each).values(last_used=now))
