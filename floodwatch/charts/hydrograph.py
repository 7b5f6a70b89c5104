"""The aligned pair of a station: hyetograph above, axis downward, hydrograph with its limits."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from floodwatch.charts.limits import Steps
from floodwatch.charts.paint import PAINTS, Paint, layout, local_ms, time_axis, value_axis
from floodwatch.hydrology.downsampling import broken, thin
from floodwatch.hydrology.series import Series
from floodwatch.model.quality import Flag

MOST_POINTS = 3000
FAR = 1.5
APART = 0.045  # of the hydrograph's height: the least distance between two labels


@dataclass(frozen=True, slots=True)
class Line:
    """A series to draw as a line. `factor` turns the canonical unit into the one people read."""

    series: Series
    name: str
    unit: str
    factor: float = 1.0
    decimals: int = 2
    silent_after: int = 0  # a longer step than this is a gap
    stepped: bool = False


@dataclass(frozen=True, slots=True)
class Bars:
    """Rain by bin: `ends` (ms UTC) and mm; `width` in ms."""

    ends: NDArray[np.int64]
    amounts: NDArray[np.float64]
    width: int
    name: str
    doubted: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True)
class Flagged:
    """A past event on the time axis."""

    time: int
    severity: int
    text: str


@dataclass(frozen=True, slots=True)
class View:
    """From when to when (ms UTC), and how it is to be said."""

    start: int
    end: int
    now: int
    tz: ZoneInfo
    theme: str = "dark"
    words: dict[str, str] = field(default_factory=dict)
    detail: tuple[int, int] | None = None  # the part the reader has zoomed into

    @property
    def seen(self) -> tuple[int, int]:
        """What is looked at now: the detail, else all of it."""
        return self.detail or (self.start, self.end)

    def word(self, key: str) -> str:
        """A word of the figure in the reader's language."""
        return self.words.get(key, key)

    def x(self, time: int) -> float:
        """A time on the axis."""
        return float(local_ms(np.array([time], np.int64), self.tz)[0])


def figure(
    lines: Sequence[Line],
    view: View,
    *,
    rain: Bars | None = None,
    limits: Sequence[Steps] = (),
    late: Series | None = None,
    events: Sequence[Flagged] = (),
) -> go.Figure:
    """The figure of one station and variable; the first line carries limits and marks."""
    paint = PAINTS.get(view.theme, PAINTS["dark"])
    fig = go.Figure()
    top = 0.70 if rain is not None else 1.0
    bounds = _bounds(lines, limits, view)
    look = layout(paint, right=150 if limits else 32)
    look["xaxis"] = time_axis(paint, view.x(view.start), view.x(view.end)) | {"anchor": "y"}
    look["yaxis"] = value_axis(paint, _title(lines)) | {"domain": [0, top], "range": list(bounds)}
    if rain is not None:
        _draw_rain(fig, rain, view, paint=paint)
        look["yaxis2"] = value_axis(paint, f"{rain.name} mm") | {
            "domain": [0.75, 1],
            "autorange": "reversed",
            "rangemode": "tozero",
        }
    _draw_limits(fig, look, limits, view, paint=paint, bounds=bounds, line=lines[0])
    for number, line in enumerate(lines):
        _draw_line(fig, line, view, paint=paint, colour=(paint.water, paint.second)[number % 2])
    if late is not None and late.size:
        _draw_late(fig, late, lines[0], view, paint=paint)
    _draw_events(fig, events, view, paint=paint, at=bounds[1])
    _draw_now(look, view, paint)
    fig.update_layout(look)
    return fig


def _title(lines: Sequence[Line]) -> str:
    return f"{lines[0].name} {lines[0].unit}".strip()


def _bounds(lines: Sequence[Line], limits: Sequence[Steps], view: View) -> tuple[float, float]:
    """The value axis: the data, the next limit above, and the next below unless far away."""
    factor = lines[0].factor
    found: list[float] = []
    for line in lines:
        seen = line.series.between(view.seen[0] - 1, view.seen[1])
        fit = seen.values[(seen.quality % 10 != Flag.FAIL) & np.isfinite(seen.values)]
        if fit.size:
            found += [float(fit.min()) * line.factor, float(fit.max()) * line.factor]
    values = sorted({value * factor for each in limits for value in each.extremes()})
    if not found:
        found = values or [0.0, 1.0]
    low, high = min(found), max(found)
    above = [value for value in values if value > high]
    below = [value for value in values if value < low]
    top = above[0] if above else high
    least = 10.0 ** (1 - lines[0].decimals)  # the span of a line that stands still
    bottom = low
    if below and low - below[-1] <= FAR * max(top - low, least):
        bottom = below[-1]  # one far beneath would press the crest flat: an arrow names it
    pad = max((top - bottom) * 0.06, 0.02)
    return bottom - pad, top + pad


def _draw_line(fig: go.Figure, line: Line, view: View, *, paint: Paint, colour: str) -> None:
    step = max(1, line.silent_after // 3) if line.silent_after else None
    raw = line.series
    flags = raw.quality % 10
    good = raw.take((flags != Flag.SUSPECT) & (flags != Flag.FAIL))
    doubted = raw.take(flags == Flag.SUSPECT)
    drawn = broken(_thinned(good, view, step), good.times, step=step)
    hover = f"%{{y:.{line.decimals}f}} {escape(line.unit)}"
    sparse = 0 < drawn.size < 80
    fig.add_scatter(
        x=local_ms(drawn.times, view.tz),
        y=drawn.values * line.factor,
        name=escape(line.name),
        mode="lines+markers" if sparse else "lines",
        marker={"size": 4},
        line={"color": colour, "width": 2.2, "shape": "hv" if line.stepped else "linear"},
        connectgaps=False,
        hovertemplate=hover,
    )
    if doubted.size:
        kept = thin(doubted, MOST_POINTS // 5)
        fig.add_scatter(
            x=local_ms(kept.times, view.tz),
            y=kept.values * line.factor,
            name=view.word("suspect"),
            mode="markers",
            marker={
                "symbol": "circle-open",
                "size": 9,
                "color": paint.text,
                "line": {"width": 1.5},
            },
            hovertemplate=f"[{hover}] {view.word('suspect')}",
        )


def _thinned(series: Series, view: View, step: int | None) -> Series:
    """The points that draw a line; as many again for the part zoomed into."""
    if view.detail is None:
        return thin(series, MOST_POINTS, step=step)
    low, high = np.searchsorted(series.times, view.detail)
    parts = [
        thin(series.take(slice(a, b)), most, step=step)
        for a, b, most in (
            (0, low, MOST_POINTS // 2),
            (low, high, MOST_POINTS),
            (high, series.size, MOST_POINTS // 2),
        )
        if b > a
    ]
    return (
        Series(*(np.concatenate(column) for column in zip(*parts, strict=True)))
        if parts
        else series
    )


def _draw_late(fig: go.Figure, late: Series, line: Line, view: View, *, paint: Paint) -> None:
    fig.add_scatter(
        x=local_ms(late.times, view.tz),
        y=late.values * line.factor,
        name=view.word("late"),
        mode="markers",
        marker={"symbol": "diamond-open", "size": 7, "color": paint.muted},
        hovertemplate=view.word("late"),
    )


def _draw_rain(fig: go.Figure, rain: Bars, view: View, *, paint: Paint) -> None:
    fallen = np.cumsum(np.nan_to_num(rain.amounts))
    colours: Any = paint.rain
    if rain.doubted is not None and rain.doubted.any():
        colours = [paint.surface if doubt else paint.rain for doubt in rain.doubted.tolist()]
    fig.add_bar(
        x=local_ms(rain.ends - rain.width // 2, view.tz),
        y=rain.amounts,
        width=float(rain.width),
        customdata=fallen,
        name=escape(rain.name),
        marker={"color": colours, "line": {"color": paint.rain, "width": 0.5}},
        yaxis="y2",
        hovertemplate=f"%{{y:.1f}} mm · {view.word('total')} %{{customdata:.1f}} mm",
    )


def _draw_limits(
    fig: go.Figure,
    look: dict[str, Any],
    limits: Sequence[Steps],
    view: View,
    *,
    paint: Paint,
    bounds: tuple[float, float],
    line: Line,
) -> None:
    """Each limit as a step line; its name and value at the right edge, pushed apart."""
    factor = line.factor
    labels: list[tuple[float, str, str]] = []
    for limit in limits:
        colour = paint.severity[int(limit.severity)]
        times = [max(limit.times[0], view.start), *limit.times[1:], view.end]
        values = [*limit.values, limit.values[-1]]
        fig.add_scatter(
            x=local_ms(np.array(times, np.int64), view.tz),
            y=[None if value is None else value * factor for value in values],
            mode="lines",
            line={"color": colour, "width": 1.3, "dash": "dash", "shape": "hv"},
            name=escape(limit.label),
            hoverinfo="skip",
            showlegend=False,
        )
        if limit.last is not None and bounds[0] <= limit.last * factor <= bounds[1]:
            shown = limit.last * factor
            value = "" if f"{shown:g}" in limit.label else f" {shown:g}"
            text = f"{limit.severity.numeral} {escape(limit.label)}{value}"
            labels.append((shown, text, colour))
    labels += _far_beneath(limits, line, view, paint=paint, bottom=bounds[0])
    height = bounds[1] - bounds[0]
    places = spread([value for value, _, _ in labels], APART * height)
    look["annotations"] = [
        {
            "x": 1.005,
            "xref": "paper",
            "xanchor": "left",
            "y": place,
            "yref": "y",
            "yanchor": "bottom" if "<br>" in text else "middle",
            "align": "left",
            "bgcolor": paint.surface if "<br>" in text else "rgba(0,0,0,0)",
            "text": text,
            "showarrow": False,
            "font": {"size": 12, "color": colour},
        }
        for place, (_, text, colour) in zip(places, labels, strict=True)
    ]


def _far_beneath(
    limits: Sequence[Steps], line: Line, view: View, *, paint: Paint, bottom: float
) -> list[tuple[float, str, str]]:
    """An arrow for the next limit beneath an axis that does not reach it: which, and how far."""
    seen = line.series.between(view.seen[0] - 1, view.seen[1])
    fit = seen.values[(seen.quality % 10 != Flag.FAIL) & np.isfinite(seen.values)]
    now = [(limit.last, limit) for limit in limits if limit.last is not None]
    below = [pair for pair in now if pair[0] * line.factor < bottom]
    if not below or fit.size == 0:
        return []
    if any(bottom <= value * line.factor <= float(fit.min()) * line.factor for value, _ in now):
        return []  # a nearer one is in sight
    value, limit = max(below, key=lambda pair: pair[0])
    far = (float(fit[-1]) - value) * line.factor
    name = f"{limit.severity.numeral} {escape(limit.label)} {value * line.factor:g}"
    text = f"↓ {name}<br>{view.word('beneath')} {far:.{line.decimals}f} {escape(line.unit)}"
    return [(bottom, text, paint.severity[int(limit.severity)])]


def spread(values: Sequence[float], apart: float) -> list[float]:
    """Places for labels near their rising values, each at least `apart` above the one before."""
    order = sorted(range(len(values)), key=values.__getitem__)
    groups: list[list[int]] = []
    for index in order:
        groups.append([index])
        while len(groups) > 1 and _low(groups[-1], values, apart) < _high(
            groups[-2], values, apart
        ):
            last = groups.pop()
            groups[-1] += last
    places = [0.0] * len(values)
    for group in groups:
        low = _low(group, values, apart)
        for rank, index in enumerate(group):
            places[index] = low + (rank + 0.5) * apart
    return places


def _low(group: list[int], values: Sequence[float], apart: float) -> float:
    return sum(values[i] for i in group) / len(group) - len(group) * apart / 2


def _high(group: list[int], values: Sequence[float], apart: float) -> float:
    return _low(group, values, apart) + len(group) * apart


def _draw_events(
    fig: go.Figure, events: Sequence[Flagged], view: View, *, paint: Paint, at: float
) -> None:
    shown = [event for event in events if view.start <= event.time <= view.end]
    if not shown:
        return
    fig.add_scatter(
        x=local_ms(np.array([event.time for event in shown], np.int64), view.tz),
        y=[at] * len(shown),
        mode="markers",
        cliponaxis=False,
        marker={
            "symbol": "triangle-down",
            "size": 11,
            "color": [paint.severity.get(event.severity, paint.muted) for event in shown],
        },
        text=[escape(event.text) for event in shown],
        name=view.word("events"),
        hovertemplate="%{text}",
        showlegend=False,
    )


def _draw_now(look: dict[str, Any], view: View, paint: Paint) -> None:
    if not view.start <= view.now <= view.end:
        return
    x = view.x(view.now)
    look["shapes"] = [
        {
            "type": "line",
            "x0": x,
            "x1": x,
            "y0": 0,
            "y1": 1,
            "yref": "paper",
            "line": {"color": paint.muted, "width": 1, "dash": "dot"},
        }
    ]
    look.setdefault("annotations", []).append(
        {
            "x": x,
            "y": 0,
            "yref": "paper",
            "text": view.word("now"),
            "showarrow": False,
            "xanchor": "left",
            "yanchor": "bottom",
            "font": {"size": 11, "color": paint.muted},
        }
    )
