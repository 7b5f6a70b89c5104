"""Waitress around the pages: enough threads for every open stream and some for requests."""

from threading import Thread
from typing import Any

from flask import Flask
from waitress.server import create_server

from floodwatch.web.changes import Hub

SPARE = 16  # threads beside those that streams hold


class WebServer:
    """Listens at once when made; serves between start and stop. `port` is the one it got."""

    def __init__(self, app: Flask, *, host: str, port: int) -> None:
        self._hub: Hub = app.extensions["floodwatch.hub"]
        self._server: Any = create_server(
            app,
            host=host,
            port=port,
            threads=self._hub.most + SPARE,
            connection_limit=2000,
            channel_timeout=3600,
            ident=None,
        )
        self.port: int = self._server.effective_port
        self._thread = Thread(target=self._server.run, name="web", daemon=True)

    def start(self) -> None:
        """Serve from a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """End the streams, then the server."""
        self._hub.close()
        self._server.close()
        self._server.task_dispatcher.shutdown(timeout=5)
        if self._thread.is_alive():
            self._thread.join(timeout=5)
