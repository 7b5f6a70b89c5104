"""The district as a small drawing: its layers and every station, in one box. Pure."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from floodwatch.model.district import District
from floodwatch.web.board_rows import Row

WIDTH = 400.0  # of the drawing; the height follows from the ground
EDGE = 14.0
SHAPES = {"Polygon": 1, "MultiPolygon": 2, "LineString": 0, "MultiLineString": 1}
ORDER = ("district", "water", "rivers")  # from the bottom up; others lie above

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Shape:
    """One feature: `kind` names its look, `path` is what SVG draws."""

    kind: str
    name: str
    path: str
    closed: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """One station."""

    row: Row
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """What the page draws; the worst stations last, so that nothing hides them."""

    width: float
    height: float
    shapes: tuple[Shape, ...]
    marks: tuple[Mark, ...]


def drawing(district: District, rows: Iterable[Row]) -> Drawing | None:
    """The map of the stations that have a place; nothing when none has one."""
    placed = [(row, (row.station.lon, row.station.lat)) for row in rows]
    stations = [
        (row, (lon, lat)) for row, (lon, lat) in placed if lon is not None and lat is not None
    ]
    if not stations:
        return None
    found = list(_features(district.layers))
    ground = [point for _kind, _name, lines, _closed in found for line in lines for point in line]
    to_box, height = _projection([place for _row, place in stations] + ground)
    shapes = tuple(
        Shape(kind, name, _path(lines, closed, to_box), closed)
        for kind, name, lines, closed in found
    )
    worst_last = sorted(stations, key=lambda pair: (pair[0].severity, pair[0].code))
    marks = tuple(Mark(row, *to_box(place)) for row, place in worst_last)
    return Drawing(WIDTH, height, shapes, marks)


def _features(
    layers: Mapping[str, Mapping[str, Any]],
) -> Iterator[tuple[str, str, list[list[Point]], bool]]:
    """(kind, name, lines, closed) of everything that can be drawn."""
    names = sorted(layers, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))
    for layer in names:
        for feature in layers[layer].get("features", ()):
            geometry = feature.get("geometry") or {}
            kind = geometry.get("type", "")
            if kind not in SHAPES:
                continue
            said = feature.get("properties") or {}
            lines = list(_lines(geometry.get("coordinates") or [], SHAPES[kind]))
            yield str(said.get("kind") or layer), str(said.get("name") or ""), lines, "Pol" in kind


def _lines(coordinates: Sequence[Any], depth: int) -> Iterator[list[Point]]:
    if depth == 0:
        yield [(float(point[0]), float(point[1])) for point in coordinates]
        return
    for part in coordinates:
        yield from _lines(part, depth - 1)


def _projection(points: Sequence[Point]) -> tuple[Any, float]:
    """(place -> box, height of the box): degrees as metres, north up, everything inside."""
    west, east = min(p[0] for p in points), max(p[0] for p in points)
    south, north = min(p[1] for p in points), max(p[1] for p in points)
    squeeze = math.cos(math.radians((south + north) / 2))
    across, along = max((east - west) * squeeze, 1e-6), max(north - south, 1e-6)
    scale = (WIDTH - 2 * EDGE) / max(across, along * 0.8)
    left = (WIDTH - across * scale) / 2

    def to_box(place: Point) -> Point:
        x = left + (place[0] - west) * squeeze * scale
        return round(x, 1), round(EDGE + (north - place[1]) * scale, 1)

    return to_box, round(along * scale + 2 * EDGE, 1)


def _path(lines: Sequence[Sequence[Point]], closed: bool, to_box: Any) -> str:
    drawn = []
    for line in lines:
        steps = " ".join("{:g},{:g}".format(*to_box(point)) for point in line)
        drawn.append(f"M{steps}{'Z' if closed else ''}")
    return "".join(drawn)
