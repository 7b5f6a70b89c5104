"""The page groups, one module each."""

from flask import Flask

from floodwatch.pipeline import push_log
from floodwatch.sources import http_push
from floodwatch.web import (
    accounts,
    alerts,
    api,
    assets,
    auth,
    calls,
    cap_feed,
    care,
    delivery,
    demo,
    duty_log,
    frames,
    health,
    imports,
    ledger,
    live,
    manual,
    navigation,
    overview,
    plans,
    registers,
    rehearsal,
    responses,
    sheets,
    sources,
    station,
)
from floodwatch.web.services import Services, service_ms

GROUPS = (
    accounts,
    alerts,
    api,
    assets,
    auth,
    calls,
    cap_feed,
    care,
    delivery,
    demo,
    duty_log,
    frames,
    health,
    imports,
    ledger,
    live,
    manual,
    overview,
    plans,
    registers,
    rehearsal,
    responses,
    sheets,
    sources,
    station,
)


def register(app: Flask) -> None:
    """Put every page group into the application."""
    auth.limiter.init_app(app)
    navigation.install(app)
    for group in GROUPS:
        app.register_blueprint(group.blueprint)
    given: Services = app.extensions["floodwatch"]
    push = http_push.blueprint(
        given.submit,
        given.configuration.current,
        app.extensions["floodwatch.grants"],
        clock=given.clock,
        now=lambda: service_ms(given),
        write=lambda ways: push_log.write(given.database, ways, now=lambda: service_ms(given)),
    )
    app.register_blueprint(push)
