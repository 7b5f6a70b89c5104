"""Limits: in force, passed, ahead, and their steps over the seasons."""

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from floodwatch.charts.hydrograph import spread
from floodwatch.charts.limits import gaps, of_series, steps
from floodwatch.model.reading import SeriesKey
from floodwatch.model.season import Season
from floodwatch.model.severity import Severity
from floodwatch.model.threshold import Comparator, Threshold, in_force

TZ = ZoneInfo("Asia/Shanghai")


def ms(*parts: int) -> int:
    """A local time."""
    return int(datetime(*parts, tzinfo=TZ).timestamp() * 1000)  # type: ignore[arg-type]


def limit(name: str, value: float, **more: object) -> Threshold:
    """An upper limit."""
    usual: dict[str, object] = {
        "severity": Severity.IV,
        "comparator": Comparator.AT_OR_ABOVE,
        "clear": value,
        "label": name,
    }
    return Threshold("61990001", "1", "stage", name, value=value, **(usual | more))  # type: ignore[arg-type]


SUMMER = limit("flood_limit", 92.0, season=Season((4, 1), (6, 30)))
AUTUMN = limit("flood_limit", 92.5, season=Season((7, 1), (9, 30)))
DESIGN = limit("design_flood", 94.1, severity=Severity.II)
DROUGHT = limit("drought_limit", 87.2, comparator=Comparator.AT_OR_BELOW)


def test_a_season_switches_at_eight_in_the_morning() -> None:
    assert in_force(SUMMER, ms(2026, 7, 1, 7, 59), TZ)
    assert not in_force(SUMMER, ms(2026, 7, 1, 8), TZ)


def test_the_step_line_changes_where_the_season_does() -> None:
    (found,) = steps([SUMMER, AUTUMN], ms(2026, 6, 20), ms(2026, 7, 10), tz=TZ)
    assert found.values == (92.0, 92.5)
    assert found.times[1] == ms(2026, 7, 1, 8)


def test_the_step_line_has_a_hole_where_no_season_rules() -> None:
    (found,) = steps([SUMMER, AUTUMN], ms(2026, 9, 20), ms(2026, 10, 10), tz=TZ)
    assert found.values == (92.5, None)


def test_a_dated_order_stands_over_the_standing_season() -> None:
    order = limit("flood_limit", 90.0, valid_from=ms(2026, 6, 1), valid_to=ms(2026, 6, 10))
    (found,) = steps([SUMMER, order], ms(2026, 5, 20), ms(2026, 6, 20), tz=TZ)
    assert found.values == (92.0, 90.0, 92.0)


def test_passed_limits_come_worst_first_and_the_others_nearest_first() -> None:
    passed, ahead = gaps([SUMMER, DESIGN, DROUGHT], 94.3, at=ms(2026, 6, 1), tz=TZ)
    assert [gap.threshold.name for gap in passed] == ["design_flood", "flood_limit"]
    assert [gap.threshold.name for gap in ahead] == ["drought_limit"]
    assert round(passed[0].distance, 3) == 0.2


def test_low_water_passes_a_limit_downwards() -> None:
    passed, ahead = gaps([SUMMER, DROUGHT], 87.0, at=ms(2026, 6, 1), tz=TZ)
    assert [gap.threshold.name for gap in passed] == ["drought_limit"]
    assert [gap.threshold.name for gap in ahead] == ["flood_limit"]


def test_rates_and_rain_windows_are_no_lines_on_the_chart() -> None:
    rate = limit("rise", 0.2, comparator=Comparator.RISE)
    rain = limit("rain_1h", 50, window=3_600_000)
    assert of_series([rate, rain, DESIGN], SeriesKey("61990001", "1", "stage")) == [DESIGN]


@given(st.lists(st.floats(0, 100), max_size=12), st.floats(0.1, 5))
def test_labels_never_touch_and_keep_their_order(values: list[float], apart: float) -> None:
    places = spread(values, apart)
    order = sorted(range(len(values)), key=values.__getitem__)
    for low, high in pairwise(order):
        assert places[high] - places[low] >= apart * 0.999


def test_an_order_stands_in_place_of_the_seasons_limit_higher_or_lower() -> None:
    storing = limit(
        "flood_limit",
        92.3,
        order="示防〔2026〕2号",
        valid_from=ms(2026, 6, 20, 8),
        valid_to=ms(2026, 6, 25, 8),
    )
    passed, ahead = gaps([SUMMER, DESIGN, storing], 92.1, at=ms(2026, 6, 22), tz=TZ)
    assert passed == []
    assert [gap.threshold.value for gap in ahead] == [92.3, 94.1]
    [line] = steps([SUMMER, storing], ms(2026, 6, 19), ms(2026, 6, 26), tz=TZ)
    assert line.values == (92.0, 92.3, 92.0)
