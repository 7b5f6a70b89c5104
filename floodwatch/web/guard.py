"""Who may do what: a role on every route, CSRF on every change, headers on every answer."""

import logging
import secrets
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

from flask import (
    Flask,
    Response,
    abort,
    current_app,
    g,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException

from floodwatch.model.errors import FloodWatchError
from floodwatch.model.people import Role
from floodwatch.web import refusal_words

PUBLIC = "public"
TOKEN = "token"  # noqa: S105  the bearer of an API token, or a signed-in user
DEVICE = "device"  # the view itself asks for a device's token; cookies mean nothing to it
log = logging.getLogger(__name__)
csrf = CSRFProtect()
View = TypeVar("View", bound=Callable[..., Any])


def needs(role: str) -> Callable[[View], View]:
    """Declare who may call a view; one without a declaration may be called by nobody."""

    def declare(view: View) -> View:
        view.needs = role  # type: ignore[attr-defined]
        return view

    return declare


def declared(app: Flask, endpoint: str) -> str | None:
    """The role a route declares; static files are public."""
    if endpoint == "static":
        return PUBLIC
    found: str | None = getattr(app.view_functions.get(endpoint), "needs", None)
    return found


def may(role: str, needed: str) -> bool:
    """Whether `role` includes `needed`."""
    return role in Role.ORDER and Role.ORDER.index(role) >= Role.ORDER.index(needed)


def install(app: Flask) -> None:
    """Put the guard in front of every route of the application."""
    from floodwatch.web import auth

    manager = LoginManager(app)
    manager.session_protection = "basic"
    manager.user_loader(auth.load_user)
    csrf.init_app(app)
    app.before_request(_nonce)
    app.before_request(_check)
    app.after_request(_headers)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(FloodWatchError, _refused)
    app.register_error_handler(OverflowError, _out_of_range)
    app.register_error_handler(Exception, _unexpected)
    app.jinja_env.globals["nonce"] = lambda: g.nonce
    app.jinja_env.globals["allowed"] = allowed


def allowed(role: str) -> bool:
    """Whether the person at the page has this role; for showing or hiding a button."""
    return bool(current_user.is_authenticated and may(current_user.role, role))


def _nonce() -> None:
    g.nonce = secrets.token_urlsafe(16)


def _check() -> ResponseReturnValue | None:
    from floodwatch.web import bearer

    if request.endpoint is None:
        return None  # 404 or 405
    needed = declared(current_app, request.endpoint)
    if needed is None:
        log.error("route %s declares no role: refused", request.endpoint)
        abort(HTTPStatus.FORBIDDEN)
    if needed == TOKEN:
        if bearer.present():
            bearer.require()
            return None
        needed = Role.VIEWER if request.method in ("GET", "HEAD") else Role.OFFICER
    refused = _not_allowed(needed)
    changes = request.method not in ("GET", "HEAD", "OPTIONS") and needed != DEVICE
    if refused is None and changes and current_app.config["WTF_CSRF_ENABLED"]:
        csrf.protect()
    return refused


def _not_allowed(needed: str) -> ResponseReturnValue | None:
    """None when this person may; a redirect to the login page, 401 or 403 otherwise."""
    if needed in (PUBLIC, DEVICE):
        return None
    if not current_user.is_authenticated:
        if wants_json() or request.method != "GET":
            abort(HTTPStatus.UNAUTHORIZED, "sign in, or send Authorization: Bearer TOKEN")
        return redirect(url_for("auth.login", next=request.full_path.rstrip("?")))
    if not may(current_user.role, needed):
        abort(HTTPStatus.FORBIDDEN)
    return None


def wants_json() -> bool:
    """Whether the answer should be JSON: the interface, or a script of a page that says so."""
    return request.path.startswith(("/api/", "/healthz", "/write")) or (
        request.accept_mimetypes.best == "application/json"
    )


def _headers(response: Response) -> Response:
    nonce = getattr(g, "nonce", "")
    response.headers["Content-Security-Policy"] = (
        f"default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
        "img-src 'self' data: blob:; connect-src 'self'; worker-src 'self' blob:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "geolocation=(), camera=(), microphone=()"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    return response


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:
        return error.response
    code = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    detail = error.description or ""
    if isinstance(error, CSRFError):
        detail = "CSRF token missing or stale: reload the page and try again"
    return answer_error(int(code), detail, retry=error.get_response().headers.get("Retry-After"))


def _refused(error: FloodWatchError) -> ResponseReturnValue:
    return answer_error(HTTPStatus.CONFLICT, refusal_words.said(str(error)))


def _out_of_range(error: OverflowError) -> ResponseReturnValue:
    """A day of the year 1, or a number that no column holds: whoever asked must ask otherwise."""
    log.warning("out of range at %s: %s", request.path, error)
    return answer_error(HTTPStatus.BAD_REQUEST, "a date or number is out of range")


def _unexpected(error: Exception) -> ResponseReturnValue:
    number = secrets.token_hex(4)
    log.error("error %s at %s", number, request.path, exc_info=error)
    return answer_error(
        HTTPStatus.INTERNAL_SERVER_ERROR, f"internal error {number}; the log says more"
    )


def answer_error(code: int, detail: str, *, retry: str | None = None) -> ResponseReturnValue:
    """An error as JSON for programs, as a page for people."""
    name = HTTPStatus(code).phrase
    headers = {"Retry-After": retry} if retry else {}
    if wants_json():
        return jsonify(error=name, detail=detail), code, headers
    return render_template("error.html", code=code, name=name, detail=detail), code, headers
