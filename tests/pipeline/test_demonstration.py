"""The demonstration storm through the whole pipeline: the alerts that must be seen, no others."""

from collections import defaultdict
from typing import Any, NamedTuple

import pytest

from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.store import alert_log
from floodwatch.store.city_requests import Request, of_stations
from floodwatch.store.database import Database
from floodwatch.store.delivery_log import messages
from tests.pipeline.storming import local

LATE = MINUTE * 5

# Of the demonstration: what is crossed, and when (local, day of the month and time)
CROSSINGS = [
    ("61990003", "spill", "17 23:00"),
    ("61990002", "spill", "17 23:40"),
    ("61990006", "spill", "18 03:00"),
    ("61990001", "flood_limit", "18 02:20"),
    ("61990005", "flood_limit", "18 02:25"),
    ("61990004", "flood_limit", "18 03:05"),
    ("61990003", "half_way", "18 03:35"),
    ("61990006", "half_way", "18 04:10"),
    ("61990002", "half_way", "18 04:15"),
    ("61990003", "design_flood", "18 04:25"),
    ("61990015", "depth_15", "18 03:30"),
    ("61990011", "depth_15", "18 03:40"),
    ("61990016", "depth_15", "18 03:40"),
    ("61990018", "depth_15", "18 04:00"),
    ("61990017", "depth_15", "18 04:05"),
    ("61990012", "close", "18 03:45"),
    ("61990031", "joint_dispatch", "18 05:45"),
    ("61990031", "internal", "18 07:10"),
]


class Seen(NamedTuple):
    """What the storm left behind at noon of its second day."""

    alerts: list[dict[str, Any]]
    events: dict[int, list[Any]]
    told: dict[int, set[str]]  # alert -> who was written to
    requests: list[Request]  # to the city


@pytest.fixture(scope="module")
def seen(storm_at: dict[int, Database]) -> Seen:
    """The storm from its beginning to noon, with its scripted people; nobody sits in the room."""
    with storm_at[12].read() as connection:
        alerts = alert_log.alerts(connection, state="all", limit=500)
        numbers = [row["id"] for row in alerts]
        return Seen(
            alerts,
            {n: alert_log.events(connection, n) for n in numbers},
            {n: {m["person"] for m in messages(connection, n)} for n in numbers},
            of_stations(connection, ["61990022"]),
        )


@pytest.mark.parametrize(("station", "band", "when"), CROSSINGS)
def test_each_crossing_is_told_when_it_happens(
    seen: Seen, station: str, band: str, when: str
) -> None:
    times = [
        event["value_time"]
        for alert in seen.alerts
        if alert["station"] == station and alert["type"] == "level"
        for event in seen.events[alert["id"]]
        if event["facts"].get("band") == band and event["kind"] in ("fired", "worsened")
    ]
    assert any(abs(time - local(when)) <= LATE for time in times), times


def test_no_rule_has_more_than_one_alert_but_the_spikes(seen: Seen) -> None:
    rules = defaultdict(list)
    for alert in seen.alerts:
        rules[alert["rule"]].append(alert)
    twice = {rule.split("/")[0] for rule, found in rules.items() if len(found) > 1}
    assert twice <= {"61990006"}


def test_the_spike_at_night_wakes_nobody_but_the_officer_and_then_the_patrol(seen: Seen) -> None:
    [spike] = [a for a in seen.alerts if a["station"] == "61990006" and a["suspect"]]
    assert seen.told[spike["id"]] == {"示范值班员甲", "示范己三"}  # who looks on site
    assert spike["resolved_at"] - spike["fired_at"] <= 6 * MINUTE


def test_a_notice_of_spilling_is_for_the_screen_only(seen: Seen) -> None:
    spills = [a for a in seen.alerts if a["band"] == "spill" and a["worst"] == 1]
    assert all(not seen.told[alert["id"]] for alert in spills)


def test_the_silent_reservoir_is_an_alert_until_its_readings_come(seen: Seen) -> None:
    [silent] = [a for a in seen.alerts if a["station"] == "61990003" and a["type"] == "stale"]
    assert silent["fired_at"] - local("18 04:25") <= 2 * HOUR
    assert abs(silent["resolved_at"] - local("18 11:30")) <= LATE


def test_its_silence_while_rising_is_told_within_minutes_and_its_plain_silence_to_nobody(
    seen: Seen,
) -> None:
    [rising] = [a for a in seen.alerts if a["type"] == "rise_silent"]
    assert (rising["station"], rising["worst"]) == ("61990003", 4)
    assert local("18 04:26") <= rising["fired_at"] <= local("18 04:32")
    assert abs(rising["resolved_at"] - local("18 11:30")) <= LATE
    assert seen.told[rising["id"]] >= {"示范丙一", "示范丙三"}  # design reached within the hour
    [silent] = [a for a in seen.alerts if a["station"] == "61990003" and a["type"] == "stale"]
    assert not seen.told[silent["id"]]


def test_no_crest_is_taken_for_a_dead_gauge(seen: Seen) -> None:
    assert not [a for a in seen.alerts if a["type"] in ("rise_flat", "stuck", "offline", "feed")]


def test_the_late_readings_call_nobody_again(seen: Seen) -> None:
    since = local("18 11:29")
    fired = [
        event
        for events in seen.events.values()
        for event in events
        if event["at"] >= since and event["kind"] in ("fired", "worsened")
    ]
    assert not fired


def test_the_design_flood_calls_its_three_responsible_persons_and_the_leader(seen: Seen) -> None:
    [design] = [a for a in seen.alerts if a["station"] == "61990003" and a["type"] == "level"]
    assert seen.told[design["id"]] >= {"示范丙一", "示范丙二", "示范丙三", "示范带班领导丙"}


def of_type(seen: Seen, type_: str) -> list[dict[str, Any]]:
    return [alert for alert in seen.alerts if alert["type"] == type_]


def test_the_pump_trip_is_one_alert_that_ends_when_the_units_run_again(seen: Seen) -> None:
    [trip] = of_type(seen, "pump")
    assert (trip["station"], trip["band"], trip["worst"]) == ("61990023", "pump_trip", 3)
    assert local("18 04:05") <= trip["fired_at"] <= local("18 04:15")
    assert local("18 04:45") < trip["resolved_at"] <= local("18 05:05")
    assert seen.told[trip["id"]] >= {"示范值班员甲", "示范三号泵站"}


def test_the_gate_that_the_river_shuts_is_one_notice(seen: Seen) -> None:
    [shut] = of_type(seen, "gate")
    assert (shut["station"], shut["band"], shut["worst"]) == ("61990032", "held_up", 1)
    assert abs(shut["fired_at"] - local("18 02:10")) <= LATE
    assert "外河顶托，关闸，转电排" in shut["facts"]["zh"]


def test_the_city_is_asked_answers_and_runs_on_the_record(seen: Seen) -> None:
    [request] = seen.requests
    assert abs(request.asked_at - local("18 05:45")) <= LATE
    assert request.answered_by == "示范市调度室"
    assert request.answered_at is not None
    assert 5 * MINUTE <= request.answered_at - request.asked_at <= 11 * MINUTE
    assert request.running_at is not None
    assert abs(request.running_at - local("18 06:25")) <= LATE


def test_what_is_only_to_be_watched_calls_nobody(seen: Seen) -> None:
    watches = ("eta", "rain_capacity", "district_rain", "rate")
    watched = [alert for type_ in watches for alert in of_type(seen, type_)]
    assert {a["type"] for a in watched} == set(watches)
    assert all(a["worst"] <= 2 for a in watched)
    assert not any(seen.told[a["id"]] for a in watched if a["worst"] == 1)
    assert all(a["worst"] == 1 for a in watched if a["type"] in ("eta", "rain_capacity"))


def test_dams_that_seep_as_usual_and_good_batteries_say_nothing(seen: Seen) -> None:
    assert not of_type(seen, "seepage")
    assert not [a for a in seen.alerts if a["variable"] in ("battery", "signal")]
