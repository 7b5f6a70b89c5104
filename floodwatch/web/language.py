"""Chinese and English: texts are written in Chinese, the catalogue holds the English."""

from flask import Flask, request, session
from flask_babel import Babel, gettext

LANGUAGES = ("zh", "en")


def _(text: str, **values: object) -> str:
    """The text in the reader's language."""
    return str(gettext(text, **values))


def chosen() -> str:
    """The language of this request: the reader's choice, else Chinese."""
    given = session.get("language") if request else None
    return given if given in LANGUAGES else "zh"


def install(app: Flask) -> None:
    """Make _() known to the templates."""
    app.config["BABEL_DEFAULT_LOCALE"] = "zh"
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = "translations"
    Babel(app, locale_selector=chosen)
    app.jinja_env.globals["language"] = chosen
