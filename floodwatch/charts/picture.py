"""A small picture of a series for mails: the last hours, the limit, the newest value. Pure."""

from datetime import datetime, timedelta
from io import BytesIO
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from floodwatch.hydrology.downsampling import broken, thin
from floodwatch.hydrology.series import Series

SIZE_IN, DOTS = (6.4, 2.8), 100  # 640 x 280
MOST_POINTS = 400
LONGEST = 30  # letters of a name
FONTS = ("Noto Sans CJK SC", "Noto Serif CJK SC", "WenQuanYi Micro Hei", "SimHei")


class Subject(NamedTuple):
    """What is drawn. `factor` turns the canonical unit into the one people read."""

    series: Series
    name: str  # of the place and what is measured
    code: str  # when no font can write the name
    unit: str
    zone: ZoneInfo
    limit: float | None = None
    factor: float = 1.0
    decimals: int = 2
    mark: str = ""  # of a demonstration


def draw(subject: Subject) -> bytes:
    """A PNG. Raises ImportError without matplotlib; empty without readings."""
    if not subject.series.size:
        return b""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.dates import DateFormatter
    from matplotlib.figure import Figure
    from matplotlib.font_manager import fontManager

    known = {font.name for font in fontManager.ttflist}
    font = next((name for name in FONTS if name in known), "")
    words = {"family": font} if font else {}
    figure: Any = Figure(figsize=SIZE_IN, dpi=DOTS, layout="constrained")
    axes: Any = figure.add_subplot()
    times, values = _points(subject)
    axes.plot(times, values, color="#1f4e8c", linewidth=1.8)
    axes.plot(times[-1:], values[-1:], "o", color="#1f4e8c", markersize=5)
    label = f"{values[-1]:.{subject.decimals}f} {subject.unit}"
    axes.annotate(label, (times[-1], values[-1]), xytext=(-6, 8), textcoords="offset points",
                  ha="right", fontweight="bold")  # fmt: skip
    if subject.limit is not None:
        axes.axhline(subject.limit * subject.factor, color="#b3261e", linestyle="--", linewidth=1.2)
    axes.margins(y=0.2)
    axes.grid(color="#dddddd", linewidth=0.6)
    formatter: Any = DateFormatter
    axes.xaxis.set_major_formatter(formatter("%m-%d %H:%M"))
    axes.tick_params(axis="x", labelrotation=20, labelsize=8)
    axes.tick_params(axis="y", labelsize=8)
    name = " ".join(subject.name.split())[:LONGEST]
    title = f"{subject.mark}{name} ({subject.unit})" if font else subject.code
    axes.set_title(title.replace("$", ""), loc="left", fontsize=11, **words)
    written = BytesIO()
    canvas: Any = FigureCanvasAgg(figure)
    canvas.print_png(written)
    return written.getvalue()


def _points(subject: Subject) -> tuple[list[datetime], list[float]]:
    """Local times without a zone, as they are to be read, and values with gaps as gaps."""
    thinned = thin(subject.series, MOST_POINTS)
    shown = broken(thinned, subject.series.times)
    start = datetime(1970, 1, 1)  # noqa: DTZ001 - the axis shows local time as it is
    times = []
    for moment in shown.times.tolist():
        offset = datetime.fromtimestamp(moment / 1_000, subject.zone).utcoffset()
        times.append(start + timedelta(milliseconds=moment) + (offset or timedelta()))
    return times, [value * subject.factor for value in shown.values.tolist()]
