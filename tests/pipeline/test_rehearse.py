"""Rehearsal: the same rules and lives over stored readings, with time passing between them."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from floodwatch.hydrology.series import Series, empty
from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.district import District, RuleSetting
from floodwatch.model.quality import GOOD, Flag, Reason, pack
from floodwatch.model.reading import SeriesKey
from floodwatch.model.season import Season
from floodwatch.model.severity import Severity
from floodwatch.model.station import Gauge, StationKind
from floodwatch.model.threshold import Comparator
from floodwatch.pipeline.rehearse import Rehearsal, rehearse
from tests.rules.making import CODE, RAIN, STAGE, TOTAL, T, district, limit, series
from tests.rules.making import station as make_station

ABOVE, AT_OR_ABOVE = Comparator.ABOVE, Comparator.AT_OR_ABOVE
SUSPECT = pack(Flag.SUSPECT, Reason.RATE)
FAILED = pack(Flag.FAIL, Reason.IMPOSSIBLE)
BANDS = (
    limit(Severity.IV, ABOVE, 95.20, 95.18, name="flood_limit"),
    limit(Severity.II, AT_OR_ABOVE, 96.50, 96.48, name="design"),
)


class Stored:
    """Series in memory."""

    def __init__(self, known: Mapping[SeriesKey, Series]) -> None:
        self.known = known

    def series(self, key: SeriesKey, start: int, end: int) -> Series:
        return self.known.get(key, empty()).between(start - 1, end)


def play(
    known: Mapping[SeriesKey, Series],
    found: District,
    *,
    start: int = T - 30 * DAY,
    end: int = T + 30 * DAY,
    skip: bool = True,
    stale: bool = False,
) -> Rehearsal:
    return rehearse(Stored(known), found, start=start, end=end, skip=skip, stale=stale)


def stages(*values: float, step: int = 10 * MINUTE) -> dict[SeriesKey, Series]:
    return {STAGE: series([(T + i * step, value) for i, value in enumerate(values)])}


def test_a_hold_runs_out_between_two_readings() -> None:
    (alert,) = play(stages(95.0, 95.3, 95.1, 95.1, step=50 * MINUTE), district(BANDS)).alerts
    assert alert.fired_at == T + 50 * MINUTE
    assert alert.resolved_at == T + 100 * MINUTE + HOUR


def test_a_jump_over_the_bands_is_one_alert_of_the_worst() -> None:
    (alert,) = play(stages(95.0, 96.9, 95.0), district(BANDS)).alerts
    assert alert.severity is Severity.II
    assert [t.kind.value for t in alert.transitions] == ["fired", "resolved"]
    assert (alert.peak, alert.peak_at) == (96.9, T + 10 * MINUTE)


def test_an_alert_that_stands_at_the_end_has_no_end() -> None:
    (alert,) = play(stages(95.0, 95.3), district(BANDS)).alerts
    assert alert.as_json()["resolved_at"] is None


def test_seconds_are_rounded_down() -> None:
    known = {STAGE: series([(T + 999, 95.3)])}
    (alert,) = play(known, district(BANDS)).alerts
    assert alert.as_json()["fired_at"] == "2026-06-18T00:00:00Z"


def test_what_was_before_the_period_is_known_and_not_judged() -> None:
    known = stages(95.3, 95.3, 95.3, 94.0)
    (alert,) = play(known, district(BANDS), start=T + 10 * MINUTE).alerts
    assert alert.fired_at == T + 10 * MINUTE
    assert play(known, district(BANDS), start=T + 10 * MINUTE).readings == 3


def test_a_season_that_switches_between_two_readings_opens_an_alert() -> None:
    july = limit(Severity.IV, ABOVE, 94.0, 93.98, season=Season((7, 1), (9, 30)))
    switch = T + 13 * DAY  # 2026-07-01 08:00 in Shanghai
    known = {STAGE: series([(switch - HOUR, 94.5), (switch + HOUR, 94.5)])}
    (alert,) = play(known, district([july])).alerts
    assert alert.fired_at == switch


def test_a_station_can_be_left_out() -> None:
    found = rehearse(
        Stored(stages(95.3)), district(BANDS), start=T, end=T + DAY, stations={"61990002"}
    )
    assert (found.alerts, found.readings) == ([], 0)


def test_silence_is_judged_only_when_asked() -> None:
    known = stages(95.0, 95.0)
    assert play(known, district(BANDS)).alerts == []
    (alert,) = play(known, district(BANDS), stale=True).alerts
    assert alert.rule.type == "stale"
    assert alert.fired_at == T + 10 * MINUTE + 77 * MINUTE + 1


def test_a_silence_of_years_costs_no_time() -> None:
    known = {STAGE: series([(T - 4_000 * DAY, 95.3), (T - 3_999 * DAY, 95.1), (T, 95.1)])}
    found = play(known, district(BANDS), start=T - 4_000 * DAY)
    assert found.alerts[0].resolved_at == T - 3_999 * DAY + HOUR


def test_the_document_counts_what_would_have_been_said() -> None:
    document = play(stages(95.0, 95.3, 96.9, 95.3, 95.0), district(BANDS)).as_json(seconds=0.25)
    assert document["notifications"] == {"fired": 1, "worsened": 1, "eased": 1, "resolved": 1}
    assert (document["readings"], document["seconds"]) == (5, 0.25)


RAIN_PLACE = make_station(
    Gauge(CODE, "rainfall", period=5 * MINUTE),
    Gauge(CODE, "rainfall_total"),
    kind=StationKind.RAIN,
    outlet="",
)
RAIN_BANDS = (
    limit(Severity.IV, AT_OR_ABOVE, 30, 27, variable="rainfall", window=HOUR),
    limit(Severity.II, AT_OR_ABOVE, 60, 54, variable="rainfall", window=6 * HOUR),
)


def test_rain_clears_by_itself_after_it_stopped() -> None:
    points = [(T - 10 * HOUR + i * HOUR, 0.0) for i in range(10)]
    points += [(T + i * 5 * MINUTE, 8.0) for i in range(4)]
    points += [(T + i * HOUR, 0.0) for i in range(1, 12)]
    (alert,) = play({RAIN: series(points)}, district(RAIN_BANDS, place=RAIN_PLACE)).alerts
    assert (alert.fired_at, alert.peak) == (T + 15 * MINUTE, 32.0)
    assert alert.resolved_at is not None
    # 24 mm once the first fall has left the window; then the hold of half an hour.
    assert alert.resolved_at == T + HOUR + 30 * MINUTE


def summary(found: Rehearsal) -> list[object]:
    return [
        (a.rule, a.fired_at, a.resolved_at, a.severity, a.peak, len(a.transitions))
        for a in found.alerts
    ]


steps = st.lists(
    st.tuples(
        st.sampled_from([MINUTE, 5 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 2 * DAY]),
        st.sampled_from([94.0, 94.5, 95.1, 95.18, 95.2, 95.3, 96.48, 96.7]),
        st.sampled_from([GOOD, GOOD, GOOD, GOOD, SUSPECT, FAILED]),
    ),
    max_size=40,
)
holds = st.sampled_from([0, MINUTE, 20 * MINUTE, 2 * HOUR])


@settings(max_examples=150, deadline=None)
@given(steps, holds, holds)
def test_skipping_quiet_stages_changes_no_alert(
    points: list[tuple[int, float, int]], up: int, down: int
) -> None:
    times = np.cumsum([T, *(step for step, _, _ in points)])[1:]
    quality = {i: flag for i, (_, _, flag) in enumerate(points)}
    values = [value for _, value, _ in points]
    known = {STAGE: series(list(zip(times.tolist(), values, strict=True)), quality)}
    found = district(BANDS, settings=[RuleSetting("level", hold_up=up, hold_down=down)])
    assert summary(play(known, found)) == summary(play(known, found, skip=False))


falls = st.lists(
    st.tuples(
        st.sampled_from([5 * MINUTE, 5 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR]),
        st.sampled_from([0.0, 0.0, 0.0, 0.5, 4.0, 16.0]),
        st.sampled_from([GOOD] * 9 + [SUSPECT]),
    ),
    max_size=60,
)


@settings(max_examples=100, deadline=None)
@given(falls, falls, holds)
def test_skipping_quiet_rain_changes_no_alert(
    increments: list[tuple[int, float, int]], counted: list[tuple[int, float, int]], down: int
) -> None:
    def of(points: list[tuple[int, float, int]], *, total: bool) -> Series:
        times = np.cumsum([T, *(step for step, _, _ in points)])[1:]
        values = np.array([value for _, value, _ in points])
        values = np.cumsum(values) if total else values
        quality = {i: flag for i, (_, _, flag) in enumerate(points)}
        return series(list(zip(times.tolist(), values.tolist(), strict=True)), quality)

    known = {RAIN: of(increments, total=False), TOTAL: of(counted, total=True)}
    setting = RuleSetting("rainfall", hold_down=down)
    found = district(RAIN_BANDS, place=RAIN_PLACE, settings=[setting])
    assert summary(play(known, found)) == summary(play(known, found, skip=False))


@settings(max_examples=150, deadline=None)
@given(falls, holds)
def test_skipping_quiet_totals_since_eight_changes_no_alert(
    points: list[tuple[int, float, int]], down: int
) -> None:
    total, since, made = 0.0, T, []
    for step, mm, _ in points * 2:
        time = since + step
        total = (total if (since - T) // DAY == (time - 1 - T) // DAY else 0.0) + mm
        made.append((time, total))
        since = time
    quality = {i: flag for i, (_, _, flag) in enumerate(points * 2)}
    place = replace(RAIN_PLACE, gauges=(Gauge(CODE, "rainfall_day"),))
    known = {SeriesKey(CODE, "1", "rainfall_day"): series(made, quality)}
    setting = RuleSetting("rainfall", hold_down=down)
    found = district(RAIN_BANDS, place=place, settings=[setting])
    assert summary(play(known, found)) == summary(play(known, found, skip=False))
