"""What rules are given beside readings: days, summed up also where the table has none yet."""

from sqlalchemy import select

from floodwatch.model.clock import DAY, HOUR
from floodwatch.model.reading import SeriesKey
from floodwatch.pipeline.sight import Task, Work, context, gather
from floodwatch.rules.context import Context
from floodwatch.store.journal import SeriesMap
from floodwatch.store.tables import daily
from tests.pipeline.town import GAUGE, START, Town

ASKED = '\n[[rule]]\ntype = "dry_days"\nparameters = {dry_steps = [3, 5], effective_mm = 5}\n'
RAIN = SeriesKey(GAUGE, "1", "rainfall", 300_000)


def asked(town: Town) -> Town:
    mark = '\n[[rule]]\nkind = "reservoir"'
    town.configure("thresholds.toml", mark, ASKED + mark)
    town.ticker.tick()
    return town


def rain(town: Town, *amounts: float) -> None:
    """Hourly reports of whole days, the amount in the first hour of each."""
    for amount in amounts:
        for hour in range(24):
            town.clock.advance(HOUR)
            town.say(GAUGE, "rainfall", amount if hour == 0 else 0.0)
        town.ticker.tick()


def given(town: Town) -> Context:
    plan = town.ticker.plans.current
    with town.database.write() as tx:
        now = plan(tx.connection)
        [rule] = [rule for key, rule in now.rules.items() if key.type == "dry_days"]
        work = Work(tx, now, {}, SeriesMap(), town.clock.wall())
        task = Task(rule, (town.clock.wall(),))
        return context(rule, town.clock.wall(), gather(work, [task], states={}, ended={}))


def test_live_days_are_summed_up_and_kept_once_they_are_settled(town: Town) -> None:
    asked(town)
    rain(town, 6.0, 1.0, 0.0)
    town.clock.advance(3 * HOUR)
    assert [(row.day, row.sum) for row in given(town).daily[RAIN]] == [
        (20260619, 6.0),
        (20260620, 1.0),
        (20260621, 0.0),
    ]
    with town.database.read() as connection:
        stored = connection.execute(select(daily.c.day, daily.c.sum).order_by(daily.c.day)).all()
    assert [tuple(row) for row in stored] == [(20260619, 6.0), (20260620, 1.0), (20260621, 0.0)]


def test_a_late_reading_changes_a_day_that_was_kept(town: Town) -> None:
    asked(town)
    rain(town, 6.0, 1.0)
    town.clock.advance(3 * HOUR)
    given(town)
    town.say(GAUGE, "rainfall", 8.0, at=START + DAY + 90 * 60_000)
    town.clock.advance(HOUR)
    assert [row.sum for row in given(town).daily[RAIN]] == [6.0, 9.0]


def test_dry_days_are_counted_through_the_tick(town: Town) -> None:
    asked(town)
    rain(town, 6.0, 0.0, 4.0, 0.0)
    town.clock.advance(HOUR)
    town.ticker.tick()
    [row] = [row for row in town.alerts() if row["type"] == "dry_days"]
    assert row["station"] == "district"
    assert row["facts"]["days"] == 3  # type: ignore[index]
    rain(town, 7.0)
    town.clock.advance(HOUR)
    town.ticker.tick()
    assert not [row for row in town.alerts() if row["type"] == "dry_days"]
