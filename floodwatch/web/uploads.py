"""Files on their way in: each upload in a folder of its own, archives opened, names kept beside."""

import json
import re
import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path

from werkzeug.datastructures import FileStorage

from floodwatch.model.errors import ImportRefused, Refused
from floodwatch.sources.csv.zipped import File, is_archive, unpack

MOST_FILES = 50
KEPT_UPLOADS = 30
KEPT_BYTES = 4 << 30
_TOKEN = re.compile(r"[0-9a-f]{24}")
_LIST = "files.json"


class Uploads:
    """The uploads that can still be looked at, under names made here."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, files: Iterable[FileStorage]) -> str:
        """Store the files, archives unpacked; the token of the upload is returned."""
        given = [file for file in files if file.filename]
        if not given:
            raise Refused("no file was chosen")
        if len(given) > MOST_FILES:
            raise Refused(f"at most {MOST_FILES} files at once")
        self._tidy()
        token = secrets.token_hex(12)
        place = self._folder / token
        try:
            place.mkdir(parents=True)
            found = [
                one for number, file in enumerate(given, 1) for one in _take(file, place, number)
            ]
            _write_list(place, found)
        except OSError as error:
            shutil.rmtree(place, ignore_errors=True)
            raise Refused(f"the files could not be kept: {error.strerror}") from error
        except ImportRefused:
            shutil.rmtree(place, ignore_errors=True)
            raise
        return token

    def files(self, token: str) -> list[File]:
        """The files of an upload. Raises Refused when it is not here any more."""
        place = self._folder / token
        if not _TOKEN.fullmatch(token) or not (place / _LIST).is_file():
            raise Refused("these files are not here any more; choose them again")
        entries = json.loads((place / _LIST).read_text("utf-8"))
        return [File(name, place / path if path else None, why) for name, path, why in entries]

    def _tidy(self) -> None:
        """Only the newest uploads are kept, and no more of them than fit."""
        if not self._folder.is_dir():
            return
        newest = sorted(self._folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        size = 0
        for number, path in enumerate(newest):
            size += sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
            if number >= KEPT_UPLOADS - 1 or (number and size > KEPT_BYTES):
                shutil.rmtree(path, ignore_errors=True)


def _take(file: FileStorage, place: Path, number: int) -> list[File]:
    """One uploaded file, or the files of an uploaded archive."""
    name = _clean(file.filename or "")
    target = place / f"{number:02d}-{name}"
    file.save(target)
    if not is_archive(target):
        return [File(name, target)]
    members = unpack(target, place / f"{number:02d}", name=name)
    target.unlink()
    if not members:
        raise ImportRefused(f"{name}: there is no file in the archive")
    return members


def _write_list(place: Path, files: Iterable[File]) -> None:
    rows = [
        (file.name, str(file.path.relative_to(place)) if file.path else "", file.refusal)
        for file in files
    ]
    (place / _LIST).write_text(json.dumps(rows, ensure_ascii=False), "utf-8")


def _clean(name: str) -> str:
    """A file name without folders, control characters or a leading dot; never empty."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = re.sub(r"[^\w.\- ()（）]", "_", last).strip(". ")
    stem, dot, ending = kept.rpartition(".")
    return f"{(stem or ending)[:80]}{dot}{ending[:10]}" if stem else (kept[:80] or "file")
