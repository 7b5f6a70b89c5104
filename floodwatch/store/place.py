"""Whether the database's file is still the one this process has open."""

from pathlib import Path


class Place:
    """A file by its path; `moved` once another file, or none, has its name.

    Whoever has it open then reads and writes where nobody else looks.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._first = self._found()

    @property
    def moved(self) -> bool:
        """Whether it was deleted, moved away, or replaced."""
        if self._first is None:  # a server, or not made yet
            self._first = self._found()
            return False
        return self._found() != self._first

    def _found(self) -> tuple[int, int] | None:
        if self._path is None:
            return None
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return None
        return stat.st_dev, stat.st_ino
