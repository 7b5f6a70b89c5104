"""The bytes of a file as UTF-8 pieces that end at line ends, with line numbers; .gz is opened."""

import codecs
import gzip
import weakref
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from floodwatch.model.errors import ImportRefused
from floodwatch.sources.csv import tabled

PIECE = 16 << 20
LONGEST_LINE = 64 * 1024
BOMB_RATIO = 100
BOMB_BYTES = 1 << 30
_PLAIN = ("utf-8", "utf-8-sig", "ascii")
_MARK = codecs.BOM_UTF8
_NEWLINE, _RETURN, _BLANK = ord("\n"), ord("\r"), ord(" ")


class Piece(NamedTuple):
    """Whole lines of a file as UTF-8, `lines` of them. `first_line` counts from 1; `read`: bytes
    of the file so far.

    Undecodable bytes have become U+FFFD. Of a line beyond all reason only the beginning is kept,
    still too long to be taken.
    """

    data: bytes
    first_line: int
    read: int
    final: bool
    lines: int


class Source:
    """A file to read from the start, as often as needed, which must not change meanwhile."""

    def __init__(self, path: Path, name: str = "") -> None:
        self.path, self.name = path, name or path.name  # the name by which people know it
        self.packed = path.suffix.lower() == ".gz"
        self.sheet = ""  # of a workbook; to be said before the first reading
        self._seen = self._state()
        self.size = self._seen[0]
        self._text: Path | None = None

    @property
    def text(self) -> Path:
        """The file to read: of a workbook the text table it stands for, made once."""
        if self._text is None:
            made = tabled.as_text(self.path, self.sheet, name=self.name)
            if made is not None:
                weakref.finalize(self, made.unlink, missing_ok=True)
                self.size = made.stat().st_size
            self._text = made or self.path
        return self._text

    def blocks(self, size: int = PIECE) -> Iterator[tuple[bytes, int]]:
        """The bytes, unpacked, with how many bytes of the file have been read."""
        with self.text.open("rb") as file:
            if self.packed:
                yield from self._unpacked(file, size)
            else:
                while block := file.read(size):
                    yield block, file.tell()
        if self._state() != self._seen:
            raise ImportRefused(f"{self.name}: the file was changed while it was being read")

    def scan(self, size: int = 4 << 20) -> Iterator[bytes | bytearray]:
        """The bytes once more for a look only: each block is gone with the next."""
        if self.packed:
            yield from (block for block, _ in self.blocks(size))
            return
        room = bytearray(size)
        with self.text.open("rb", buffering=0) as file:
            while count := file.readinto(room):
                yield room if count == size else room[:count]

    def _state(self) -> tuple[int, int, int]:
        try:
            stat = self.path.stat()
        except OSError as error:
            raise ImportRefused(f"{self.path}: {error.strerror}") from error
        if not self.path.is_file():
            raise ImportRefused(f"{self.path}: not a file")
        return stat.st_size, stat.st_mtime_ns, stat.st_ino

    def _unpacked(self, file: BinaryIO, size: int) -> Iterator[tuple[bytes, int]]:
        unpacked = 0
        try:
            with gzip.GzipFile(fileobj=file) as opened:
                while block := opened.read(min(size, 4 << 20)):
                    unpacked += len(block)
                    if unpacked > BOMB_BYTES and unpacked > BOMB_RATIO * self.size:
                        raise ImportRefused(
                            f"{self.name}: unpacks to more than {BOMB_RATIO} times its size and "
                            f"more than 1 GB; unpack it yourself if it is really meant"
                        )
                    yield block, file.tell()
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ImportRefused(f"{self.name}: the gzip file is cut off or damaged") from error


def pieces(
    source: Source, encoding: str, *, newline: str = "\n", valid: bool = False
) -> Iterator[Piece]:
    """The file in pieces of whole lines; `newline` "\\r" is for files that know no other.

    `valid`: it is known that all of the file is in this encoding.
    """
    rest, line, read = b"", 1, 0
    for text, read in _transcoded(source, encoding, valid=valid):
        if newline == "\r":
            text = text.replace(b"\r", b"\n")
        cut = text.rfind(b"\n") + 1
        if cut == 0:
            rest = (rest + text)[: 2 * LONGEST_LINE]
            continue
        data = b"".join((rest, memoryview(text)[:cut]))  # copied once: pieces are large
        rest = text[cut:][: 2 * LONGEST_LINE]
        lines = int(np.count_nonzero(np.frombuffer(data, np.uint8) == _NEWLINE))
        yield Piece(data, line, read, final=False, lines=lines)
        line += lines
    if rest and not rest.endswith(b"\n"):
        rest += b"\n"
    yield Piece(rest, line, read, final=True, lines=rest.count(b"\n"))


def _transcoded(source: Source, encoding: str, *, valid: bool) -> Iterator[tuple[bytes, int]]:
    plain = encoding in _PLAIN
    decoder = codecs.getincrementaldecoder("utf-8" if plain else encoding)("replace")
    first, read = True, 0
    for block, read in source.blocks():
        if plain and (valid or (block.isascii() and not decoder.getstate()[0])):
            yield block.removeprefix(_MARK) if first else block, read
            first = False
            continue
        text = decoder.decode(block).encode("utf-8", "replace")
        if first and text:
            text, first = text.removeprefix(_MARK), False
        yield text, read
    tail = decoder.decode(b"", True).encode("utf-8", "replace")
    if tail:
        yield tail, read


def beginning(source: Source, encoding: str, *, most: int = 1 << 20) -> bytes:
    """The first lines of a file as UTF-8, enough to see what it is."""
    decoder = codecs.getincrementaldecoder("utf-8" if encoding in _PLAIN else encoding)("replace")
    block, _ = next(source.blocks(most), (b"", 0))
    text = decoder.decode(block).encode("utf-8", "replace").removeprefix(_MARK)
    return text[: text.rfind(b"\n") + 1] if len(block) >= most and b"\n" in text else text


def squeezed(data: bytes) -> bytes:
    """Whole lines in which every run of blanks is one, and none stands at an edge of a line."""
    if b" " not in data:
        return data
    found = np.frombuffer(data, np.uint8)
    blank = found == _BLANK
    after = np.empty(found.size, np.bool_)  # whether a blank or the end of a line follows
    after[:-1] = blank[1:] | (found[1:] == _NEWLINE) | (found[1:] == _RETURN)
    after[-1] = True
    kept = ~(blank & after)
    at = np.concatenate([[0], np.flatnonzero(found == _NEWLINE)[:-1] + 1])
    while (at := at[blank[at]]).size:  # blanks at the beginning of lines
        kept[at] = False
        at = at + 1
    left: bytes = found[kept].tobytes()
    return left


def check_headers(source: Source, mark: str, encoding: str) -> None:
    """Refuse a file of several tables with unlike headers, which begin with `mark`."""
    wanted, seen = mark.encode(), b""
    for piece in pieces(source, encoding):
        data, at = piece.data, 0
        while (at := _line_beginning(data, wanted, at)) >= 0:
            line = data[at : data.find(b"\n", at)].rstrip(b"\r")
            if seen and line != seen:
                raise ImportRefused(
                    f"{source.name}: several tables with different columns, one after the other; "
                    f"split the file where lines begin with {mark.strip()!r}"
                )
            seen, at = line, at + 1


def _line_beginning(data: bytes, mark: bytes, at: int) -> int:
    """Where a line begins so, from `at` on; -1 if nowhere."""
    if at == 0 and data.startswith(mark):
        return 0
    place = data.find(b"\n" + mark, max(at - 1, 0))
    return place + 1 if place >= 0 else -1
