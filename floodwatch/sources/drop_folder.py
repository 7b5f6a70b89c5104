"""A drop folder: which of its files are complete, and where they go afterwards."""

import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple

DONE, REFUSED = "done", "refused"
UNFINISHED = (".part", ".tmp", ".temp", ".filepart", ".crdownload", ".download", ".swp", "~")
DEEPEST = 8  # sub-folders
MOST = 1000  # files of one look
_BLOCK = 1 << 20

Stamp = tuple[int, int, int]  # size, mtime ns, inode


class Found(NamedTuple):
    """A complete file: its name relative to the folder, and how it was when it was looked at."""

    name: str
    path: Path
    stamp: Stamp


class Link(NamedTuple):
    """A link in the folder: it is not followed, wherever it leads."""

    name: str


@dataclass
class DropFolder:
    """One folder, looked at again and again; `clock` is monotonic, in seconds.

    A file is complete when it has not changed for `settle_s`, or when its companion is there.
    """

    folder: Path
    pattern: tuple[str, ...] = ("*",)
    settle_s: float = 10.0
    companion: str = ""
    subfolders: bool = True
    clock: Callable[[], float] = lambda: 0.0
    _seen: dict[str, tuple[Stamp, float]] = field(default_factory=dict)

    def look(self) -> list[Found | Link]:
        """The complete files, oldest first. Raises OSError for a folder that cannot be read."""
        now = self.clock()
        names: set[str] = set()
        found: list[Found | Link] = []
        for entry in self._walk(self.folder, "", 0):
            if isinstance(entry, Link):
                found.append(entry)
                continue
            names.add(entry.name)
            if self._is_complete(entry, now):
                found.append(entry)
            if len(names) >= MOST * 10:
                break
        self._seen = {name: seen for name, seen in self._seen.items() if name in names}
        files = [one for one in found if isinstance(one, Found)]
        files.sort(key=lambda one: (one.stamp[1], one.name))
        return [*(one for one in found if isinstance(one, Link)), *files[:MOST]]

    def _walk(self, place: Path, prefix: str, depth: int) -> Iterator[Found | Link]:
        with os.scandir(place) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
        for entry in listed:
            name = prefix + entry.name
            if entry.name.startswith(".") or (not prefix and entry.name in (DONE, REFUSED)):
                continue
            if entry.is_symlink():
                if self._is_wanted(entry.name):
                    yield Link(name)
            elif entry.is_dir(follow_symlinks=False):
                if self.subfolders and depth < DEEPEST:
                    yield from self._inner(Path(entry.path), f"{name}/", depth + 1)
            elif self._is_wanted(entry.name):
                try:
                    state = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                if S_ISREG(state.st_mode):
                    yield Found(name, Path(entry.path), stamp_of(state))

    def _inner(self, place: Path, prefix: str, depth: int) -> Iterator[Found | Link]:
        """A sub-folder that cannot be read hides only itself."""
        try:
            yield from self._walk(place, prefix, depth)
        except (PermissionError, FileNotFoundError, NotADirectoryError):
            return

    def _is_wanted(self, name: str) -> bool:
        low = name.lower()
        if low.endswith(UNFINISHED) or (self.companion and low.endswith(self.companion.lower())):
            return False
        return any(fnmatchcase(low, pattern.lower()) for pattern in self.pattern)

    def _is_complete(self, found: Found, now: float) -> bool:
        if self.companion:
            return any(path.is_file() for path in self.companions(found.path))
        stamp, since = self._seen.get(found.name, (None, now))
        if stamp != found.stamp:
            self._seen[found.name] = (found.stamp, now)
            return self.settle_s <= 0
        return now - since >= self.settle_s

    def companions(self, path: Path) -> tuple[Path, ...]:
        """Where the companion of a file may stand."""
        if not self.companion:
            return ()
        return path.with_name(path.name + self.companion), path.with_suffix(self.companion)

    def put_away(self, found: Found, where: str) -> Path:
        """Move a file to `done` or `refused`, under a name that is free there. Raises OSError."""
        target = free_name(self.folder / where / found.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            found.path.rename(target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            shutil.move(found.path, target)
        for path in self.companions(found.path):
            path.unlink(missing_ok=True)
        self._seen.pop(found.name, None)
        return target


def stamp_of(state: os.stat_result) -> Stamp:
    """By what it is known that a file has changed."""
    return state.st_size, state.st_mtime_ns, state.st_ino


def free_name(wanted: Path) -> Path:
    """The path, or with ~2, ~3 … before its ending when something stands there."""
    number, path = 1, wanted
    while os.path.lexists(path):
        number += 1
        path = wanted.with_name(f"{wanted.stem}~{number}{wanted.suffix}")
    return path


def digest(found: Found, *, stopping: Callable[[], bool] = lambda: False) -> str | None:
    """SHA-256 of a file's bytes; None when it has changed, vanished, or the work must end."""
    made = hashlib.sha256()
    try:
        with found.path.open("rb") as file:
            if stamp_of(os.fstat(file.fileno())) != found.stamp:
                return None
            while block := file.read(_BLOCK):
                made.update(block)
                if stopping():
                    return None
            after = stamp_of(os.fstat(file.fileno()))
        return made.hexdigest() if after == found.stamp == stamp_of(found.path.stat()) else None
    except FileNotFoundError:
        return None
