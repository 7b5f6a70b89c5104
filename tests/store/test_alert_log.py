"""Alerts and rule states on real databases."""

import pytest

from floodwatch.alerts.lifecycle import step
from floodwatch.model.alert import (
    CallResult,
    Holds,
    ObligationState,
    Origin,
    Phase,
    RuleKey,
    RuleState,
    Transition,
    TransitionKind,
)
from floodwatch.model.clock import MINUTE
from floodwatch.model.errors import Refused
from floodwatch.model.finding import Finding
from floodwatch.model.severity import Severity
from floodwatch.store import alert_log, rule_states
from floodwatch.store.alert_log import Change, Told
from floodwatch.store.database import Database
from floodwatch.store.tables import obligation

STAGE = RuleKey("61990003", "1", "stage", "level", "up")
DEPTH = RuleKey("61990012", "1", "ponding_depth", "level", "up")
NOW = 1_781_000_000_000
NO_HOLDS = Holds(0, 0)


def over(severity: Severity, value: float = 104.8, time: int = NOW) -> Finding:
    return Finding(
        severity, severity, band="design", label="设计洪水位", limit=104.75, value=value, time=time
    )


CLEAR = Finding(None, None, value=103.0, time=NOW)


def change(
    rule: RuleKey,
    finding: Finding,
    *,
    before: RuleState | None = None,
    now: int = NOW,
    origin: Origin = Origin.LIVE,
) -> Change:
    before = before or RuleState()
    after, transitions = step(before, finding, now=now, holds=NO_HOLDS)
    return Change(rule, before, after, transitions, origin, 7)


def save(database: Database, *changes: Change) -> list[Told]:
    with database.write() as tx:
        return alert_log.save(tx, changes)


def state(database: Database, rule: RuleKey = STAGE) -> RuleState:
    with database.read() as connection:
        return rule_states.states(connection, [rule]).get(rule, RuleState())


def fired(database: Database, severity: Severity = Severity.II) -> int:
    (told,) = save(database, change(STAGE, over(severity)))
    return told.alert_id


def owe(database: Database, alert_id: int, *parties: str, due: int | None = NOW) -> None:
    with database.write() as tx:
        for party in parties:
            tx.connection.execute(
                obligation.insert(),
                {
                    "alert_id": alert_id,
                    "party": party,
                    "severity": 3,
                    "state": "open",
                    "opened_at": NOW,
                    "within": 5 * MINUTE,
                    "due": due,
                    "step": 0,
                    "rev": tx.rev,
                },
            )


def owed(database: Database) -> dict[str, str]:
    with database.read() as connection:
        return {row["party"]: row["state"] for row in alert_log.obligations(connection)}


def test_a_fired_alert_is_stored_with_its_first_event_and_the_state_knows_its_number(
    database: Database,
) -> None:
    (told,) = save(database, change(STAGE, over(Severity.II)))
    assert (told.seq, told.first, told.transition.kind) == (1, True, TransitionKind.FIRED)
    after = state(database)
    assert (after.phase, after.severity, after.alert_id) == (
        Phase.FIRING,
        Severity.II,
        told.alert_id,
    )
    with database.read() as connection:
        row = alert_log.alert(connection, told.alert_id)
        (event,) = alert_log.events(connection, told.alert_id)
    assert row is not None
    assert (row["label"], row["limit_value"], row["peak"]) == ("设计洪水位", 104.75, 104.8)
    assert (event["kind"], event["seq"], event["severity"]) == ("fired", 1, 3)


def test_a_state_comes_back_as_it_was_stored(database: Database) -> None:
    kept = RuleState(
        phase=Phase.FIRING,
        severity=Severity.II,
        pending=Severity.I,
        pending_since=NOW,
        falling=((2, NOW), (0, NOW + 1)),
        due=NOW + 5,
        peak=1.5,
        peak_at=NOW,
        changes=(NOW - 1, NOW),
    )
    save(database, Change(STAGE, RuleState(), kept, (), Origin.LIVE, 1))
    assert state(database) == kept


def test_due_lists_the_rules_whose_time_has_come(database: Database) -> None:
    save(
        database,
        Change(STAGE, RuleState(), RuleState(due=NOW), (), Origin.LIVE, 1),
        Change(DEPTH, RuleState(), RuleState(due=NOW + 1), (), Origin.LIVE, 1),
    )
    with database.read() as connection:
        assert rule_states.due(connection, NOW) == [STAGE]
        assert rule_states.due(connection, NOW + 1) == [STAGE, DEPTH]


def test_one_rule_has_one_open_alert_over_its_whole_life(database: Database) -> None:
    number = fired(database, Severity.III)
    (worse,) = save(database, change(STAGE, over(Severity.I, 105.2), before=state(database)))
    (over_now,) = save(database, change(STAGE, CLEAR, before=state(database), now=NOW + 9))
    again = fired(database)
    assert (worse.alert_id, over_now.alert_id) == (number, number)
    assert (worse.seq, over_now.seq, over_now.first) == (2, 3, False)
    assert again != number
    with database.read() as connection:
        row = alert_log.alert(connection, number)
        assert [r["id"] for r in alert_log.alerts(connection)] == [again]
        assert [r["id"] for r in alert_log.alerts(connection, state="all")] == [again, number]
    assert row is not None
    assert (row["severity"], row["worst"], row["peak"]) == (4, 4, 105.2)
    assert (row["resolved_at"], row["value"]) == (NOW + 9, 103.0)


def test_an_alert_may_end_and_the_next_begin_within_one_change(database: Database) -> None:
    first = fired(database)
    before = state(database)
    middle, ended = step(before, CLEAR, now=NOW + 1, holds=NO_HOLDS)
    after, began = step(middle, over(Severity.IV), now=NOW + 2, holds=NO_HOLDS)
    told = save(database, Change(STAGE, before, after, ended + began, Origin.LIVE, 1))
    assert [t.transition.kind for t in told] == [TransitionKind.RESOLVED, TransitionKind.FIRED]
    assert (told[0].alert_id, told[1].first) == (first, True)
    assert state(database).alert_id == told[1].alert_id != first


def test_many_rules_are_saved_with_as_many_statements_as_one(sqlite_database: Database) -> None:
    from sqlalchemy import event

    said: list[str] = []
    event.listen(sqlite_database.engine, "before_cursor_execute", lambda *a: said.append(a[2]))
    rules = [RuleKey(f"6199{i:04d}", "1", "stage", "level", "up") for i in range(100, 400)]
    save(sqlite_database, change(STAGE, over(Severity.II)))
    one = len(said)
    save(sqlite_database, *(change(rule, over(Severity.II)) for rule in rules))
    assert len(said) == 2 * one


def test_what_only_an_import_opened_is_known_until_live_data_confirm_it(
    database: Database,
) -> None:
    save(database, change(STAGE, over(Severity.II), origin=Origin.IMPORT))
    with database.read() as connection:
        assert alert_log.imported_open(connection, [STAGE, DEPTH]) == {STAGE}
    before = state(database)
    confirmed = Transition(TransitionKind.FIRED, Severity.II, None, NOW, over(Severity.II))
    (told,) = save(database, Change(STAGE, before, before, (confirmed,), Origin.LIVE, 1))
    assert (told.first, told.alert["origin"], told.seq) == (True, "live", 2)
    with database.read() as connection:
        assert alert_log.imported_open(connection, [STAGE]) == set()


def test_acknowledging_answers_for_the_room_and_for_nobody_else(database: Database) -> None:
    number = fired(database)
    owe(database, number, "room", "示范丙三", "示范值班员甲")
    with database.write() as tx:
        row = alert_log.acknowledge(
            tx, number, who="示范值班员甲", note="已看到", via="page", now=NOW
        )
    assert (row["acked_by"], row["acked_severity"], row["note"]) == ("示范值班员甲", 3, "已看到")
    assert owed(database) == {"room": "answered", "示范丙三": "open", "示范值班员甲": "answered"}


def test_acknowledging_twice_is_harmless_and_leaves_one_entry(database: Database) -> None:
    number = fired(database)
    for who in ("示范值班员甲", "示范值班员乙"):
        with database.write() as tx:
            alert_log.acknowledge(tx, number, who=who, note="", via="page", now=NOW)
    with database.read() as connection:
        row = alert_log.alert(connection, number)
        kinds = [entry["kind"] for entry in alert_log.events(connection, number)]
    assert row is not None
    assert (row["acked_by"], kinds) == ("示范值班员甲", ["fired", "acked"])


def test_a_worse_severity_can_be_acknowledged_again(database: Database) -> None:
    number = fired(database, Severity.III)
    with database.write() as tx:
        alert_log.acknowledge(tx, number, who="甲", note="", via="page", now=NOW)
    save(database, change(STAGE, over(Severity.I), before=state(database)))
    with database.write() as tx:
        row = alert_log.acknowledge(tx, number, who="乙", note="", via="cli", now=NOW + 1)
    assert (row["acked_by"], row["acked_severity"]) == ("乙", 4)


def test_unknown_and_cleared_alerts_cannot_be_acknowledged(database: Database) -> None:
    number = fired(database)
    save(database, change(STAGE, CLEAR, before=state(database)))
    for alert_id, words in ((number, "already cleared"), (999, "no alert 999")):
        with pytest.raises(Refused, match=words), database.write() as tx:
            alert_log.acknowledge(tx, alert_id, who="甲", note="", via="page", now=NOW)


def test_the_officer_may_enter_that_a_person_was_told_and_the_audit_keeps_it(
    database: Database,
) -> None:
    number = fired(database)
    owe(database, number, "示范丙一", "示范丙三")
    with database.write() as tx:
        ended = alert_log.answer(
            tx,
            "示范丙一",
            who="示范值班员甲",
            via="page",
            now=NOW,
            alert_id=number,
            note="电话已通知本人",
            state=ObligationState.ENTERED,
        )
    assert ended == 1
    assert owed(database) == {"示范丙一": "entered", "示范丙三": "open"}


def test_an_answer_nobody_owed_is_refused_and_a_second_one_is_not(database: Database) -> None:
    number = fired(database)
    owe(database, number, "示范丙三")
    for expected in (1, 0):
        with database.write() as tx:
            given = alert_log.answer(
                tx, "示范丙三", who="示范丙三", via="sms", now=NOW, alert_id=number
            )
        assert given == expected
    with pytest.raises(Refused, match="owes no answer"), database.write() as tx:
        alert_log.answer(tx, "示范戊", who="示范戊", via="sms", now=NOW, alert_id=number)


def test_one_call_that_is_taken_covers_all_open_matters_of_a_person(database: Database) -> None:
    first, second = (
        told.alert_id
        for told in save(
            database, change(STAGE, over(Severity.II)), change(DEPTH, over(Severity.II))
        )
    )
    owe(database, first, "示范丙三", "示范丙二")
    owe(database, second, "示范丙三")
    with database.write() as tx:
        alert_log.record_call(
            tx, "示范丙三", result=CallResult.REACHED, officer="示范值班员甲", now=NOW + 1
        )
    with database.read() as connection:
        assert [entry.person for entry in alert_log.call_list(connection, now=NOW)] == ["示范丙二"]


def test_a_call_nobody_takes_comes_back_in_five_minutes_and_never_later_than_it_was_due(
    database: Database,
) -> None:
    number = fired(database)
    owe(database, number, "示范丙一", due=NOW + 30 * MINUTE)
    owe(database, number, "示范丙二", due=NOW + MINUTE)
    for person in ("示范丙一", "示范丙二"):
        with database.write() as tx:
            alert_log.record_call(
                tx, person, result=CallResult.NO_ANSWER, officer="示范值班员甲", now=NOW
            )
    with database.read() as connection:
        entries = alert_log.call_list(connection, now=NOW + 2 * MINUTE)
    assert [(e.person, e.due, e.calls, e.last_result) for e in entries] == [
        ("示范丙二", NOW + MINUTE, 1, "no_answer"),
        ("示范丙一", NOW + 5 * MINUTE, 1, "no_answer"),
    ]
    assert entries[0].waiting == 2 * MINUTE
    assert entries[0].matters[0].label == "设计洪水位"
