"""Zip archives of many files, unpacked safely: every member ends as a file or with its reason.

Nothing is believed of what an archive says of itself: bytes are counted while they are unpacked,
and a member is written under a name made here, never under its own.
"""

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from floodwatch.model.errors import ImportRefused

MOST_MEMBERS = 1000
MOST_BYTES = 1 << 30  # unpacked, all together
MOST_RATIO = 100
SMALL = 1 << 20  # so little may be packed as tightly as it likes
_BLOCK = 1 << 20
_END = struct.Struct("<4s4H2LH")  # the end of the central directory
_DIRECTORY_ENTRY = 46 + 1024  # bytes; a name and its extras are shorter than that
_UTF8 = 0x800
_ENCRYPTED = 0x1
# What zipfile raises for archives that are cut off, changed, or of a kind it does not know.
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, ValueError)
_OFFICE = "[Content_Types].xml"  # a workbook or document, which is a zip archive inside
_BYSTANDERS = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|Thumbs\.db$|desktop\.ini$)")


class File(NamedTuple):
    """A file to be imported under the name people know; without a path it was refused."""

    name: str
    path: Path | None
    refusal: str = ""


class _TooMuch(Exception):
    """What is unpacked grows beyond reason."""


def is_archive(path: Path) -> bool:
    """Whether a file is a zip archive of files, and not a workbook."""
    if not zipfile.is_zipfile(path):
        return False
    if path.suffix.lower() == ".zip":
        return True
    try:
        _check_end(path)
        with zipfile.ZipFile(path) as archive:
            return _OFFICE not in archive.namelist()
    except (*_BROKEN, ImportRefused):
        return True


def unpack(path: Path, folder: Path, *, name: str = "") -> list[File]:
    """Unpack an archive into `folder` (made when missing), every member accounted for.

    Raises ImportRefused for what is no archive, or claims more members than anybody means.
    """
    called = name or path.name
    _check_end(path)
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not _is_bystander(member)]
            if len(members) > MOST_MEMBERS:
                raise ImportRefused(f"{called}: more than {MOST_MEMBERS} files in one archive")
            folder.mkdir(parents=True, exist_ok=True)
            return list(_members(archive, members, folder, called))
    except _BROKEN as error:
        raise ImportRefused(f"{called}: the archive is cut off or damaged: {error}") from error


def _check_end(path: Path) -> None:
    """Look at the archive's own summary first: a directory of a million names is not read."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 66_000))
        tail = file.read()
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) - place < _END.size:
        raise ImportRefused(f"{path.name}: the archive is cut off or damaged")
    _, _, _, _, members, directory, _, _ = _END.unpack_from(tail, place)
    if members > MOST_MEMBERS or directory > MOST_MEMBERS * _DIRECTORY_ENTRY:
        raise ImportRefused(f"{path.name}: more than {MOST_MEMBERS} files in one archive")


def _is_bystander(member: zipfile.ZipInfo) -> bool:
    return member.filename.endswith("/") or bool(_BYSTANDERS.search(member.filename))


def _members(
    archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], folder: Path, called: str
) -> Iterator[File]:
    left = MOST_BYTES
    for number, member in enumerate(members, 1):
        inner = _readable(_name(member))
        name = f"{called}/{inner}"
        if reason := _refusal(member, inner):
            yield File(name, None, reason)
            continue
        path = folder / f"{number:04d}{_ending(inner)}"
        try:
            left -= _write(archive, member, path, left)
        except _TooMuch as error:
            path.unlink(missing_ok=True)
            yield File(name, None, str(error))
        except (*_BROKEN, OSError) as error:
            path.unlink(missing_ok=True)
            if isinstance(error, OSError) and error.errno is not None:
                raise ImportRefused(f"{called}: cannot be unpacked: {error.strerror}") from error
            yield File(name, None, f"damaged in the archive: {error}")
        except RuntimeError as error:  # what zipfile raises for a password
            path.unlink(missing_ok=True)
            yield File(name, None, f"cannot be unpacked: {error}")
        else:
            yield _checked(name, path)


def _checked(name: str, path: Path) -> File:
    """An archive within an archive is not opened, whatever it is called."""
    if is_archive(path):
        path.unlink()
        return File(name, None, "an archive within an archive; unpack it and choose its files")
    return File(name, path)


def _refusal(member: zipfile.ZipInfo, inner: str) -> str:
    if stat.S_ISLNK(member.external_attr >> 16):
        return "a link, not a file"
    if member.flag_bits & _ENCRYPTED:
        return "encrypted; unpack it yourself and choose its files"
    if not inner:
        return "a file without a name"
    return ""


def _write(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path, left: int) -> int:
    """Unpack one member; how many bytes it has."""
    most = max(SMALL, MOST_RATIO * member.compress_size)
    size = 0
    with archive.open(member) as source, path.open("xb") as target:
        while block := source.read(_BLOCK):
            size += len(block)
            if size > most:
                raise _TooMuch(f"unpacks to more than {MOST_RATIO} times its size")
            if size > left:
                raise _TooMuch("the archive unpacks to more than 1 GB; unpack it yourself")
            target.write(block)
    return size


def _name(member: zipfile.ZipInfo) -> str:
    """The member's name; what is not marked as UTF-8 is tried as UTF-8 and as GB 18030."""
    if member.flag_bits & _UTF8:
        return member.filename
    try:
        raw = member.filename.encode("cp437")
    except UnicodeEncodeError:
        return member.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return member.filename


def _readable(name: str) -> str:
    """A name for people: no way up, no control characters, of bounded length."""
    parts = re.sub(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]", "_", name.replace("\\", "/"))
    kept = [part for part in parts.split("/") if part not in ("", ".", "..")]
    return "/".join(kept)[-160:]


def _ending(name: str) -> str:
    """The ending by which a file is told apart, if it is a plain one."""
    found = re.search(r"\.[A-Za-z0-9]{1,8}$", name)
    return found[0].lower() if found else ""
