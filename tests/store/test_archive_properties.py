"""Whatever is written, imported, undone and compacted in whatever order: a dictionary says what."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from floodwatch.hydrology.series import Series
from floodwatch.model.reading import SeriesKey
from floodwatch.store import archive, block_codec, blocks, compaction, journal, tables
from floodwatch.store.blocks import Overwritten
from floodwatch.store.database import Database
from floodwatch.store.readings import Readings
from tests.store.series_of import add_series, as_dictionary, from_dictionary

KEEP = 100
START = 500

times = st.integers(0, 1_000)
values = st.one_of(st.integers(0, 30).map(lambda n: n / 10), st.floats(-1e9, 1e9))
flags = st.sampled_from([1, 2, 23, 14])
batches = st.one_of(
    st.dictionaries(times, st.tuples(values, flags), min_size=1, max_size=12),
    st.builds(
        lambda first, n, step: {first + i * step: (float(i), 1) for i in range(n)},
        times,
        st.integers(1, 60),
        st.integers(1, 3),
    ),
)
_numbers = iter(range(10**9))


class Store(RuleBasedStateMachine):
    """One series in the database beside one plain dictionary."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.database = database
        self.readings = Readings(database)
        self.model: dict[int, tuple[float, int]] = {}
        self.deltas: list[Overwritten] = []

    @initialize()
    def a_new_series(self) -> None:
        station = f"6199{next(_numbers):04d}"
        self.key = SeriesKey(station, "1", "stage", 0)
        self.number = add_series(self.database, sealed_until=START, station=station)

    @rule(batch=batches)
    def live_readings_come_in_time_or_late(self, batch: dict[int, tuple[float, int]]) -> None:
        rows = [journal.Row(self.number, t, v, q, t) for t, (v, q) in batch.items()]
        with self.database.write() as tx:
            journal.put(tx, rows)
        self.model |= batch

    @rule(batch=batches, disturbance=st.none() | times)
    def history_is_imported(
        self, batch: dict[int, tuple[float, int]], disturbance: int | None
    ) -> None:
        sealed = self.sealed_until()
        older = {t: reading for t, reading in batch.items() if t < sealed}
        with self.database.read() as connection:
            prepared = archive.prepare(connection, self.number, from_dictionary(older))
        if disturbance is not None and disturbance < sealed:
            self.live_readings_come_in_time_or_late({disturbance: (77.0, 1)})
        with self.database.write() as tx:
            before = archive.commit(tx, prepared)
        if before is not None:
            self.deltas.append(before)
            for t, (value, quality) in older.items():
                if t not in self.model or self.model[t][0] != value:
                    self.model[t] = (value, quality)

    @precondition(lambda self: self.deltas)
    @rule()
    def the_newest_import_is_undone(self) -> None:
        delta = self.deltas.pop()
        with self.database.write() as tx:
            archive.restore(tx, self.number, **_fields(delta))
        for t, value, absent, quality in zip(*_fields(delta).values(), strict=True):
            self.model.pop(int(t), None)
            if not absent:
                self.model[int(t)] = (float(value), int(quality))

    @rule(taken=st.sets(times, max_size=20))
    def readings_are_taken_out(self, taken: set[int]) -> None:
        with self.database.write() as tx:
            at = np.array(sorted(taken), np.int64)
            absent, nothing = np.ones(at.size, np.bool_), np.full(at.size, np.nan)
            none = np.zeros(at.size, np.int16)
            archive.restore(tx, self.number, times=at, values=nothing, absent=absent, quality=none)
        for t in taken:
            self.model.pop(t, None)

    @rule(now=st.integers(START + KEEP, 1_500))
    def old_rows_are_compacted(self, now: int) -> None:
        before = self.sealed_until()
        compaction.compact(self.database, now=now, keep=KEEP, pace=0)
        assert self.sealed_until() == max(before, now - KEEP)

    @rule(start=times, end=times)
    def a_span_is_read(self, start: int, end: int) -> None:
        found = as_dictionary(self.readings.series(self.key, start, end))
        assert found == {t: r for t, r in self.model.items() if start <= t <= end}
        window = as_dictionary(self.readings.window(self.key, start, end))
        assert window == {t: r for t, r in self.model.items() if start < t <= end}

    @rule(wanted=st.sets(times, max_size=10))
    def single_readings_are_looked_up(self, wanted: set[int]) -> None:
        with self.database.read() as connection:
            found = journal.stored(connection, [(self.number, t) for t in sorted(wanted)])
        assert found == {(self.number, t): self.model[t] for t in wanted & self.model.keys()}

    @rule()
    def everything_is_exported(self) -> None:
        pieces = list(self.readings.export([self.key], -(2**60), 2**60))
        assert [t for _, piece in pieces for t in piece.times.tolist()] == sorted(self.model)
        span = self.readings.span(self.key)
        assert span == ((min(self.model), max(self.model)) if self.model else None)

    @invariant()
    def everything_is_there_once_and_in_its_place(self) -> None:
        with self.database.read() as connection:
            rows = _rows(connection, self.number)
            stored = connection.execute(
                select(tables.block)
                .where(tables.block.c.series_id == self.number)
                .order_by(tables.block.c.start)
            ).all()
        sealed = self.sealed_until()
        found, last = {}, -(2**60)
        for row in stored:
            piece = block_codec.decode(row.data)
            assert (row.start, row.end, row.n) == (piece.times[0], piece.times[-1], piece.size)
            assert last < row.start
            assert row.end < sealed
            assert 0 < row.n <= blocks.SPLIT
            last = row.end
            found |= as_dictionary(piece)
        assert all(t >= sealed for t in rows)
        assert found | rows == self.model

    def teardown(self) -> None:
        with self.database.write() as tx:
            for table in (tables.reading, tables.block, tables.series):
                tx.connection.execute(table.delete())

    def sealed_until(self) -> int:
        with self.database.read() as connection:
            return journal.sealed_until(connection, [self.number])[self.number]


Store.__test__ = False  # type: ignore[attr-defined]


def _fields(delta: Overwritten) -> dict[str, np.ndarray]:
    return {name: getattr(delta, name) for name in ("times", "values", "absent", "quality")}


def _rows(connection: object, number: int) -> dict[int, tuple[float, int]]:
    row = tables.reading.c
    statement = select(row.time, row.value, row.quality).where(row.series_id == number)
    return {t: (v, q) for t, v, q in connection.execute(statement)}  # type: ignore[attr-defined]


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "TARGET", 8)
    monkeypatch.setattr(blocks, "SPLIT", 16)
    monkeypatch.setattr(blocks, "SMALL", 3)
    monkeypatch.setattr(compaction, "MOST_ROWS", 20)


def _check(factory: Callable[[], RuleBasedStateMachine], *, examples: int, steps: int) -> None:
    run_state_machine_as_test(
        factory,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.usefixtures("small_blocks")
def test_any_sequence_equals_a_dictionary_on_sqlite(sqlite_database: Database) -> None:
    _check(lambda: Store(sqlite_database), examples=60, steps=25)


@pytest.mark.postgres
@pytest.mark.usefixtures("small_blocks")
def test_any_sequence_equals_a_dictionary_on_postgresql(postgres_database: Database) -> None:
    _check(lambda: Store(postgres_database), examples=10, steps=20)


def test_merging_anything_equals_a_dictionary() -> None:
    """The pure part alone, quick enough for many more cases."""

    rng = np.random.default_rng(5)
    for _ in range(300):
        old = {int(t): (float(t % 7), 1) for t in rng.integers(0, 60, rng.integers(0, 40))}
        new = {int(t): (float(t % 5), 2) for t in rng.integers(0, 60, rng.integers(0, 40))}
        merged, before = blocks.union(from_dictionary(old), from_dictionary(new))
        assert as_dictionary(merged) == old | new
        assert before.absent.tolist() == [t not in old for t in sorted(new)]
        assert isinstance(merged, Series)
