"""Moves what is in SQLite's write-ahead log into the file, beside the commits, not within them."""

import logging
import sqlite3
import threading
from pathlib import Path

_log = logging.getLogger(__name__)

EVERY_S = 0.25
SMALL = 512 * 1024  # bytes of log that are not worth a checkpoint


class Checkpointer:
    """A thread of the engine that checkpoints while others commit.

    Left to SQLite, the commit that fills the log pays for the checkpoint, and every writer behind
    it waits. A passive checkpoint takes no lock that a writer needs, and loses nothing wherever it
    ends: each commit has been synced to the log before.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._log_file = path.with_name(path.name + "-wal")
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checkpoint", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the checkpoint in hand."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        try:
            while not self._stopping.wait(EVERY_S):
                if self._size() > SMALL:
                    self._checkpoint(connection)
        finally:
            connection.close()

    def _checkpoint(self, connection: sqlite3.Connection) -> None:
        try:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        except sqlite3.Error:  # busy, or a full disk: commits tell of it, the next round tries
            _log.warning("a checkpoint failed", exc_info=True)

    def _size(self) -> int:
        try:
            return self._log_file.stat().st_size
        except FileNotFoundError:
            return 0
