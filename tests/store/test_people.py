"""Users, sessions, tokens and the audit."""

import pytest

from floodwatch.model.clock import DAY
from floodwatch.model.errors import Refused
from floodwatch.model.people import Role
from floodwatch.store import passwords, people, sessions, tokens
from floodwatch.store import tables as t
from floodwatch.store.database import Database

NOW = 1_781_727_900_000
PHC = "$argon2id$x"


def add(database: Database, name: str = "甲", role: str = Role.ADMIN) -> int:
    """A user's id."""
    with database.write() as tx:
        return people.add_user(tx.connection, name, role=role, password=PHC, now=NOW)


@pytest.mark.parametrize("password", ["short", "12345678", "Password", "甲" * 201, "someone1"])
def test_weak_passwords_are_refused(password: str) -> None:
    with pytest.raises(Refused):
        passwords.refuse_weak(password, "someone1")


@pytest.mark.parametrize("password", ["a" * 200, "水" * 64, " leading and trailing "])
def test_long_passwords_count_to_the_last_character(password: str) -> None:
    passwords.refuse_weak(password, "someone")
    stored = passwords.hashed(password)
    assert stored.startswith("$argon2id$")
    assert passwords.matches(stored, password)
    assert not passwords.matches(stored, password[:-1])


def test_a_broken_hash_matches_nothing() -> None:
    assert not passwords.matches("rubbish", "anything")


def test_the_last_administrator_stays(sqlite_database: Database) -> None:
    add(sqlite_database)
    with sqlite_database.write() as tx:
        with pytest.raises(Refused, match="last administrator"):
            people.set_disabled(tx.connection, "甲", disabled=True)
        with pytest.raises(Refused, match="last administrator"):
            people.set_role(tx.connection, "甲", role=Role.VIEWER)


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 101])
def test_names_that_cannot_be_shown_are_refused(sqlite_database: Database, name: str) -> None:
    with pytest.raises(Refused):
        add(sqlite_database, name)


def test_a_name_is_taken_once(sqlite_database: Database) -> None:
    add(sqlite_database)
    with pytest.raises(Refused, match="already"):
        add(sqlite_database)


def test_a_session_is_known_by_its_secret_and_only_its_digest_is_kept(
    sqlite_database: Database,
) -> None:
    user = add(sqlite_database)
    with sqlite_database.write() as tx:
        secret = sessions.open_session(tx.connection, user, now=NOW)
    with sqlite_database.read() as connection:
        found = sessions.session_user(connection, secret, now=NOW)
        assert found is not None
        assert found.name == "甲"
        assert secret not in str(connection.execute(t.session.select()).all())
        assert sessions.session_user(connection, secret + "x", now=NOW) is None


def test_a_session_ends_when_idle_and_after_its_longest_life(sqlite_database: Database) -> None:
    user = add(sqlite_database)
    with sqlite_database.write() as tx:
        secret = sessions.open_session(tx.connection, user, now=NOW)
        idle = NOW + sessions.IDLE + 1
        assert sessions.session_user(tx.connection, secret, now=idle) is None
        last = NOW + sessions.LONGEST + 1
        sessions.touch(tx.connection, secret, now=last - 1)
        assert sessions.session_user(tx.connection, secret, now=last) is None


def test_a_new_password_ends_every_session(sqlite_database: Database) -> None:
    user = add(sqlite_database)
    with sqlite_database.write() as tx:
        secret = sessions.open_session(tx.connection, user, now=NOW)
        people.set_password(tx.connection, "甲", password=PHC)
        assert sessions.session_user(tx.connection, secret, now=NOW) is None


def test_a_token_is_shown_once_and_limited_to_its_stations(sqlite_database: Database) -> None:
    with sqlite_database.write() as tx:
        secret = tokens.add_token(tx.connection, "logger", stations=["61990001"], now=NOW)
        found = tokens.grant(tx.connection, secret, now=NOW)
        assert found is not None
        assert found.stations == frozenset({"61990001"})
        assert secret not in str(tx.connection.execute(t.token.select()).all())
        assert "hash" not in tokens.tokens(tx.connection)[0]


def test_an_expired_or_revoked_token_is_nothing(sqlite_database: Database) -> None:
    with sqlite_database.write() as tx:
        short = tokens.add_token(tx.connection, "a", stations=None, now=NOW, expires_at=NOW + DAY)
        assert tokens.grant(tx.connection, short, now=NOW + DAY) is None
        gone = tokens.add_token(tx.connection, "b", stations=None, now=NOW)
        tokens.revoke(tx.connection, "b", now=NOW)
        assert tokens.grant(tx.connection, gone, now=NOW) is None
        with pytest.raises(Refused):
            tokens.revoke(tx.connection, "b", now=NOW)


def test_the_audit_keeps_what_was_done_newest_first(sqlite_database: Database) -> None:
    with sqlite_database.write() as tx:
        for action in ("first", "second"):
            people.record(tx.connection, now=NOW, who="甲", action=action, what="x", after={"a": 1})
        assert [row["action"] for row in people.records(tx.connection)] == ["second", "first"]
