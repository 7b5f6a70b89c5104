"""The statements of the live path use the primary keys, in tables nobody has analyzed yet."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import Connection, event

from floodwatch.model.alert import RuleKey
from floodwatch.model.clock import DAY
from floodwatch.model.reading import SeriesKey
from floodwatch.store import (
    call_history,
    city_requests,
    dispatch,
    duty_log,
    journal,
    mutes,
    obligation_log,
    outbox,
    rule_states,
    sounds,
    watched,
)
from floodwatch.store.database import Database
from floodwatch.store.dialect import dialect_of
from floodwatch.store.journal import Row, SeriesMap

NOW = 1_780_000_000_000
PERSON = "示范甲"
RULE = RuleKey("61990001", "1", "stage", "level", "up")
QUESTIONS: list[tuple[str, Callable[[Connection], object]]] = [
    ("pk_reading", lambda connection: journal.windows(connection, {1: (NOW, NOW + 5)})),
    ("pk_reading", lambda connection: journal.stored(connection, [(1, NOW), (2, NOW)])),
    ("pk_latest", lambda connection: journal.latest(connection, [1])),
    ("pk_rule_state", lambda connection: rule_states.states(connection, [RULE])),
]


@pytest.mark.parametrize(("index", "question"), QUESTIONS)
def test_no_table_of_the_live_path_is_read_as_a_whole(
    database: Database, index: str, question: Callable[[Connection], object]
) -> None:
    with database.write() as tx:
        keys = [SeriesKey(f"6199{number:04d}", "1", "stage") for number in range(20)]
        ids = SeriesMap().ids(tx, keys, now=NOW).values()
        journal.put(tx, [Row(i, NOW + n, 1.0, 1, NOW) for i in ids for n in range(500)])
    with database.read() as connection:
        plan = plan_of(connection, question)
    if database.dialect.name == "sqlite":
        assert re.search(r"SEARCH \w+ USING (INTEGER PRIMARY|PRIMARY|INDEX)", plan)
        assert "SCAN r " not in plan
    else:
        assert re.search(rf"Index Scan (using|on) {index}\b", plan)
        assert "Seq Scan" not in plan


# What a reading, a tick or a round of sending asks, in tables that grow for years.
OF_HISTORY: list[Callable[[Connection], object]] = [
    lambda connection: watched.ended(connection, [RULE]),
    lambda connection: mutes.muting(connection),
    lambda connection: mutes.is_paused_due(connection, now=NOW),
    lambda connection: obligation_log.is_due(connection, now=NOW),
    lambda connection: obligation_log.due(connection, now=NOW, most=200),
    lambda connection: obligation_log.owed_by(connection, [PERSON]),
    lambda connection: call_history.history(connection, [PERSON], since=NOW - DAY),
    lambda connection: duty_log.lines(connection, start=NOW - DAY, end=NOW),
    lambda connection: city_requests.unended(connection),
    lambda connection: city_requests.of_alert(connection, 1),
    lambda connection: city_requests.standing(connection, "61990001"),
    lambda connection: sounds.lately(connection, now=NOW),
    lambda connection: dispatch.used(connection, 20260618),
    lambda connection: dispatch.due_texts(connection, now=NOW, besides=["log"]),
    lambda connection: dispatch.left(connection, since=NOW),
    lambda connection: dispatch.repetitions(connection),
    lambda connection: dispatch.unsent(connection, channel="sms", after=0, since=0, now=NOW),
    lambda connection: outbox.waiting(
        connection, dialect_of("sqlite"), epoch=1, now=NOW, sending=[1], most=6, down=["sms"]
    ),
]
OPEN = "uq_alert_open_rule"  # has only alerts that are open


@pytest.mark.parametrize("question", OF_HISTORY)
def test_what_is_long_over_is_not_looked_through(
    sqlite_database: Database, question: Callable[[Connection], object]
) -> None:
    tables = "alert|alert_event|log_entry|obligation|outbox|attempt|sound|mute"
    tables += "|city_request|quota_use|[a-z]+er"
    grow = rf"SCAN ({tables})\b"
    with sqlite_database.read() as connection:
        steps = [step for plan in plans_of(connection, question) for step in plan]
    assert steps
    assert [s for s in steps if re.match(grow, s) and OPEN not in s] == []


def plans_of(connection: Connection, question: Callable[[Connection], object]) -> list[list[str]]:
    """The steps by which the database goes about each statement of the question."""
    said: list[tuple[str, object]] = []

    def listen(*arguments: object) -> None:
        said.append(arguments[2:4])  # type: ignore[arg-type]

    event.listen(connection, "before_cursor_execute", listen)
    question(connection)
    event.remove(connection, "before_cursor_execute", listen)
    explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
    return [
        [str(row[-1]) for row in connection.exec_driver_sql(explain + statement, values)]  # type: ignore[arg-type]
        for statement, values in said
    ]


def plan_of(connection: Connection, question: Callable[[Connection], object]) -> str:
    """How the database goes about the first statement of the question."""
    return "\n".join(plans_of(connection, question)[0])


def test_a_day_of_one_series_is_asked_of_the_journal_alone(database: Database) -> None:
    with database.write() as tx:
        (number,) = SeriesMap().ids(tx, [SeriesKey("61990001", "1", "stage")], now=NOW).values()
        said: list[str] = []
        event.listen(tx.connection, "before_cursor_execute", lambda *a: said.append(a[2]))
        journal.windows(tx.connection, {number: (NOW - DAY, NOW)})
    assert not [statement for statement in said if "block" in statement]
