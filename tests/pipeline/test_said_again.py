"""A value that an import brought and a gauge has said since stays when the import is taken back."""

from floodwatch.model.batch import Batch
from floodwatch.model.clock import DAY, HOUR
from floodwatch.model.reading import Outcome, RawReading, SeriesKey
from floodwatch.pipeline.import_undo import Foreseen, foresee, undo
from floodwatch.store import imports
from floodwatch.store import tables as t
from tests.pipeline.town import RESERVOIR, START, Town

STAGE = SeriesKey(RESERVOIR, "1", "stage")
TIMES = [START - hours * HOUR for hours in (3, 2, 1)]


def imported(town: Town, values: list[float]) -> int:
    """An import of three readings, through ingest as an import goes."""
    with town.database.write() as tx:
        number = imports.begin(tx, names=["a.csv"], holder="", who="示范张三", now=START)
    readings = tuple(
        RawReading(RESERVOIR, "stage", time, value)
        for time, value in zip(TIMES, values, strict=True)
    )
    town.send(Batch("import", readings, import_id=number))
    with town.database.write() as tx:
        imports.finish(tx, number, state=imports.DONE, report={})
    return number


def say(town: Town, time: int, value: float) -> Outcome:
    (receipt,) = town.send(Batch("live", (RawReading(RESERVOIR, "stage", time, value),)))
    return receipt.outcomes[0]


def values(town: Town) -> list[float]:
    found: list[float] = town.readings.series(STAGE, START - DAY, START).values.tolist()
    return found


def test_what_a_gauge_says_again_is_its_own_from_then_on(town: Town) -> None:
    number = imported(town, [95.0, 95.1, 95.2])
    assert say(town, TIMES[1], 95.1) is Outcome.DUPLICATE
    with town.database.read() as connection:
        assert foresee(connection, number) == Foreseen(removed=2, covered=1)
    undo(town.database, number, who="示范张三", now=START)
    assert values(town) == [95.1]


def test_a_gauge_that_repeats_itself_leaves_one_note(town: Town) -> None:
    imported(town, [95.0, 95.1, 95.2])
    for _ in range(3):
        say(town, TIMES[1], 95.1)
    with town.database.read() as connection:
        assert len(connection.execute(t.correction.select()).all()) == 1


def test_what_was_never_imported_leaves_no_note(town: Town) -> None:
    say(town, TIMES[0], 95.0)
    say(town, TIMES[0], 95.0)
    with town.database.read() as connection:
        assert connection.execute(t.correction.select()).all() == []


def test_two_imports_and_a_gauge_are_taken_apart_in_any_order(town: Town) -> None:
    first = imported(town, [95.0, 95.1, 95.2])
    say(town, TIMES[1], 95.1)
    second = imported(town, [95.0, 95.5, 95.2])
    undo(town.database, first, who="示范张三", now=START)
    assert values(town) == [95.5]
    undo(town.database, second, who="示范张三", now=START)
    assert values(town) == [95.1]
