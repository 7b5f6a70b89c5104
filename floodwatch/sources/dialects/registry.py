"""All dialects of makers, and which of them a file is written in."""

from typing import NamedTuple

from floodwatch.model.errors import ImportRefused
from floodwatch.sources.dialects import (
    contdata,
    diver,
    ellitrack,
    environment_agency,
    hobo,
    in_situ,
    keller,
    nivus,
    ori,
    rdb,
    sl323,
    solinst,
    sts,
    toa5,
    watina,
    zrxp,
)
from floodwatch.sources.dialects.layout import ENOUGH, Dialect, Look

DIALECTS: dict[str, Dialect] = {
    module.DIALECT.name: module.DIALECT
    for module in (
        sl323,
        toa5,
        hobo,
        diver,
        keller,
        solinst,
        ellitrack,
        in_situ,
        nivus,
        ori,
        sts,
        rdb,
        environment_agency,
        zrxp,
        watina,
        contdata,
    )
}
GENERIC = ("long", "wide")
NAMES = ("auto", *GENERIC, *DIALECTS)


class Recognised(NamedTuple):
    """A dialect and how sure it is, from 0 to 1."""

    dialect: Dialect
    confidence: float


def recognised(look: Look) -> list[Recognised]:
    """The dialects a file may be in, the likeliest first."""
    found = [Recognised(dialect, dialect.recognise(look)) for dialect in DIALECTS.values()]
    return sorted((r for r in found if r.confidence > 0), key=lambda r: -r.confidence)


def choose(look: Look, wanted: str) -> Recognised | None:
    """The dialect asked for, else the likeliest; None for a table of nobody in particular.

    Raises ImportRefused for a name that is none.
    """
    if wanted in GENERIC:
        return None
    if wanted in DIALECTS:
        dialect = DIALECTS[wanted]
        return Recognised(dialect, dialect.recognise(look))
    if wanted != "auto":
        raise ImportRefused(f"--dialect {wanted!r}: unknown; known: {', '.join(NAMES)}")
    best = next(iter(recognised(look)), None)
    return best if best and best.confidence >= ENOUGH else None
