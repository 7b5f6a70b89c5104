"""The mirror's thread: it follows the configuration, and waits while its server is away."""

import logging
import os
import threading

from floodwatch.bootstrap.services import Services
from floodwatch.model.errors import Fenced, FloodWatchError
from floodwatch.store.influx.mirror import Mirror
from floodwatch.store.influx.server import Away, Misconfigured, Server, server
from floodwatch.store.influx.settings import of

log = logging.getLogger(__name__)

IDLE_S = 0.5  # between two looks for something new
AGAIN_S = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)  # after a fault


class Mirroring:
    """Beside everything else: whatever happens here, no alert waits for it."""

    def __init__(self, services: Services, *, epoch: int) -> None:
        self._services, self._epoch = services, epoch
        self._stopping = threading.Event()
        self._settings: dict[str, object] = {}
        self._server: Server | None = None
        self._mirror: Mirror | None = None
        self._faults = 0
        self._thread = threading.Thread(target=self._run, name="mirror", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """End after what is being sent."""
        self._stopping.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        wait = 0.0
        while not self._stopping.wait(wait):
            try:
                wait = 0.0 if self._round() else IDLE_S
                self._faults = 0
            except Fenced:
                return
            except Exception as error:  # noqa: BLE001 - the boundary of a thread that must not end
                wait = self._failed(error)
        self._close()

    def _round(self) -> bool:
        self._follow()
        return self._mirror is not None and self._mirror.round()

    def _failed(self, error: Exception) -> float:
        """Seconds until it is tried again."""
        known = isinstance(error, FloodWatchError)
        if self._faults == 0:
            log.log(
                logging.WARNING if known else logging.ERROR,
                "the mirror waits: %s",
                error,
                exc_info=None if known else error,
            )
        wait = AGAIN_S[min(self._faults, len(AGAIN_S) - 1)]
        self._faults += 1
        if isinstance(error, Misconfigured):
            wait = AGAIN_S[-1]
        if isinstance(error, Away) and error.wait is not None:
            wait = min(max(wait, error.wait), 300.0)
        if self._mirror is not None:
            try:
                self._mirror.note(str(error))
            except FloodWatchError:
                log.warning("what keeps the mirror waiting could not be written down")
        return wait

    def _follow(self) -> None:
        settings = dict(self._services.configuration.current().influx)
        if settings == self._settings and (self._mirror is not None or not settings):
            return
        self._close()
        self._settings = settings
        if not settings:
            return
        table = of(settings)
        self._server = server(table, os.environ)
        self._mirror = Mirror(
            self._services.database,
            self._server,
            clock=self._services.clock,
            batch=table.batch,
            epoch=self._epoch,
        )

    def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        self._server = self._mirror = None
