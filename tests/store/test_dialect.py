"""Arrays as parameters and upserts mean the same on both databases."""

import pytest
from sqlalchemy import text

from floodwatch.store.database import Database
from floodwatch.store.tables import setting, token


@pytest.mark.parametrize("numbers", [[], [3, 1, 2**40], list(range(5_000))])
def test_integers_select_what_was_bound(database: Database, numbers: list[int]) -> None:
    statement = f"SELECT count(*) FROM {database.dialect.integers('ids')} AS i"
    with database.read() as connection:
        found = connection.execute(text(statement), {"ids": database.dialect.array(numbers)})
        assert found.scalar_one() == len(numbers)


def test_texts_may_hold_anything(database: Database) -> None:
    wanted = ["示范水库", 'quo"te', "it's", "{a,b}", ""]
    statement = f"SELECT t FROM {database.dialect.rows('rows', {'n': 'integer', 't': 'text'})} AS r"
    with database.read() as connection:
        bound = database.dialect.records(enumerate(wanted))
        assert sorted(connection.execute(text(statement), {"rows": bound}).scalars()) == sorted(
            wanted
        )
        among = f"SELECT 1 WHERE 'it''s' IN {database.dialect.texts('texts')}"
        bound = database.dialect.array(wanted)
        assert connection.execute(text(among), {"texts": bound}).scalar_one() == 1


def test_an_upsert_updates_what_is_there_and_the_last_of_equals_wins(database: Database) -> None:
    with database.write() as tx:
        rows = [("a", {"n": 1}, 1), ("b", ["二"], 1), ("a", None, 2)]
        tx.dialect.upsert(tx.connection, setting, rows)
        tx.dialect.upsert(tx.connection, setting, [("b", 2.5, 3)], update=("rev",))
        tx.dialect.upsert(tx.connection, setting, [])
        found = tx.connection.execute(setting.select().order_by(setting.c.name)).all()
    assert [tuple(row) for row in found] == [("a", None, 2), ("b", ["二"], 3)]


def test_an_upsert_by_another_key_may_leave_what_is_there(database: Database) -> None:
    columns = ("name", "hash", "created_at")
    with database.write() as tx:
        for moment in (1, 2):
            tx.dialect.upsert(
                tx.connection,
                token,
                [("gate", "abc", moment)],
                columns=columns,
                key=("name",),
                update=(),
            )
        assert tx.connection.execute(text("SELECT created_at FROM token")).scalars().all() == [1]
