"""The engine's own port for devices: the push routes without the pages."""

from flask import Flask, Response, jsonify
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from floodwatch.pipeline import push_log
from floodwatch.sources import http_push
from floodwatch.web.bearer import Grants
from floodwatch.web.services import Services, service_ms

LARGEST_BODY = 16 * 1024 * 1024


def create_push_app(given: Services) -> Flask:
    """An application that takes readings in and says that it lives."""
    app = Flask("floodwatch.push", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    grants = Grants(given)
    app.register_blueprint(
        http_push.blueprint(
            given.submit,
            given.configuration.current,
            grants,
            clock=given.clock,
            now=lambda: service_ms(given),
            write=lambda ways: push_log.write(given.database, ways, now=lambda: service_ms(given)),
        )
    )

    def refused(error: HTTPException) -> ResponseReturnValue:
        return jsonify(error=error.name, detail=error.description), error.code or 500

    app.register_error_handler(HTTPException, refused)

    def alive() -> Response:
        return jsonify({"ok": True})

    app.add_url_rule("/healthz", "alive", alive)
    return app
