"""The extension of Hunan's rules for hourly reports: piezometers, seepage and displacements."""

from dataclasses import replace

from floodwatch.sources.sl651.draft import Draft
from floodwatch.sources.sl651.elements import Kind
from floodwatch.sources.sl651.frame import Fault
from floodwatch.sources.sl651.values import bcd_number

_POINTS = {"FF11": 4, "FF12": 4, "FF13": 4}  # the numbers of the points: bytes each
# values -> (bytes each, decimals, which numbers they belong to, what they are)
_VALUES: dict[str, tuple[int, int, str, Kind]] = {
    "FF14": (4, 3, "FF11", Kind(0xFF14, "FF14", 7, 3, "m", "渗压水位", "piezometric_stage")),
    "FF15": (4, 3, "FF12", Kind(0xFF15, "FF15", 7, 3, "L/s", "渗流量", "seepage")),
    "FF16": (5, 2, "FF13", Kind(0xFF16, "FF16", 8, 2, "mm", "水平位移X")),
    "FF17": (5, 2, "FF13", Kind(0xFF17, "FF17", 8, 2, "mm", "水平位移Y")),
    "FF18": (5, 2, "FF13", Kind(0xFF18, "FF18", 8, 2, "mm", "垂直位移")),
}
_COUNTS = {"FF11": 6, "FF12": 2, "FF13": 2, "FF14": 6, "FF15": 2, "FF16": 2, "FF17": 2, "FF18": 2}
SIZES = {name: count * (_POINTS.get(name) or _VALUES[name][0]) for name, count in _COUNTS.items()}
_UNUSED = "0" * 8


def read(draft: Draft, data: bytes, first: int, *, name: str) -> int:
    """Read one of FF11 to FF18; returns where the next element begins.

    The groups have fixed sizes whatever the definition byte says. The gauge of a value is the
    number of its point, as the group of numbers before it gives it; a point 00000000 is unused
    and its value is left out.
    """
    stop = first + SIZES[name]
    raw = data[first:stop]
    if len(raw) < SIZES[name]:
        draft.problem(Fault.BODY, f"element {name} has {len(raw)} bytes of {SIZES[name]}")
        draft.rest = raw
        return len(data)
    if name in _POINTS:
        draft.points[name] = [raw[at : at + 4].hex().upper() for at in range(0, len(raw), 4)]
        draft.add(name, None, None, raw)
        return stop
    width, decimals, numbers, kind = _VALUES[name]
    points = draft.points.get(numbers) or [str(n + 1) for n in range(_COUNTS[name])]
    for number, point in enumerate(points):
        if point != _UNUSED:
            part = raw[number * width : (number + 1) * width]
            draft.add(name, replace(kind, gauge=point.lstrip("0")), _number(part, decimals), part)
    return stop


def _number(raw: bytes, decimals: int) -> float | None:
    try:
        return bcd_number(raw, decimals)
    except ValueError:
        return None
