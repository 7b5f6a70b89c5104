"""Whom a rehearsal would have told: the same obligations, calls and lists, with assumed answers."""

from dataclasses import replace
from typing import NamedTuple

import pytest

from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.district import District
from floodwatch.model.people import Duty, Person, Route, Way
from floodwatch.model.severity import Severity
from floodwatch.model.threshold import Comparator
from floodwatch.pipeline.comparing import Change, compare
from floodwatch.pipeline.entered import Registers
from floodwatch.pipeline.rehearse import NEVER, WITHIN, Answers, Cancelled, Rehearsal, rehearse
from tests.pipeline.test_rehearse import Stored
from tests.rules.making import CODE, STAGE, T, district, limit, series

PATROL, LEADER, CLERK = "示范巡查", "示范带班", "示范文员"
BANDS = (
    limit(Severity.III, Comparator.AT_OR_ABOVE, 96.0, 95.9, name="half_way"),
    limit(Severity.I, Comparator.AT_OR_ABOVE, 96.5, 96.4, name="crest"),
)
NIGHT = T + 18 * HOUR  # 02:00 in Shanghai


def town(*bands: object, answers_after: int | None = None) -> District:
    """One dam, its patrol who must answer, who stands in for him, and a clerk who is written to."""
    people = (
        Person(PATROL, phone="+8610000000001", deputy=LEADER, answers_after=answers_after),
        Person(LEADER, phone="+8610000000002", role="leader"),
        Person(CLERK, phone="+8610000000003"),
    )
    duties = (
        Duty((PATROL,), (), Way.CALL, 5 * MINUTE),
        Duty((CLERK,), (), Way.TEXT, 0),
    )
    return replace(
        district(bands or BANDS),  # type: ignore[arg-type]
        people={person.name: person for person in people},
        routes=(Route(duties=duties),),
        channels={"sms_gammu": {}},
    )


def storm(at: int = NIGHT) -> Stored:
    values = [95.0, 95.5, 96.1, 96.3, 96.6, 96.7, 96.2, 95.5, 95.0, 95.0, 95.0, 95.0]
    return Stored({STAGE: series([(at + k * 20 * MINUTE, v) for k, v in enumerate(values)])})


def play(found: District, answers: Answers | None, at: int = NIGHT) -> Rehearsal:
    return rehearse(storm(at), found, start=at, end=at + 2 * DAY, answers=answers)


def calls(found: Rehearsal) -> dict[str, int]:
    assert found.people is not None
    return {one.person: one.calls for one in found.people.told}


def test_nobody_is_told_unless_asked_for() -> None:
    assert play(town(), None).people is None


def test_who_answers_in_time_is_called_once_for_each_severity() -> None:
    found = play(town(), Answers(WITHIN))
    assert calls(found) == {PATROL: 2, CLERK: 0}


def test_who_never_answers_is_called_again_and_whoever_stands_in_is_called() -> None:
    found = calls(play(town(), Answers(NEVER)))
    assert found[PATROL] == 2
    assert found[LEADER] >= 1


def test_the_answering_time_of_a_person_counts_more_than_the_assumption() -> None:
    quick = calls(play(town(answers_after=MINUTE), Answers(NEVER)))
    assert quick[PATROL] == 2
    assert quick[CLERK] == 0


def test_short_messages_are_counted_in_parts_and_by_night() -> None:
    people = play(town(), Answers(WITHIN)).people
    assert people is not None
    clerk = next(one for one in people.told if one.person == CLERK)
    assert clerk.messages >= 2
    assert clerk.sms_parts >= clerk.messages
    assert clerk.night_messages == clerk.messages
    assert people.room.tones == people.room.night_tones == people.room.worst_night >= 2


def test_by_day_nobody_is_disturbed_at_night() -> None:
    people = play(town(), Answers(WITHIN), at=T).people
    assert people is not None
    assert sum(one.night_calls + one.night_messages for one in people.told) == 0
    assert people.room.night_tones == 0


def test_lead_times_run_from_the_first_warning_to_the_worst_and_the_peak() -> None:
    (lead,) = play(town(), None).leads()
    assert (lead.severity, lead.alerts, lead.warned) == (Severity.I, 1, 1)
    assert (lead.to_worst, lead.to_peak) == ((40.0, 40.0), (60.0, 60.0))


def test_a_rehearsal_can_be_stopped() -> None:
    with pytest.raises(Cancelled):
        rehearse(storm(), town(), start=T, end=T + 2 * DAY, cancelled=lambda: True)


class Wanted(NamedTuple):
    draft: tuple[object, ...]
    changes: tuple[Change, ...]
    minutes: float | None


def band(severity: Severity, value: float) -> object:
    return limit(severity, Comparator.AT_OR_ABOVE, value, value - 0.1, name=f"at_{value}")


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted((band(Severity.III, 96.25), band(Severity.I, 96.5)), (Change.LATER,), 20.0),
        Wanted((band(Severity.III, 95.4), band(Severity.I, 96.5)), (Change.EARLIER,), -20.0),
        Wanted((band(Severity.III, 96.0), band(Severity.II, 96.5)), (Change.MILDER,), 0.0),
        Wanted((band(Severity.III, 99.0),), (Change.GONE,), None),
    ],
    ids=lambda wanted: wanted.changes[0].value,
)
def test_a_draft_is_held_against_the_present_rules(wanted: Wanted) -> None:
    found = compare(play(town(), None), play(town(*wanted.draft), None))
    (one,) = found.differing
    assert (one.changes, one.minutes, found.same) == (wanted.changes, wanted.minutes, 0)


def test_what_only_the_draft_sees_is_new_and_the_same_is_the_same() -> None:
    present, draft = play(town(band(Severity.III, 99.0)), None), play(town(), None)
    (one,) = compare(present, draft).differing
    assert one.changes == (Change.NEW,)
    alike = compare(draft, play(town(), None))
    assert (alike.differing, alike.same) == ((), 1)


def test_the_difference_of_each_person_is_counted() -> None:
    present = play(town(), Answers(WITHIN))
    draft = play(town(band(Severity.III, 96.0)), Answers(WITHIN))
    document = compare(present, draft).as_json()
    patrol = next(one for one in document["people"] if one["person"] == PATROL)
    assert patrol["calls"] == -1


def test_registers_are_seen_as_they_stood() -> None:
    hazard = {"id": 1, "station": CODE, "found_at": T, "closed_at": T + DAY, "severity": 2}
    known = Registers({"hazard": [hazard]})
    there = [len(known.rows("hazard", CODE, at)) for at in (T - 1, T, T + DAY - 1, T + DAY)]
    assert there == [0, 1, 1, 0]
    assert known.rows("hazard", "61990002", T) == []
    assert known.moments("hazard", CODE) == [T, T + DAY]
