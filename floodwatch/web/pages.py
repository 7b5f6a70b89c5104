"""The page groups, one module each."""

from flask import Flask

from floodwatch.web import (
    accounts,
    alerts,
    assets,
    auth,
    calls,
    demo,
    health,
    imports,
    live,
    navigation,
    overview,
    station,
)

GROUPS = (
    accounts,
    alerts,
    assets,
    auth,
    calls,
    demo,
    health,
    imports,
    live,
    overview,
    station,
)


def register(app: Flask) -> None:
    """Put every page group into the application."""
    auth.limiter.init_app(app)
    navigation.install(app)
    for group in GROUPS:
        app.register_blueprint(group.blueprint)
