"""Signing in and out, one's own password, and the first run."""

import secrets
from http import HTTPStatus
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    abort,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import UserMixin, current_user, login_user, logout_user

from floodwatch.model.clock import DAY, Clock
from floodwatch.model.errors import Refused
from floodwatch.model.people import Role
from floodwatch.store import clockwork, passwords, people, sessions
from floodwatch.store.database import Database
from floodwatch.web.guard import PUBLIC, needs
from floodwatch.web.here import here
from floodwatch.web.language import _
from floodwatch.web.services import services

blueprint = Blueprint("auth", __name__)
limiter = Limiter(get_remote_address, storage_uri="memory://", headers_enabled=True)
SETTING = "first_run"
VISITOR = "示范值班员甲"
# compared with when the name is unknown, so that the answer takes as long
_NOBODY = (
    "$argon2id$v=19$m=65536,t=3,p=4$6CBzkzP0Q"
    "IYiad+oSJbbMw$MbQW9AFCHkL0TprpSBwQkFOmxsXfTsAgqAj2bxxAZHw"
)


class Visitor(UserMixin):  # type: ignore[misc]
    """Who is signed in. The id Flask-Login keeps in the cookie is the session's secret."""

    def __init__(self, user: sessions.SessionUser, secret: str) -> None:
        self.id = user.id
        self.name = user.name
        self.role = user.role
        self.person = user.person
        self._secret = secret

    def get_id(self) -> str:
        """The session's secret."""
        return self._secret


def load_user(secret: str) -> Visitor | None:
    """The user of the session, if it still stands."""
    given = services()
    now = given.clock.wall()
    with given.database.read() as connection:
        found = sessions.session_user(connection, secret, now=now)
    if found is None:
        return None
    if now - found.seen_at > sessions.TOUCH:
        with given.database.write() as tx:
            sessions.touch(tx.connection, secret, now=now)
    return Visitor(found, secret)


def _enter(user_id: int, name: str, role: str, *, how: str) -> None:
    """Open a session under a new secret and sign the visitor in."""
    given = services()
    now = given.clock.wall()
    language = session.get("language")
    with given.database.write() as tx:
        if current_user.is_authenticated:
            sessions.close_session(tx.connection, current_user.get_id())
        secret = sessions.open_session(tx.connection, user_id, now=now)
        people.record(tx.connection, now=now, who=name, action="login", what=how)
    session.clear()
    session.permanent = True
    if language:
        session["language"] = language
    login_user(Visitor(sessions.SessionUser(user_id, name, role, None, now), secret))


def _account() -> str:
    return f"{get_remote_address()}|{request.form.get('name', '')[:100]}"


@blueprint.get("/login")
@needs(PUBLIC)
def login() -> ResponseReturnValue:
    """The form."""
    return render_template("login.html", next=request.args.get("next", ""))


@blueprint.post("/login")
@needs(PUBLIC)
@limiter.limit("10 per minute; 60 per hour", key_func=_account)
@limiter.limit("40 per minute")
def enter() -> ResponseReturnValue:
    """Check name and password."""
    name, password = request.form.get("name", "").strip(), request.form.get("password", "")
    given = services()
    with given.database.read() as connection:
        found = people.user_named(connection, name)
    good = passwords.matches(found[1] if found else _NOBODY, password)
    if not found or not good or found[0].disabled:
        with given.database.write() as tx:  # no more often than a guess is let through at all
            who, at = get_remote_address()[:100], given.clock.wall()
            tried = "".join(c for c in name if c.isprintable())[:100]
            people.record(tx.connection, now=at, who=who, action="login refused", what=tried)
        flash(_("名称或密码不对"), "error")
        return render_template("login.html", name=name, next=request.form.get("next", "")), 401
    user, stored = found
    if passwords.outdated(stored):
        with given.database.write() as tx:
            people.set_password(tx.connection, name, password=passwords.hashed(password))
    _enter(user.id, user.name, user.role, how="password")
    return redirect(_inside(request.form.get("next", "")))


def _inside(target: str) -> str:
    """A path of these pages, whatever was asked for."""
    parts = urlsplit(target)
    inside = target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if inside and not parts.netloc and not parts.scheme else url_for("overview.show")


@blueprint.post("/logout")
@needs(PUBLIC)
def logout() -> ResponseReturnValue:
    """End this session."""
    if current_user.is_authenticated:
        with services().database.write() as tx:
            sessions.close_session(tx.connection, current_user.get_id())
            now, name = services().clock.wall(), current_user.name
            people.record(tx.connection, now=now, who=name, action="logout", what=name)
    logout_user()
    session.clear()
    return redirect(url_for("auth.login"))


@blueprint.get("/password")
@needs(Role.VIEWER)
def password() -> ResponseReturnValue:
    """The form for one's own password."""
    return render_template("password.html")


@blueprint.post("/password")
@needs(Role.VIEWER)
@limiter.limit("10 per minute")
def change_password() -> ResponseReturnValue:
    """Change one's own password; every other session of the user ends."""
    given = services()
    with given.database.read() as connection:
        found = people.user_named(connection, current_user.name)
    if not found or not passwords.matches(found[1], request.form.get("old", "")):
        flash(_("原密码不对"), "error")
        return render_template("password.html"), 400
    fresh = request.form.get("new", "")
    try:
        passwords.refuse_weak(fresh, current_user.name)
    except Refused as error:
        flash(str(error), "error")
        return render_template("password.html"), 400
    with given.database.write() as tx:
        people.set_password(tx.connection, current_user.name, password=passwords.hashed(fresh))
        people.record(
            tx.connection,
            now=given.clock.wall(),
            who=current_user.name,
            action="password",
            what=current_user.name,
        )
    _enter(found[0].id, found[0].name, found[0].role, how="new password")
    flash(_("密码已更改，其他会话已退出"), "done")
    return redirect(url_for("overview.show"))


def first_run_link(
    database: Database, base_url: str, *, clock: Clock, demonstration: bool = False
) -> str | None:
    """A link that lets the first person in, good for 24 hours; None when users exist already.

    In the demonstration there is always one: it is the only way in.
    """
    with database.read() as connection:
        if not demonstration and people.any_user(connection):
            return None
    token = secrets.token_urlsafe(24)
    kept = {"hash": sessions.digest(token), "expires": clock.wall() + DAY}
    with database.write() as tx:
        clockwork.set_setting(tx, SETTING, kept)
    return f"{base_url.rstrip('/')}/first-run/{token}"


def _check_first_run(token: str) -> None:
    given = services()
    with given.database.read() as connection:
        kept = clockwork.setting(connection, SETTING) or {}
        taken = people.any_user(connection) and not here(connection).demonstration
    good = secrets.compare_digest(sessions.digest(token), kept.get("hash") or "")
    if not good or taken or given.clock.wall() > kept.get("expires", 0):
        abort(HTTPStatus.NOT_FOUND, _("这个链接已用过或已过期；重新启动服务会打印新的链接"))


@blueprint.get("/first-run/<token>")
@needs(PUBLIC)
@limiter.limit("30 per minute")
def first_run(token: str) -> ResponseReturnValue:
    """The page behind the printed link."""
    _check_first_run(token)
    return render_template("first_run.html", token=token, visitor=VISITOR)


@blueprint.post("/first-run/<token>")
@needs(PUBLIC)
@limiter.limit("30 per minute")
def first_user(token: str) -> ResponseReturnValue:
    """Create the administrator, or let the demonstration's visitor in."""
    _check_first_run(token)
    if here().demonstration:
        return _visit()
    name, fresh = request.form.get("name", "").strip(), request.form.get("password", "")
    given = services()
    try:
        passwords.refuse_weak(fresh, name)
        stored = passwords.hashed(fresh)
        with given.database.write() as tx:
            now = given.clock.wall()
            key = people.add_user(tx.connection, name, role=Role.ADMIN, password=stored, now=now)
            people.record(tx.connection, now=now, who=name, action="first run", what=name)
            clockwork.set_setting(tx, SETTING, {})
    except Refused as error:
        flash(str(error), "error")
        return render_template("first_run.html", token=token, name=name, visitor=VISITOR), 400
    _enter(key, name, Role.ADMIN, how="first run")
    return redirect(url_for("overview.show"))


def _visit() -> ResponseReturnValue:
    """Sign in as the demonstration's duty officer; nobody knows that user's password."""
    given = services()
    now = given.clock.wall()
    with given.database.read() as connection:
        found = people.user_named(connection, VISITOR)
    if found is None:
        stored = passwords.hashed(secrets.token_urlsafe(32))
        with given.database.write() as tx:
            key = people.add_user(
                tx.connection, VISITOR, role=Role.ADMIN, password=stored, now=now, person=VISITOR
            )
    else:
        key = found[0].id
    _enter(key, VISITOR, Role.ADMIN, how="demonstration")
    return redirect(url_for("overview.show"))


@blueprint.post("/language")
@needs(PUBLIC)
def language() -> ResponseReturnValue:
    """Switch between Chinese and English."""
    session["language"] = "en" if request.form.get("language") == "en" else "zh"
    return redirect(_inside(request.form.get("next", "")))
