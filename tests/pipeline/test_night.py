"""The night of the storm: who is called, by whom it ends, and how often anybody is disturbed."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from floodwatch.model.clock import MINUTE
from floodwatch.store import sounds, tables
from floodwatch.store.database import Database
from tests.pipeline.storming import LOCAL, OFFICER, local, obligations, rows, showing

DAM = "61990003"
PATROLS = {f"示范{name}三" for name in "甲乙丙丁戊己"}
ADMINISTRATORS = {f"示范{name}一" for name in "甲乙丙丁"}


class Night(NamedTuple):
    """What the night left behind at eight in the morning."""

    attended: bool
    outbox: list[dict[str, Any]]
    tones: list[dict[str, Any]]
    obligations: list[dict[str, Any]]
    alerts: list[dict[str, Any]]

    def calls(self) -> Counter[str]:
        """How often each person was rung between 23:00 and 08:00; two channels are one call."""
        rung = {
            (row["person"], row["created_at"])
            for row in self.outbox
            if row["way"] == "call" and local("17 23:00") <= row["created_at"] < local("18 08:00")
        }
        return Counter(person for person, _ in rung)

    def owed(self, band: str, **where: Any) -> list[dict[str, Any]]:
        """Obligations of the dam about a band."""
        chosen = [o for o in self.obligations if (o["station"], o["band"]) == (DAM, band)]
        return [o for o in chosen if all(o[name] == value for name, value in where.items())]


@pytest.fixture(scope="module")
def attended_storm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The storm to eight in the morning, with somebody in the room."""
    database = Database.at(tmp_path_factory.mktemp("night"))
    with showing(database, attended=True) as live_on:
        live_on(5 * MINUTE)  # at sixty times
    yield database
    database.close()


@pytest.fixture(scope="module", params=[True, False], ids=["attended", "unattended"])
def night(request: pytest.FixtureRequest) -> Night:
    """With an officer who acknowledges after ten seconds; and with one who never does."""
    database = (
        request.getfixturevalue("attended_storm")
        if request.param
        else request.getfixturevalue("storm_at")[8]
    )
    return Night(
        request.param,
        rows(database, tables.outbox),
        rows(database, tables.sound),
        obligations(database),
        rows(database, tables.alert),
    )


def test_the_night_is_as_quiet_as_promised(night: Night) -> None:
    begins, ends = sounds.night_of(local("18 06:00"), LOCAL)
    assert (begins, ends) == (local("17 23:00"), local("18 08:00"))
    heard = [tone for tone in night.tones if begins <= tone["at"] < ends]
    calls = night.calls()
    assert 8 <= len(heard) + calls[OFFICER] <= 20
    assert max(calls[name] for name in PATROLS) <= 3
    assert max(calls[name] for name in ADMINISTRATORS) <= 2
    assert calls["示范戊"] <= 1


def test_a_grade_four_makes_no_sound_at_night(night: Night) -> None:
    assert {tone["severity"] for tone in night.tones} <= {2, 3, 4}
    mild = {a["id"] for a in night.alerts if a["worst"] == 1}
    rung = [r for r in night.outbox if r["way"] == "call" and r["alert_id"] in mild]
    assert rung == []


def test_the_limits_of_the_night_are_one_list_a_person_in_the_morning(night: Night) -> None:
    lists = [row for row in night.outbox if row["kind"] == "list"]
    of_two = [row for row in lists if row["person"] == "示范丁一"]
    assert len(of_two) == 1
    [row] = of_two
    assert local("18 07:00") <= row["accepted_at"] < local("18 07:05")
    assert "枫树水库" in row["body"]
    assert "新塘水库" in row["body"]


def test_the_patrol_answers_and_the_administrator_does_not(night: Night) -> None:
    [patrol] = night.owed("design_flood", party="示范丙三", severity=3)
    assert patrol["state"] == "answered"
    assert patrol["ended_at"] - patrol["opened_at"] == MINUTE
    [silent] = night.owed("design_flood", party="示范丙一")
    assert abs(silent["opened_at"] - local("18 04:25")) <= MINUTE
    [leader] = night.owed("design_flood", party="示范带班领导丙", stands_for="示范丙一")
    assert abs(leader["opened_at"] - local("18 04:30")) <= MINUTE
    assert leader["ended_at"] - leader["opened_at"] == 3 * MINUTE
    assert (silent["state"], silent["ended_by"]) == ("deputy", "示范带班领导丙")
    assert silent["ended_at"] == leader["ended_at"]


def test_who_did_not_answer_is_called_twice_and_no_more(night: Night) -> None:
    assert night.calls()["示范丙一"] == 2


def test_the_officers_acknowledgement_stops_no_call_of_the_patrol(night: Night) -> None:
    [room] = night.owed("design_flood", party="room", severity=3)
    [patrol] = night.owed("design_flood", party="示范丙三", severity=3)
    assert (patrol["state"], patrol["ended_by"]) == ("answered", "示范丙三")
    if night.attended:
        assert (room["state"], room["ended_by"]) == ("answered", OFFICER)
        assert patrol["ended_at"] >= room["ended_at"]
    rung = [r for r in night.outbox if (r["person"], r["way"]) == ("示范丙三", "call")]
    assert local("18 04:25") in [r["created_at"] // MINUTE * MINUTE for r in rung]


def test_a_room_that_never_answers_brings_the_leader(night: Night) -> None:
    room = night.owed("design_flood", party="room", severity=3)
    ended = ("answered", OFFICER) if night.attended else ("deputy", "示范带班领导丙")
    assert [(o["state"], o["ended_by"]) for o in room] == [ended]
    assert (night.calls()[OFFICER] == 0) is night.attended


def test_the_street_and_the_police_close_the_underpass(night: Night) -> None:
    owed = [o for o in night.obligations if (o["station"], o["band"]) == ("61990012", "close")]
    answered = {o["party"] for o in owed if o["state"] == "answered"}
    assert {"示范站前街道", "示范交警联络", "示范城管排水班", "示范带班领导丙"} <= answered


def test_the_pump_trip_calls_the_station_and_spares_the_leader(night: Night) -> None:
    owed = {
        o["party"]: o
        for o in night.obligations
        if (o["station"], o["type"]) == ("61990023", "pump") and not o["stands_for"]
    }
    assert owed["示范三号泵站"]["state"] == "answered"
    if night.attended:
        assert owed["示范带班领导丙"]["note"] == "answered in time"
