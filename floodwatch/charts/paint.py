"""Colours, fonts and axes that all figures share."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from floodwatch.model.clock import DAY, HOUR

FONT = '"Noto Sans CJK SC","Noto Sans SC","PingFang SC","Microsoft YaHei",system-ui,sans-serif'


@dataclass(frozen=True, slots=True)
class Paint:
    """One set of colours; `severity` by number, 4 is I."""

    text: str
    muted: str
    line: str
    surface: str
    water: str
    rain: str
    second: str
    severity: Mapping[int, str]


DARK = Paint(
    text="#dce5e9",
    muted="#90a1ac",
    line="#253139",
    surface="#131b21",
    water="#58c9b6",
    rain="#8fb4c9",
    second="#b9a7e0",
    severity={4: "#ff7d75", 3: "#ffa24d", 2: "#f3d457", 1: "#7fb0ff"},
)
LIGHT = Paint(
    text="#17212a",
    muted="#586872",
    line="#dce3e4",
    surface="#ffffff",
    water="#0b7a6d",
    rain="#5b87a3",
    second="#6a55a8",
    severity={4: "#b31313", 3: "#9a4700", 2: "#725a00", 1: "#1d56c0"},
)
PAINTS: Mapping[str, Paint] = {"dark": DARK, "light": LIGHT}


def local_ms(times: NDArray[np.int64], tz: ZoneInfo) -> NDArray[np.float64]:
    """Times shifted so that plotly, which shows UTC, shows local time.

    The offset is looked up once an hour of the span, so that clocks that change are right.
    """
    if times.size == 0:
        return times.astype(np.float64)
    hours = np.unique(times // HOUR)
    days = np.unique(hours // 24)
    if _offset(int(days[0]) * DAY, tz) == _offset(int(days[-1] + 1) * DAY, tz) and not _moves(
        days, tz
    ):
        return np.asarray(times + _offset(int(days[0]) * DAY, tz), np.float64)
    offsets = np.array([_offset(int(hour) * HOUR, tz) for hour in hours])
    return np.asarray(times + offsets[np.searchsorted(hours, times // HOUR)], np.float64)


def axis_utc(shown: int, tz: ZoneInfo) -> int:
    """The moment (ms UTC) that stands at a place of the local axis."""
    near = shown - _offset(shown, tz)
    return shown - _offset(near, tz)


def axis_time(time: int, tz: ZoneInfo) -> int:
    """Where a moment (ms UTC) stands on the local axis."""
    return time + _offset(time, tz)


def _moves(days: NDArray[np.int64], tz: ZoneInfo) -> bool:
    """Whether the zone's offset changes within the days; a year has at least one day a month."""
    sample = days[:: max(1, days.size // 24)]
    return len({_offset(int(day) * DAY, tz) for day in sample}) > 1


def _offset(time: int, tz: ZoneInfo) -> int:
    moved = datetime.fromtimestamp(time / 1000, tz).utcoffset()
    return int(moved.total_seconds() * 1000) if moved else 0


def layout(paint: Paint, *, right: int = 150) -> dict[str, Any]:
    """What every figure's layout begins with."""
    return {
        "paper_bgcolor": paint.surface,
        "plot_bgcolor": paint.surface,
        "font": {"family": FONT, "size": 13, "color": paint.text},
        "margin": {"l": 64, "r": right, "t": 16, "b": 40},
        "hovermode": "x unified",
        "hoverlabel": {"bgcolor": paint.surface, "bordercolor": paint.line},
        "dragmode": "zoom",
        "showlegend": True,
        "legend": {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "font": {"size": 12}},
        "bargap": 0.08,
        "uirevision": "reader",
    }


def time_axis(paint: Paint, start: float, end: float) -> dict[str, Any]:
    """A local-time axis; months by number, so that it reads the same in every language."""
    return {
        "type": "date",
        "range": [start, end],
        "gridcolor": paint.line,
        "linecolor": paint.line,
        "zeroline": False,
        "hoverformat": "%Y-%m-%d %H:%M",
        "tickformatstops": [
            {"dtickrange": [None, 60_000], "value": "%H:%M:%S"},
            {"dtickrange": [60_000, 12 * HOUR], "value": "%H:%M\n%m-%d"},
            {"dtickrange": [12 * HOUR, 27 * DAY], "value": "%m-%d\n%Y"},
            {"dtickrange": ["M1", "M12"], "value": "%Y-%m"},
            {"dtickrange": ["M12", None], "value": "%Y"},
        ],
        "showspikes": True,
        "spikemode": "across",
        "spikethickness": 1,
        "spikedash": "dot",
        "spikecolor": paint.muted,
    }


def value_axis(paint: Paint, title: str) -> dict[str, Any]:
    """A value axis."""
    return {
        "title": {"text": title, "font": {"size": 12, "color": paint.muted}, "standoff": 8},
        "gridcolor": paint.line,
        "linecolor": paint.line,
        "zeroline": False,
        "fixedrange": False,
    }
