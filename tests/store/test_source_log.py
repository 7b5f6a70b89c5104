"""What sources note of themselves is kept, added up, and judged by the shortest way."""

from floodwatch.model.source import REFUSALS, Counts, Note, Refusal, joined
from floodwatch.store import source_log
from floodwatch.store.database import Database
from floodwatch.store.source_log import Refused, SourceState, Standing

NAME = "sql:county"


def noted(database: Database, *notes: Note) -> SourceState:
    for at, note in enumerate(notes, start=1):
        with database.write() as tx:
            source_log.noted(tx, NAME, "sql", note=note, now=at)
    with database.read() as connection:
        return source_log.states(connection)[NAME]


def failure(text: str) -> Note:
    return Note(tried=True, failures=1, error=text)


def test_counts_are_added_and_the_newest_reading_counts(database: Database) -> None:
    state = noted(
        database,
        Note(True, True, newest=900, counts=Counts(5, 3, 1, 1), cursor={"tm": 900}),
        Note(True, True, newest=800, counts=Counts(2, 2)),
    )
    assert (state.counts, state.newest) == (Counts(7, 5, 1, 1), 900)
    assert state.cursor == {"tm": 900}
    assert (state.last_try, state.last_success) == (2, 2)


def test_failures_in_a_row_are_over_with_a_success_and_the_error_stays_known(
    database: Database,
) -> None:
    assert noted(database, failure("a"), failure("b")).failures == 2
    state = noted(database, failure("c"), Note(True, True))
    assert (state.failures, state.last_error, state.last_error_at) == (0, "c", 1)


def test_the_newest_refusals_are_kept_and_the_same_one_once(database: Database) -> None:
    many = tuple(Refusal(f"s{n}", "unknown") for n in range(REFUSALS))
    state = noted(database, Note(refusals=many), Note(refusals=(Refusal("s3", "unknown"),)))
    assert len(state.refusals) == REFUSALS
    assert state.refusals[:2] == (Refused(2, "s3", "unknown"), Refused(1, "s0", "unknown"))


def test_where_a_source_goes_on_is_kept_with_its_readings(database: Database) -> None:
    with database.write() as tx:
        source_log.place(tx, NAME, "sql", cursor={"tm": 5})
    with database.read() as connection:
        assert source_log.cursor(connection, NAME) == {"tm": 5}
        assert source_log.cursor(connection, "sql:other") is None


def test_standings_say_what_alerts_are_judged_by(database: Database) -> None:
    noted(database, Note(True, True, newest=7), failure("down"))
    with database.read() as connection:
        assert source_log.standings(connection) == [Standing(NAME, 1, "down", 1, 7)]


def test_a_source_that_is_forgotten_begins_anew(database: Database) -> None:
    noted(database, Note(cursor={"tm": 5}))
    with database.write() as tx:
        source_log.forget(tx, NAME)
    with database.read() as connection:
        assert source_log.states(connection) == {}


def test_two_notes_are_as_good_as_one_after_the_other() -> None:
    notes = [failure("a"), Note(True, True, newest=3), failure("b"), failure("c")]
    whole = Note()
    for note in notes:
        whole = joined(whole, note)
    assert (whole.failures, whole.error, whole.worked, whole.newest) == (2, "c", True, 3)
