"""Who is told: the first route that matches, and never nobody."""

from dataclasses import replace
from typing import Any

import pytest

from floodwatch.model.alert import RuleKey
from floodwatch.model.clock import MINUTE
from floodwatch.model.district import District
from floodwatch.model.people import Duty, Person, Route, Shift, Way
from floodwatch.model.severity import Severity
from floodwatch.notify.routing import known_channels, next_way, route, to_the_officer, ways
from tests.notify.village import (
    DAM,
    DEPTH,
    II,
    IV,
    PEOPLE,
    STAGE,
    SYSTEM,
    VILLAGE,
    I,
    district,
)


def told(found: District, rule: RuleKey, severity: Severity) -> list[tuple[str, str, bool]]:
    return [(r.person.name, r.channel, r.owes) for r in route(found, rule, severity).recipients]


def test_those_who_must_answer_and_those_who_are_only_told() -> None:
    assert told(VILLAGE, STAGE, II) == [
        ("示范值班员甲", "smtp", True),
        ("示范丙三", "smtp", True),
        ("示范外宾", "smtp", False),
        ("示范丙一", "log", False),  # has no mail address
    ]


def test_the_gravest_goes_out_on_every_channel_of_the_route_at_once() -> None:
    assert told(VILLAGE, STAGE, I) == [
        ("示范值班员甲", "smtp", True),
        ("示范值班员甲", "log", True),
        ("示范丙三", "smtp", True),
        ("示范丙三", "log", True),
    ]


def test_what_is_for_the_screen_only_is_sent_to_nobody() -> None:
    found = route(VILLAGE, STAGE, IV)
    assert (found.route.screen_only, found.recipients) == (True, ())


def test_the_first_route_that_matches_wins() -> None:
    routes = (Route(people=("示范丙三",)), *VILLAGE.routes)
    assert told(district(routes=routes), STAGE, II) == [("示范丙三", "smtp", False)]


def test_system_alerts_have_a_kind_of_their_own() -> None:
    routes = (Route(kind=("system",), people=("示范丙三",)), Route(people=("示范值班员甲",)))
    assert told(district(routes=routes), SYSTEM, I)[0][0] == "示范丙三"
    assert told(district(routes=routes), STAGE, I)[0][0] == "示范值班员甲"


@pytest.mark.parametrize(
    "condition",
    [
        {"severity": (IV,)},
        {"kind": ("lake",)},
        {"station": ("61990001",)},
        {"variable": ("battery",)},
        {"type": ("stale",)},
    ],
)
def test_every_condition_of_a_route_must_hold(condition: dict[str, tuple[str, ...]]) -> None:
    routes = (Route(people=("示范丙三",), **condition), Route(people=("示范值班员甲",)))
    assert told(district(routes=routes), STAGE, II)[0][0] == "示范值班员甲"


def test_a_route_that_reaches_nobody_here_gives_way_to_the_next() -> None:
    routes = (Route(roles=("pump",)), Route(people=("示范值班员甲",)))
    assert told(district(routes=routes), STAGE, II) == [("示范值班员甲", "smtp", False)]


@pytest.mark.parametrize("routes", [(), (Route(people=("nobody",)),), (Route(kind=("lake",)),)])
def test_without_a_route_everybody_is_told_and_the_log(routes: tuple[Route, ...]) -> None:
    found = told(district(routes=routes), STAGE, II)
    assert {name for name, _, _ in found} == set(PEOPLE)
    assert {name for name, channel, _ in found if channel == "log"} == set(PEOPLE)
    assert all(owes for _, _, owes in found)


def test_without_people_the_log_is_told() -> None:
    assert [r.channel for r in route(District(), STAGE, II).recipients] == ["log"]


def test_an_unknown_station_still_reaches_somebody() -> None:
    assert told(VILLAGE, RuleKey("61999999", "1", "stage", "level", "up"), II)


def test_an_unknown_channel_falls_to_the_log() -> None:
    assert ways(VILLAGE, PEOPLE["示范丙三"], ("sms",)) == (("log", "patrol@example.org"),)


def test_a_route_without_channels_uses_those_configured() -> None:
    assert [name for name, _ in ways(VILLAGE, PEOPLE["示范丙三"], ())] == ["smtp"]
    assert [name for name, _ in ways(District(), PEOPLE["示范丙三"], ())] == ["log"]


def test_a_person_without_any_address_is_told_by_the_log() -> None:
    assert ways(VILLAGE, Person("示范无址"), ("smtp",)) == (("log", "示范无址"),)


def test_nobody_is_told_twice_on_one_channel() -> None:
    phone_only = replace(PEOPLE["示范丙三"], email="", phone="1")
    assert ways(VILLAGE, phone_only, ("smtp", "log")) == (("log", "1"),)


def test_the_demonstration_has_its_inbox_and_nothing_else() -> None:
    show = district(demonstration=True)
    assert known_channels(show) == ("inbox",)
    assert {channel for _, channel, _ in told(show, STAGE, I)} == {"inbox"}
    assert {channel for _, channel, _ in told(replace(show, routes=()), STAGE, I)} == {"inbox"}


def test_what_is_refused_for_good_goes_on_by_the_next_way() -> None:
    person = PEOPLE["示范值班员甲"]
    assert next_way(VILLAGE, person, "smtp", ()) == ("log", "+8610000000001")
    assert next_way(VILLAGE, person, "smtp", {"log"}) is None
    assert next_way(VILLAGE, person, "gone", ()) == ("smtp", "duty@example.org")


def test_the_street_of_a_point_is_told_of_it() -> None:
    assert told(VILLAGE, DEPTH, II) == [("示范站前街道", "smtp", False)]
    assert DAM not in {name for name, _, _ in told(VILLAGE, DEPTH, II)}


def ways_of(
    found: District, rule: RuleKey, severity: Severity, **more: Any
) -> list[tuple[Any, ...]]:
    reached = route(found, rule, severity, **more).recipients
    return [(r.person.name, r.way.value, r.within, r.after, r.owes) for r in reached]


def test_each_duty_tells_its_people_in_its_way() -> None:
    duties = (
        Duty(roles=("patrol",), within=MINUTE),
        Duty(people=("示范外宾",), way=Way.TEXT, within=30 * MINUTE),
        Duty(people=("示范丙四",), way=Way.TEXT, within=0),
        Duty(people=("示范带班领导丙",), within=5 * MINUTE, after=10 * MINUTE),
        Duty(roles=("administrative",), way=Way.LIST, within=0),
        Duty(people=("示范站前街道",), way=Way.SCREEN, within=0),
    )
    found = district(routes=(Route(duties=duties, channels=("smtp",)),))
    assert ways_of(found, STAGE, II) == [
        ("示范丙三", "call", MINUTE, 0, True),
        ("示范外宾", "text", 30 * MINUTE, 0, True),
        ("示范丙四", "text", 0, 0, False),
        ("示范丙一", "list", 0, 0, False),
        ("示范带班领导丙", "call", 5 * MINUTE, 10 * MINUTE, True),
    ]


def test_the_strictest_duty_of_a_person_counts_and_a_later_call_stands_beside_a_text() -> None:
    duties = (
        Duty(people=("示范丙三", "示范丙四"), way=Way.TEXT, within=0),
        Duty(people=("示范丙三",), within=MINUTE),
        Duty(people=("示范丙四",), within=MINUTE, after=MINUTE),
    )
    found = district(routes=(Route(duties=duties, channels=("smtp",)),))
    assert [(name, way, after) for name, way, _, after, _ in ways_of(found, STAGE, II)] == [
        ("示范丙三", "call", 0),
        ("示范丙四", "text", 0),
        ("示范丙四", "call", MINUTE),
    ]


@pytest.mark.parametrize(
    ("condition", "matches"),
    [
        ({"band": ("design_flood",)}, True),
        ({"band": ("spill",)}, False),
        ({"direction": ("up",)}, True),
        ({"direction": ("down",)}, False),
        ({"point_type": ("underpass",)}, False),
    ],
)
def test_a_route_matches_band_direction_and_type_of_point(
    condition: dict[str, tuple[str, ...]], matches: bool
) -> None:
    routes = (Route(people=("示范丙三",), **condition), Route(people=("示范值班员甲",)))
    found = route(district(routes=routes), STAGE, II, band="design_flood")
    assert (found.recipients[0].person.name == "示范丙三") is matches


def test_an_underpass_has_its_own_route() -> None:
    routes = (
        Route(people=("示范丙三",), point_type=("underpass",)),
        Route(people=("示范值班员甲",)),
    )
    assert told(district(routes=routes), DEPTH, II)[0][0] == "示范丙三"


def test_what_somebody_sees_on_the_screen_needs_no_message() -> None:
    seen = Route(duties=(Duty(people=("示范值班员甲",), way=Way.SCREEN, within=0),))
    found = route(district(routes=(seen, Route(people=("示范丙三",)))), STAGE, II)
    assert (found.route, found.recipients) == (seen, ())


def test_a_call_goes_by_voice_where_there_is_a_voice_channel_and_a_text_does_not() -> None:
    found = district(channels={"voice": {}, "smtp": {}, "log": {}})
    person = PEOPLE["示范值班员甲"]
    assert [c for c, _ in ways(found, person, ("smtp",), call=True)] == ["voice", "smtp"]
    assert [c for c, _ in ways(found, person, (), call=False)] == ["smtp"]


def test_a_doubtful_reading_goes_to_whoever_is_on_duty() -> None:
    shifts = (Shift("一班", ("示范丙四",), 0, 0),)
    duties = (Duty(people=("@duty",), roles=("patrol",), within=MINUTE),)
    found = district(shifts=shifts, routes=(Route(duties=duties, channels=("smtp",)),))
    officer = to_the_officer(route(found, STAGE, II, now=0))
    assert [r.person.name for r in officer.recipients] == ["示范丙四"]
