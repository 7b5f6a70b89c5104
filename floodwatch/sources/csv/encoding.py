"""Which encoding a file is in: by its mark, else strict UTF-8, else GB 18030, else refused."""

import codecs
from collections.abc import Iterable

from floodwatch.model.errors import ImportRefused

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def detect(chunks: Iterable[bytes | bytearray], *, name: str) -> str:
    """The encoding of the file whose bytes `chunks` gives.

    Raises ImportRefused when it is neither UTF-8 nor GB 18030: others are asked for, because short
    texts in them look alike.
    """
    candidates = {"utf-8": _decoder("utf-8"), "gb18030": _decoder("gb18030")}
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
