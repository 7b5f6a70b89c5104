"""/accounts: users and tokens, for the administrator."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from floodwatch.model.errors import Refused
from floodwatch.model.people import Role
from floodwatch.store import passwords, people, tokens
from floodwatch.web.guard import needs
from floodwatch.web.here import here
from floodwatch.web.language import _
from floodwatch.web.services import services

blueprint = Blueprint("accounts", __name__)


@blueprint.get("/accounts")
@needs(Role.ADMIN)
def show(fresh: str = "") -> str:
    """Users, tokens and the newest lines of the audit."""
    with services().database.read() as connection:
        return render_template(
            "accounts.html",
            users=people.users(connection),
            tokens=tokens.tokens(connection),
            records=people.records(connection, limit=60),
            stations=here(connection).district.stations,
            roles=Role.ORDER,
            wall=services().clock.wall(),
            fresh=fresh,
        )


@blueprint.post("/accounts/users")
@needs(Role.ADMIN)
def user() -> ResponseReturnValue:
    """Add a user, or change one: role, disabled, password."""
    form, given = request.form, services()
    name, action = form.get("name", "").strip(), form.get("action", "")
    password = ""
    if action in ("add", "password"):
        passwords.refuse_weak(form.get("password", ""), name)
        password = passwords.hashed(form.get("password", ""))
    with given.database.write() as tx:
        connection, now = tx.connection, given.clock.wall()
        known = people.user_named(connection, name)
        if action == "add":
            person = form.get("person", "").strip() or None
            people.add_user(
                connection,
                name,
                role=form.get("role", ""),
                password=password,
                now=now,
                person=person,
            )
        elif action == "password":
            people.set_password(connection, name, password=password)
        elif action == "role":
            people.set_role(connection, name, role=form.get("role", ""))
        elif action in ("disable", "enable"):
            people.set_disabled(connection, name, disabled=action == "disable")
        else:
            raise Refused(f"unknown action {action!r}")
        after = {"role": form["role"]} if form.get("role") else None
        before = {"role": known[0].role} if known and action == "role" else None
        people.record(
            connection,
            now=now,
            who=current_user.name,
            action=f"user {action}",
            what=name,
            before=before,
            after=after,
        )
    flash(_("已更改：%(name)s", name=name), "done")
    return redirect(url_for("accounts.show"))


@blueprint.post("/accounts/tokens")
@needs(Role.ADMIN)
def token() -> ResponseReturnValue:
    """Add a token (its secret is shown once) or revoke one."""
    form, given = request.form, services()
    name, secret = form.get("name", "").strip(), ""
    codes = [code for code in form.get("stations", "").replace(",", " ").split() if code]
    unknown = [code for code in codes if code not in here().district.stations]
    if unknown:
        raise Refused(f"unknown stations: {', '.join(unknown)}")
    with given.database.write() as tx:
        now = given.clock.wall()
        if form.get("action") == "revoke":
            tokens.revoke(tx.connection, name, now=now)
        else:
            secret = tokens.add_token(tx.connection, name, stations=codes or None, now=now)
        people.record(
            tx.connection,
            now=now,
            who=current_user.name,
            action="token revoke" if not secret else "token add",
            what=name,
            after={"stations": codes or "all"} if secret else None,
        )
    if secret:
        return show(fresh=secret)
    flash(_("已作废：%(name)s", name=name), "done")
    return redirect(url_for("accounts.show"))
