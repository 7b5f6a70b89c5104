"""Who is muted, and for how long at most: properties of the deciding code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from floodwatch.alerts.muting import (
    LINGER_FEED,
    MAINTENANCE_LONGEST,
    SHELVED_ALONE,
    SHELVED_LONGEST,
    check_maintenance,
    check_shelve,
    muted_by,
    over,
    stands,
)
from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.errors import Refused
from floodwatch.model.mute import Matter, Mute, MuteKind
from floodwatch.model.severity import Severity
from floodwatch.model.station import Station, StationKind

NOW = 1_781_727_900_000
DAM = "61990003"
STATIONS = {DAM: Station(DAM, "示范水库", StationKind.RESERVOIR, (), gateway="north")}
TYPES = ("level", "rise_silent", "stale", "offline", "feed", "rainfall")

mutes = st.builds(
    Mute,
    id=st.integers(1, 9),
    kind=st.sampled_from(MuteKind),
    station=st.sampled_from([DAM, "61990004"]),
    alert_id=st.sampled_from([1, 2, None]),
    severity=st.integers(1, 4),
    begins=st.integers(NOW - DAY, NOW + DAY),
    ends=st.integers(NOW - DAY, NOW + 99 * DAY),
    second=st.sampled_from([None, "示范丁"]),
)
matters = st.builds(
    Matter,
    id=st.integers(1, 5),
    station=st.sampled_from([DAM, "61990004", "district"]),
    gauge=st.sampled_from(["1", "*", "north", "south"]),
    type=st.sampled_from(TYPES),
    severity=st.integers(1, 4),
    muted_by=st.sampled_from([None, "alert:2", "shelve:1"]),
)
others = st.builds(
    Matter,
    id=st.integers(1, 5),
    station=st.sampled_from([DAM, "district"]),
    gauge=st.sampled_from(["*", "north", "south"]),
    type=st.sampled_from(["offline", "feed"]),
    severity=st.integers(1, 4),
    resolved_at=st.sampled_from([None, NOW - MINUTE, NOW - HOUR]),
)


@given(mutes, st.integers(NOW - 2 * DAY, NOW + 200 * DAY))
def test_no_mute_outlives_its_limit_whatever_is_written_down(mute: Mute, now: int) -> None:
    longest = MAINTENANCE_LONGEST
    if mute.kind is MuteKind.SHELVE:
        alone = mute.severity == Severity.I and not mute.second
        longest = SHELVED_ALONE if alone else SHELVED_LONGEST
    assert over(mute) - mute.begins <= longest
    if stands(mute, now):
        assert mute.begins <= now < min(mute.ends, mute.begins + longest)


@given(matters, st.lists(mutes, max_size=3), st.lists(others, max_size=3))
def test_nothing_graver_than_its_mute_is_ever_hidden(
    matter: Matter, known: list[Mute], saying: list[Matter]
) -> None:
    why = muted_by(matter, known, saying, stations=STATIONS, now=NOW)
    kind, _, number = (why or "").partition(":")
    if kind == "alert":
        by = [other for other in saying if other.id == int(number)]
        assert any(matter.severity <= other.severity for other in by)
        assert matter.type in ("stale", "offline")
        recent = [o for o in by if o.resolved_at is None or NOW - o.resolved_at <= LINGER_FEED]
        assert recent
    elif kind:
        by_hand = [mute for mute in known if mute.id == int(number)]
        assert any(matter.severity <= mute.severity and stands(mute, NOW) for mute in by_hand)


@given(matters, st.lists(others, max_size=3))
def test_rising_and_silent_is_never_hidden_by_silence(matter: Matter, saying: list[Matter]) -> None:
    rising = matter._replace(type="rise_silent")
    assert muted_by(rising, [], saying, stations=STATIONS, now=NOW) is None


@pytest.mark.parametrize("span", [0, -1, SHELVED_LONGEST + 1])
def test_a_shelving_has_a_length_of_at_most_four_hours(span: int) -> None:
    with pytest.raises(Refused):
        check_shelve(Severity.III, span, who="甲", reason="因", second="")


@pytest.mark.parametrize(
    ("begins", "ends"),
    [(NOW, NOW), (NOW - 2 * HOUR, NOW - HOUR), (NOW, NOW + 25 * HOUR)],
)
def test_maintenance_has_a_beginning_and_an_end_to_come(begins: int, ends: int) -> None:
    with pytest.raises(Refused):
        check_maintenance(
            begins,
            ends,
            now=NOW,
            most=DAY,
            severity=Severity.II,
            who="甲",
            reason="因",
            second="",
        )
