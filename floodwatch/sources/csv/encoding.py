"""Which encoding a file is in: by its mark, else strict UTF-8, else GB 18030, else refused."""

import codecs
from collections.abc import Iterable

from floodwatch.model.errors import ImportRefused
from floodwatch.sources.csv.options import AUTO

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def detect(chunks: Iterable[bytes | bytearray], *, name: str, otherwise: str = "gb18030") -> str:
    """The encoding of the file whose bytes `chunks` gives: UTF-8 if it can be, or `otherwise`.

    Raises ImportRefused when it is neither UTF-8 nor GB 18030: others are asked for, because short
    texts in them look alike.
    """
    candidates = {"utf-8": _decoder("utf-8"), otherwise: _decoder(otherwise)}
    first = True
    for chunk in chunks:
        if first:
            marked = next((kind for mark, kind in _MARKS if chunk.startswith(mark)), None)
            if marked:
                return marked
            first = False
        if chunk.isascii() and not any(d.getstate()[0] for d in candidates.values()):
            continue
        _narrow(candidates, chunk)
    _narrow(candidates, b"", final=True)
    if not candidates:
        raise ImportRefused(
            f"{name}: neither UTF-8 nor GB 18030; say which it is, e.g. --encoding big5"
        )
    return next(iter(candidates))


def glance(chunks: Iterable[bytes | bytearray], wanted: str, *, name: str) -> str:
    """An encoding in which the beginning of any file can be looked at."""
    if wanted != AUTO:
        return check(wanted, name=name)
    first = bytes(next(iter(chunks), b""))
    marked = next((kind for mark, kind in _MARKS if first.startswith(mark)), None)
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
