"""More values than a database takes parameters."""

import pytest
from sqlalchemy import ColumnElement, select

from floodwatch.model.alert import Origin, RuleKey, RuleState
from floodwatch.store import alert_log, rule_states, timeline
from floodwatch.store.alert_log import Change
from floodwatch.store.among import among
from floodwatch.store.database import Database
from floodwatch.store.tables import call

MANY = 70_000  # PostgreSQL takes 65,535 parameters, SQLite half of that


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        (call.c.at, [3, 1, 2**40], {"甲", 'quo"te'}),
        (call.c.person, ["甲", "x"], {"甲"}),
        (call.c.person, ('quo"te',), {'quo"te'}),
        (call.c.at, [], set()),
        (call.c.at, range(MANY), {"甲"}),
    ],
)
def test_the_rows_chosen_are_those_of_the_values(
    database: Database, column: ColumnElement[object], values: list[object], expected: set[str]
) -> None:
    with database.write() as tx:
        common = {"result": "reached", "officer": "示范值班员甲", "alerts": [], "rev": tx.rev}
        rows = [("甲", 1), ("乙", MANY), ('quo"te', 2**40)]
        tx.connection.execute(
            call.insert(), [{"person": person, "at": at, **common} for person, at in rows]
        )
    with database.read() as connection:
        chosen = select(call.c.person).where(among(connection, column, values))
        assert set(connection.execute(chosen).scalars()) == expected


def test_two_lists_in_one_statement_are_kept_apart(database: Database) -> None:
    with database.read() as connection:
        both = select(call).where(
            among(connection, call.c.at, [1]), among(connection, call.c.person, ["甲"])
        )
        assert connection.execute(both).all() == []


def test_the_states_of_a_provinces_rules_are_read_in_one_statement(database: Database) -> None:
    rules = [RuleKey(f"6199{i:04d}", str(n), "stage", "level", "up")
             for i in range(4_000) for n in range(10)]  # fmt: skip
    kept = RuleState(peak=1.5)
    with database.write() as tx:
        alert_log.save(
            tx, [Change(rule, RuleState(), kept, (), Origin.LIVE, 1) for rule in rules[::4]]
        )
    with database.read() as connection:
        assert rule_states.states(connection, rules) == dict.fromkeys(rules[::4], kept)
        assert alert_log.imported_open(connection, rules) == set()
        assert timeline.last_seq(connection, range(MANY)) == {}
