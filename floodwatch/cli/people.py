"""`user` and `token`: who may use the pages, and which devices may push."""

import sys
from collections.abc import Sequence
from contextlib import closing

import click

from floodwatch.bootstrap import Services, open_services
from floodwatch.cli.context import Call, shared
from floodwatch.cli.table import columns
from floodwatch.model.clock import DAY
from floodwatch.model.errors import Refused
from floodwatch.model.moment import iso
from floodwatch.model.people import Role
from floodwatch.store import passwords, people, tokens
from floodwatch.store.database import Transaction

WHO = "command line"


def _open(call: Call) -> Services:
    return open_services(call.config, call.data, create=True)


def _record(tx: Transaction, services: Services, action: str, what: str) -> None:
    people.record(tx.connection, now=services.clock.wall(), who=WHO, action=action, what=what)


def _asked_password(name: str, from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt(f"Password of {name}", hide_input=True, confirmation_prompt=True)
    passwords.refuse_weak(password, name)
    return passwords.hashed(password)


_from_stdin = click.option(
    "--password-stdin", "from_stdin", is_flag=True, help="Read the password from standard input."
)


@click.group("user")
def user() -> None:
    """People who sign in to the pages."""


@user.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(Role.ORDER), required=True, help="What the user may do.")
@click.option("--person", default="", help="Who of recipients.toml this user is.")
@_from_stdin
@shared
def add_user(call: Call, name: str, role: str, person: str, from_stdin: bool) -> None:
    """Add a user; the password is asked for."""
    stored = _asked_password(name, from_stdin)
    with closing(_open(call)) as services, services.database.write() as tx:
        now = services.clock.wall()
        people.add_user(
            tx.connection, name, role=role, password=stored, now=now, person=person or None
        )
        _record(tx, services, "user add", f"{name}: {role}")
    call.emit({"name": name, "role": role}, f"{name} may sign in as {role}.")


@user.command("list")
@shared
def list_users(call: Call) -> None:
    """List the users."""
    with closing(_open(call)) as services, services.database.read() as connection:
        found = people.users(connection)
    document = [
        {
            "name": each.name,
            "role": each.role,
            "person": each.person,
            "disabled": bool(each.disabled),
            "last_login": None if each.last_login is None else iso(each.last_login),
        }
        for each in found
    ]
    head = ("name", "role", "person", "state", "last login")
    rows = [
        (
            each.name,
            each.role,
            each.person or "",
            "disabled" if each.disabled else "",
            iso(each.last_login) if each.last_login else "never",
        )
        for each in found
    ]
    call.emit(document, lambda: columns([head, *rows]) if rows else "no users yet")


@user.command("password")
@click.argument("name")
@_from_stdin
@shared
def password(call: Call, name: str, from_stdin: bool) -> None:
    """Set a new password; every session of the user ends."""
    stored = _asked_password(name, from_stdin)
    with closing(_open(call)) as services, services.database.write() as tx:
        people.set_password(tx.connection, name, password=stored)
        _record(tx, services, "user password", name)
    call.emit({"name": name}, f"{name} has a new password.")


@user.command("disable")
@click.argument("name")
@click.option("--undo", is_flag=True, help="Let the user in again.")
@shared
def disable(call: Call, name: str, undo: bool) -> None:
    """Lock a user out at once."""
    with closing(_open(call)) as services, services.database.write() as tx:
        people.set_disabled(tx.connection, name, disabled=not undo)
        _record(tx, services, "user enable" if undo else "user disable", name)
    call.emit({"name": name, "disabled": not undo}, f"{name}: {'enabled' if undo else 'disabled'}.")


@click.group("token")
def token() -> None:
    """Secrets with which devices and programs push and read."""


@token.command("add")
@click.argument("name")
@click.option("--station", "stations", multiple=True, help="Only this station; may be repeated.")
@click.option(
    "--days", type=click.IntRange(min=1), help="Valid for so many days; default for ever."
)
@shared
def add_token(call: Call, name: str, stations: Sequence[str], days: int | None) -> None:
    """Make a token. It is shown once; without --station it may write every station."""
    with closing(_open(call)) as services:
        known = services.configuration.current()
        codes = [known.codes.get(each, each) for each in stations]
        unknown = [code for code in codes if known.version and code not in known.stations]
        if unknown:
            raise Refused(f"unknown stations: {', '.join(unknown)}")
        with services.database.write() as tx:
            now = services.clock.wall()
            expires = None if days is None else now + days * DAY
            secret = tokens.add_token(
                tx.connection, name, stations=codes or None, now=now, expires_at=expires
            )
            _record(tx, services, "token add", f"{name}: {' '.join(codes) or 'all stations'}")
    call.emit({"name": name, "token": secret, "stations": codes or None}, secret)


@token.command("list")
@shared
def list_tokens(call: Call) -> None:
    """List the tokens, without their secrets."""
    with closing(_open(call)) as services, services.database.read() as connection:
        found = tokens.tokens(connection)
    times = ("created_at", "expires_at", "revoked_at", "last_used")
    document = [
        {n: iso(v) if n in times and v is not None else v for n, v in each.items() if n != "id"}
        for each in found
    ]
    rows = [
        (
            each["name"],
            "all" if each["stations"] is None else " ".join(each["stations"]),
            "revoked" if each["revoked_at"] else "valid",
            iso(each["last_used"]) if each["last_used"] else "never used",
        )
        for each in found
    ]
    head = ("name", "stations", "state", "last used")
    call.emit(document, lambda: columns([head, *rows]) if rows else "no tokens yet")


@token.command("revoke")
@click.argument("name")
@shared
def revoke(call: Call, name: str) -> None:
    """End a token for good."""
    with closing(_open(call)) as services, services.database.write() as tx:
        tokens.revoke(tx.connection, name, now=services.clock.wall())
        _record(tx, services, "token revoke", name)
    call.emit({"name": name}, f"{name} is no longer valid.")
