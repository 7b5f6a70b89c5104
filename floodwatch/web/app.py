"""The application factory: one blueprint a page group, one guard before every request."""

import contextlib
import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

from floodwatch.web import (
    assets,
    care_words,
    guard,
    imports,
    language,
    live,
    pages,
    rehearsal,
    words,
)
from floodwatch.web.services import Services

LARGEST_UPLOAD = 512 * 1024 * 1024


def create_app(given: Services, *, secure_cookies: bool = False, most_streams: int = 100) -> Flask:
    """The pages and the HTTP interface over `given`."""
    app = Flask(__name__, static_folder="static", template_folder="templates")
    app.extensions["floodwatch"] = given
    app.config.update(
        SECRET_KEY=_cookie_key(given.data),
        SESSION_COOKIE_NAME="__Host-floodwatch" if secure_cookies else "floodwatch",
        SESSION_COOKIE_SECURE=secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(days=30),
        WTF_CSRF_CHECK_DEFAULT=False,  # the guard checks, so that device tokens need none
        WTF_CSRF_TIME_LIMIT=None,  # the page stays open all night
        MAX_CONTENT_LENGTH=LARGEST_UPLOAD,
        MAX_FORM_MEMORY_SIZE=4 * 1024 * 1024,
        JSON_AS_ASCII=False,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.url_map.converters["int"] = _Number
    language.install(app)
    guard.install(app)
    words.install(app)
    care_words.install(app)
    assets.install(app)
    imports.install(app)
    rehearsal.install(app)
    live.install(app, most_streams=most_streams)
    pages.register(app)
    return app


class _Number(IntegerConverter):
    """The number of a row: what no database can hold is no address."""

    def __init__(self, map: Map, *args: Any, **given: Any) -> None:
        super().__init__(map, *args, **{"max": 2**63 - 1} | given)


def _cookie_key(data: Path) -> bytes:
    """The key that signs cookies: made once, readable by this account only."""
    path = data / "cookie.key"
    if not path.exists():
        data.mkdir(parents=True, exist_ok=True)
        fresh = data / f".cookie.key.{secrets.token_hex(4)}"
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(32))
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)  # whichever process is first wins
        fresh.unlink()
    return path.read_bytes()
