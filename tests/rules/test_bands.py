"""Which thresholds are in force when, and the worst of them."""

from datetime import datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from floodwatch.model.clock import DAY, HOUR
from floodwatch.model.season import Season
from floodwatch.model.severity import Severity
from floodwatch.model.threshold import Comparator, in_force
from floodwatch.rules.bands import Bands, next_band, switches, worst
from tests.rules.making import limit

SHANGHAI = ZoneInfo("Asia/Shanghai")
ABOVE, AT_OR_ABOVE, AT_OR_BELOW = Comparator.ABOVE, Comparator.AT_OR_ABOVE, Comparator.AT_OR_BELOW
FLOOD = Season((4, 1), (6, 30))


def local(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp() * 1000)


def test_a_season_switches_at_eight_in_the_morning() -> None:
    begin, end = switches(FLOOD, 2026, SHANGHAI)
    assert (begin, end) == (local("2026-04-01T08:00"), local("2026-07-01T08:00"))


def test_the_bands_say_until_when_they_stay() -> None:
    bands = Bands([limit(Severity.IV, ABOVE, 92, 91.98, season=FLOOD)], SHANGHAI)
    before = bands.at(local("2026-06-30T12:00"))
    assert len(before.bands) == 1
    assert before.end == local("2026-07-01T08:00")
    assert bands.at(before.end).bands == ()


def test_an_end_date_is_the_first_moment_without_the_threshold() -> None:
    end = local("2026-12-31T00:00")
    bands = Bands([limit(Severity.IV, ABOVE, 80.5, 80.48, valid=(None, end))], SHANGHAI)
    assert len(bands.at(end - 1).bands) == 1
    assert bands.at(end).bands == ()


days = st.tuples(st.integers(1, 12), st.integers(1, 28)) | st.just((2, 29))


@given(days, days, st.integers(local("2023-01-01T00:00"), local("2029-01-01T00:00")))
def test_a_stretch_has_the_same_bands_throughout(
    first: tuple[int, int], last: tuple[int, int], time: int
) -> None:
    threshold = limit(Severity.IV, ABOVE, 1, 1, season=Season(first, last))
    stretch = Bands([threshold], SHANGHAI).at(time)
    assert stretch.start <= time < stretch.end
    inside = bool(stretch.bands)
    for moment in (stretch.start, time, stretch.end - 1, stretch.start + 200 * DAY):
        if stretch.start <= moment < stretch.end:
            assert in_force(threshold, moment, SHANGHAI) is inside


@given(days, days, st.integers(2020, 2030))
def test_a_switch_is_where_the_season_begins_or_ends(
    first: tuple[int, int], last: tuple[int, int], year: int
) -> None:
    season = Season(first, last)
    begin, end = switches(season, year, SHANGHAI)
    assert season.contains(begin, SHANGHAI) or begin == end
    assert not season.contains(end, SHANGHAI) or season.contains(end - HOUR, SHANGHAI)


LADDER = Bands(
    [
        limit(Severity.IV, AT_OR_ABOVE, 0.15, 0.12, name="IV"),
        limit(Severity.III, AT_OR_ABOVE, 0.25, 0.22, name="III"),
        limit(Severity.II, AT_OR_ABOVE, 0.40, 0.37, name="II"),
    ],
    SHANGHAI,
).all


def test_the_worst_band_wins_when_bands_are_jumped_over() -> None:
    opened, held = worst(LADDER, 0.44)
    assert opened is held is LADDER[0]


def test_between_clear_and_limit_a_band_holds_without_being_open() -> None:
    opened, held = worst(LADDER, 0.23)
    assert (opened and opened.name, held and held.name) == ("IV", "III")


def test_downward_the_lowest_limit_is_the_worst_of_one_severity() -> None:
    bands = Bands(
        [limit(Severity.II, AT_OR_BELOW, 87, 87.02), limit(Severity.II, AT_OR_BELOW, 85, 85.02)],
        SHANGHAI,
    ).all
    opened, _ = worst(bands, 84.0)
    assert opened is not None
    assert opened.limit == 85


def test_the_next_band_is_the_nearest_not_yet_open() -> None:
    ahead = next_band(LADDER, 0.20)
    assert ahead is not None
    assert ahead.name == "III"
    assert next_band(LADDER, 0.9) is None


@given(
    st.sampled_from([ABOVE, AT_OR_ABOVE, Comparator.BELOW, AT_OR_BELOW]),
    st.floats(-10, 10),
    st.floats(0, 1),
    st.floats(-12, 12),
)
def test_an_open_band_always_holds(
    comparator: Comparator, value: float, step: float, read: float
) -> None:
    clear = value - step if comparator.direction == "up" else value + step
    (band,) = Bands([limit(Severity.I, comparator, value, clear)], SHANGHAI).all
    assert band.holds(read) or not band.open(read)
