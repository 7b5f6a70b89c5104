"""The first rows of a maker's table: split, measured, and looked through."""

import re
from collections import Counter
from collections.abc import Sequence

from floodwatch.sources.csv.record import Broken
from floodwatch.sources.csv.record import split as split_strictly
from floodwatch.sources.dialects.layout import Look, NotThis

_LOOK = 2000
_BLANKS = re.compile(r" {2,}")


def split(line: str, delimiter: str) -> list[str]:
    """The fields of a line, blanks around them removed; of an untidy one as well as can be."""
    try:
        fields = split_strictly(line, delimiter)
    except Broken:
        fields = line.split(delimiter)
    return [field.strip() for field in fields]


def squeezed(line: str) -> str:
    """A line whose runs of blanks are one."""
    return _BLANKS.sub(" ", line.strip())


def delimiter_of(line: str, among: str = "\t;,|") -> str:
    """The delimiter that cuts a line into most fields; a comma where none does."""
    best = max(among, key=lambda mark: len(split(line, mark)))
    return best if len(split(line, best)) > 1 else ","


def body(look: Look, head: int, delimiter: str, *, squeeze: bool = False) -> list[list[str]]:
    """The first rows, those of the most frequent width. Raises NotThis when there are none."""
    lines = [squeezed(line) if squeeze else line for line in look.lines[head : head + _LOOK]]
    rows = [split(line, delimiter) for line in lines if line.strip()]
    widths = Counter(len(row) for row in rows if len(row) > 1)
    if not widths:
        raise NotThis(f"{look.name}: no rows after line {head}")
    width = widths.most_common(1)[0][0]
    return [row for row in rows if len(row) == width]


def fitted(names: Sequence[str], width: int) -> tuple[str, ...]:
    """Column names for rows of this width: a header may end in a delimiter more, or less."""
    some = [name.strip() for name in names[:width]]
    return tuple(some + [""] * (width - len(some)))


def filled(rows: Sequence[Sequence[str]], index: int) -> bool:
    """Whether a column has anything at all in the first rows."""
    return any(row[index] for row in rows)
