"""The figure of a station, and rain in bins."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from floodwatch.charts import rain_bins
from floodwatch.charts.hydrograph import Bars, Flagged, Line, View, figure
from floodwatch.charts.limits import Steps
from floodwatch.charts.paint import axis_utc, local_ms
from floodwatch.hydrology.series import Series
from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.quality import GOOD, Flag, pack
from floodwatch.model.severity import Severity

TZ = ZoneInfo("Asia/Shanghai")
NOW = int(datetime(2026, 6, 18, 4, 40, tzinfo=TZ).timestamp() * 1000)
VIEW = View(NOW - DAY, NOW + HOUR, NOW, TZ, "dark", {"late": "补报", "suspect": "可疑"})


def series(values: list[float], step: int = 5 * MINUTE, quality: int = GOOD) -> Series:
    """Values that end at NOW."""
    times = NOW - step * np.arange(len(values) - 1, -1, -1, dtype=np.int64)
    return Series(times, np.array(values), np.full(len(values), quality, np.int16))


def line(data: Series, **more: object) -> Line:
    """A stage line."""
    return Line(data, "水位", "m", silent_after=77 * MINUTE, **more)  # type: ignore[arg-type]


def limit(name: str, value: float) -> Steps:
    """A limit that stands all the time."""
    return Steps(name, name, Severity.II, (VIEW.start,), (value,))


def test_times_are_shown_local() -> None:
    shown = local_ms(np.array([NOW], np.int64), TZ)[0]
    assert datetime.fromtimestamp(shown / 1000, ZoneInfo("UTC")).hour == 4


def test_times_on_both_sides_of_a_clock_change_are_local() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    before = int(datetime(2026, 3, 29, 1, 30, tzinfo=berlin).timestamp() * 1000)
    shown = local_ms(np.array([before, before + HOUR], np.int64), berlin)
    assert shown[1] - shown[0] == 2 * HOUR


def test_a_gap_stays_a_gap() -> None:
    data = series([104.0] * 10)
    shifted = data._replace(times=data.times - np.where(np.arange(10) < 5, 6 * HOUR, 0))
    drawn = figure([line(shifted)], VIEW).data[0]
    assert np.isnan(np.array(drawn.y)).sum() == 1
    assert drawn.connectgaps is False


def test_suspect_points_are_hollow_and_not_part_of_the_line() -> None:
    data = series([104.0, 106.4, 104.0])
    doubted = data._replace(quality=np.array([GOOD, pack(Flag.SUSPECT), GOOD], np.int16))
    fig = figure([line(doubted)], VIEW)
    assert list(fig.data[0].y) == [104.0, 104.0]
    assert fig.data[1].marker.symbol == "circle-open"


def test_late_data_are_marked() -> None:
    fig = figure([line(series([104.0, 104.1]))], VIEW, late=series([104.05]))
    assert "补报" in [trace.name for trace in fig.data]


def test_the_axis_reaches_the_next_limit_above() -> None:
    limits = [limit("设计", 104.75), limit("校核", 105.1)]
    fig = figure([line(series([104.0, 104.5]))], VIEW, limits=limits)
    assert fig.layout.yaxis.range[1] > 104.75
    assert fig.layout.yaxis.range[1] < 105.1


def test_the_axis_reaches_a_limit_close_beneath() -> None:
    limits = [limit("汛限", 103.8), limit("设计", 104.75)]
    fig = figure([line(series([104.0, 104.5]))], VIEW, limits=limits)
    assert fig.layout.yaxis.range[0] < 103.8


def test_a_limit_far_beneath_is_an_arrow_with_its_distance() -> None:
    for above in ([limit("设计", 104.75)], []):
        limits = [limit("死水位", 96.0), limit("旱限", 99.0), *above]
        fig = figure([line(series([104.0, 104.5]))], VIEW, limits=limits)
        arrows = [note.text for note in fig.layout.annotations if "↓" in note.text]
        assert arrows == ["↓ Ⅱ 旱限 99<br>beneath 5.50 m"]
        assert fig.layout.yaxis.range[0] > 103.5


def test_the_part_zoomed_into_keeps_every_reading() -> None:
    data = series([104.0 + i % 5 / 10 for i in range(20_000)])
    low, high = int(data.times[9000]), int(data.times[11_000])
    view = replace(VIEW, start=int(data.times[0]), detail=(low, high))
    drawn = np.array(figure([line(data)], view).data[0].x)
    seen = (drawn >= local_ms(data.times[9000:9001], TZ)) & (
        drawn < local_ms(data.times[11_000:11_001], TZ)
    )
    assert seen.sum() == 2000
    assert drawn.size < 6000


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin"])
def test_a_place_on_the_axis_is_a_moment_again(zone: str) -> None:
    for moment in (NOW, NOW - 180 * DAY):
        shown = local_ms(np.array([moment], np.int64), ZoneInfo(zone))[0]
        assert axis_utc(int(shown), ZoneInfo(zone)) == moment


def test_limits_carry_name_and_value_at_the_right_edge() -> None:
    fig = figure([line(series([104.0]))], VIEW, limits=[limit("设计洪水位", 104.75)])
    note = fig.layout.annotations[0]
    assert note.text == "Ⅱ 设计洪水位 104.75"
    assert (note.xref, note.xanchor) == ("paper", "left")


def test_rain_hangs_from_the_top() -> None:
    bars = Bars(np.array([NOW], np.int64), np.array([4.5]), 5 * MINUTE, "雨量")
    fig = figure([line(series([104.0]))], VIEW, rain=bars)
    assert fig.layout.yaxis2.autorange == "reversed"
    assert fig.data[0].width == 5 * MINUTE


def test_a_station_without_any_reading_is_drawn_empty() -> None:
    assert figure([line(series([1.0]).take(slice(0, 0)))], VIEW).data


def test_markup_in_names_is_text() -> None:
    evil = Line(series([1.0]), "<a href=x>", "m")
    event = Flagged(NOW, 3, "<b>x</b>")
    fig = figure([evil], VIEW, events=[event])
    assert fig.data[0].name == "&lt;a href=x&gt;"
    assert fig.data[1].text[0] == "&lt;b&gt;x&lt;/b&gt;"


def test_the_line_is_sent_as_numbers_not_as_dates() -> None:
    text = figure([line(series([104.0] * 2000))], VIEW).to_json(validate=False)
    assert "bdata" in text


@pytest.mark.parametrize(
    ("span", "width"), [(DAY, 5 * MINUTE), (7 * DAY, HOUR), (30 * DAY, 6 * HOUR), (365 * DAY, DAY)]
)
def test_bars_widen_with_the_range(span: int, width: int) -> None:
    assert rain_bins.width_for(span, 5 * MINUTE) == width


def test_an_amount_belongs_to_the_hydrological_day_it_ends_in() -> None:
    eight = int(datetime(2026, 6, 18, 8, tzinfo=TZ).timestamp() * 1000)
    times = np.array([eight, eight + 5 * MINUTE], np.int64)
    data = Series(times, np.array([1.0, 2.0]), np.full(2, GOOD, np.int16))
    bars = rain_bins.from_increments(data, DAY, tz=TZ, name="雨量")
    assert bars.ends.tolist() == [eight, eight + DAY]
    assert bars.amounts.tolist() == [1.0, 2.0]


def test_bins_keep_the_sum_whatever_their_width() -> None:
    data = series([0.5] * 400)
    for width in (5 * MINUTE, HOUR, DAY):
        assert rain_bins.from_increments(data, width, tz=TZ, name="").amounts.sum() == 200


def test_a_counter_gives_differences_and_forgives_a_reset() -> None:
    bars = rain_bins.from_counter(series([10.0, 10.5, 0.0, 1.0]), 5 * MINUTE, tz=TZ, name="")
    assert bars.amounts.tolist() == [0.5, 0.0, 1.0]


def test_a_total_since_eight_begins_anew_each_morning_and_no_rain_is_lost() -> None:
    morning = 1_781_740_800_000
    times = np.array([morning + minutes * 60_000 for minutes in (-60, 30, 35)], np.int64)
    known = Series(times, np.array([2.0, 30.0, 31.0]), np.full(3, GOOD, np.int16))
    bars = rain_bins.from_since_eight(known, 5 * MINUTE, tz=TZ, name="")
    assert bars.amounts.tolist() == [30.0, 1.0]
