"""Waitress around the pages: enough threads for every open stream and some for requests."""

from collections.abc import Callable
from threading import Event, Thread
from typing import Any

from flask import Flask
from waitress.server import create_server
from waitress.wasyncore import loop

from floodwatch.sources.push_notes import EXTENSION, PushNotes
from floodwatch.web.changes import Hub
from floodwatch.web.kept_connection import keep_connections

SPARE = 16  # threads beside those that streams hold


class WebServer:
    """Listens at once when made; serves between start and stop. `port` is the one it got.

    `turn` is told of each round of the loop that reads and writes.
    """

    def __init__(
        self,
        app: Flask,
        *,
        host: str,
        port: int,
        turn: Callable[[bool], object] = lambda worked: None,
    ) -> None:
        self._turn = turn
        self._hub: Hub = app.extensions["floodwatch.hub"]
        self._notes: PushNotes | None = app.extensions.get(EXTENSION)
        self._map: dict[int, Any] = {}
        self._server: Any = create_server(
            app,
            map=self._map,
            host=host,
            port=port,
            threads=self._hub.most + SPARE,
            connection_limit=2000,
            channel_timeout=3600,
            ident=None,
            log_socket_errors=False,  # a reader who leaves is no error
        )
        keep_connections(self._server)
        listening: list[tuple[str, int]] = getattr(self._server, "effective_listen", [])
        self.port: int = listening[0][1] if listening else self._server.effective_port
        self._stopping = Event()
        self._thread = Thread(target=self._serve, name="web", daemon=True)

    def start(self) -> None:
        """Serve from a thread of its own."""
        self._thread.start()

    def _serve(self) -> None:
        while not self._stopping.is_set():
            loop(timeout=0.2, use_poll=True, map=self._map, count=1)
            self._turn(True)
            if self._notes is not None:
                self._notes.beat()
        for each in list(self._map.values()):
            each.close()

    def stop(self) -> None:
        """End the streams, let the requests at hand finish, then close."""
        self._hub.close()
        self._server.task_dispatcher.shutdown(timeout=5)
        if self._notes is not None:
            self._notes.flush()
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)
