"""Which encoding a file is in: by its mark, else strict UTF-8, else by its common characters."""

import codecs
import re
from collections.abc import Collection, Iterable

from floodwatch.model.errors import ImportRefused
from floodwatch.sources.csv.options import AUTO

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OTHERS = ("gb18030", "big5", "cp1252")
_FOREIGN = re.compile(rb"[\x80-\xff]+")
_ASCII = re.compile(r"[\x00-\x7f]+")
_ENOUGH = 1 << 20
_NEARLY, _COMMON = 0.9, 0.75


def detect(chunks: Iterable[bytes | bytearray], *, name: str, otherwise: str = "") -> str:
    """The encoding of the file whose bytes `chunks` gives: UTF-8 if it can be, or `otherwise`.

    Without `otherwise` it is the one of GB 18030, Big5 and Windows-1252 in which the first foreign
    characters are common ones. Raises ImportRefused when none of them is likely.
    """
    others = (otherwise,) if otherwise else _OTHERS
    candidates = {kind: _decoder(kind) for kind in ("utf-8", *others)}
    foreign = bytearray()
    first = True
    for chunk in chunks:
        if first:
            marked = _marked(chunk)
            if marked:
                return marked
            first = False
        if chunk.isascii() and not any(d.getstate()[0] for d in candidates.values()):
            continue
        _narrow(candidates, chunk)
        if len(foreign) < _ENOUGH:
            foreign += chunk
    _narrow(candidates, b"", final=True)
    if "utf-8" in candidates:
        return "utf-8"
    found = otherwise if otherwise in candidates else likely(bytes(foreign), set(candidates))
    if not found:
        raise ImportRefused(
            f"{name}: not UTF-8, and not plainly GB 18030, Big5 or Latin-1; say which it is, "
            "e.g. --encoding big5"
        )
    return found


def likely(data: bytes, possible: Collection[str]) -> str:
    """The encoding in which nearly all foreign characters are common ones; empty when none is.

    Foreign bytes that stand alone are letters of the West: a common Chinese character has two.
    """
    runs = _FOREIGN.findall(data)
    alone = sum(len(run) == 1 for run in runs)
    if runs and alone >= _NEARLY * len(runs):
        return "cp1252" if "cp1252" in possible else ""
    share = {kind: _common(data, kind) for kind in ("gb18030", "big5") if kind in possible}
    best = max(share, key=lambda kind: share[kind], default="")
    return best if best and share[best] >= _COMMON else ""


def _common(data: bytes, encoding: str) -> float:
    """How many of the first foreign characters are among the common ones of an encoding."""
    text = "".join(_ASCII.sub("", data.decode(encoding, "ignore")))[:5000]
    narrow, last = ("gb2312", 0xD7) if encoding == "gb18030" else ("big5", 0xC6)
    codes = [character.encode(narrow, "ignore") for character in text]
    return sum(bool(code) and code[0] <= last for code in codes) / max(len(text), 1)


def _marked(chunk: bytes | bytearray) -> str:
    """The encoding a mark at the beginning tells, or zeros in every other byte."""
    found = next((kind for mark, kind in _MARKS if chunk.startswith(mark)), "")
    if found:
        return found
    some = chunk[:2000]
    even, odd = some[::2].count(0), some[1::2].count(0)
    if max(even, odd) * 3 > len(some) and not min(even, odd):
        return "utf-16-le" if odd else "utf-16-be"
    return ""


def glance(chunks: Iterable[bytes | bytearray], wanted: str, *, name: str) -> str:
    """An encoding in which the beginning of any file can be looked at."""
    if wanted != AUTO:
        return check(wanted, name=name)
    first = bytes(next(iter(chunks), b""))
    marked = _marked(first)
    if marked:
        return marked
    try:
        _decoder("utf-8").decode(first)
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def check(encoding: str, *, name: str) -> str:
    """A given encoding under Python's name for it."""
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        raise ImportRefused(f"{name}: unknown encoding {encoding!r}") from None


def _decoder(encoding: str) -> codecs.IncrementalDecoder:
    return codecs.getincrementaldecoder(encoding)("strict")


def _narrow(
    candidates: dict[str, codecs.IncrementalDecoder],
    chunk: bytes | bytearray,
    *,
    final: bool = False,
) -> None:
    for encoding, decoder in list(candidates.items()):
        try:
            decoder.decode(bytes(chunk), final)
        except UnicodeDecodeError:
            del candidates[encoding]
