"""Imports are layers: each can be taken back, in any order, and leaves nothing behind."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from floodwatch.model.batch import Batch
from floodwatch.model.clock import DAY
from floodwatch.model.errors import Refused
from floodwatch.model.moment import iso
from floodwatch.model.reading import RawReading, SeriesKey
from floodwatch.pipeline import import_undo, import_write, imports
from floodwatch.store import imports as ledger
from floodwatch.store.compaction import compact
from floodwatch.store.database import Database
from floodwatch.store.journal import SeriesMap, latest
from tests.pipeline.importing import NOW, Journal, days_ago, district, report, run, stored
from tests.sources.csv.making import write

PLACE = district()
STATIONS = ("61990001", "61990002")
TIMES = [days_ago(day) for day in (400, 399, 30, 9.5, 8.5, 7, 5, 2, 1)]
HEAD = "station,time,value\n"
LONG = {"variable": "stage", "unit": "m", "accept_misdated": True}

place = st.tuples(st.sampled_from(STATIONS), st.sampled_from(TIMES))
values = st.integers(1, 4)


class Layers(RuleBasedStateMachine):
    """Against a dictionary of lists of (layer, value)."""

    made = Bundle("made")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.database = Database.at(self.folder)
        self.database.migrate()
        self.model: dict[tuple[str, int], list[tuple[int, float]]] = {}
        self.now = NOW

    def teardown(self) -> None:
        self.database.close()
        shutil.rmtree(self.folder)

    def _write(self, layer: int, station: str, time: int, value: float) -> None:
        layers = self.model.setdefault((station, time), [])
        if not layers or layers[-1][1] != value:
            layers.append((layer, value))

    @rule(target=made, rows=st.lists(st.tuples(place, values), min_size=1, max_size=12))
    def import_a_file(self, rows: list) -> int:
        text = "".join(f"{s},{iso(t)},{v}\n" for (s, t), v in rows)
        path = write(self.folder / "a.csv", HEAD + text)
        number = report(self.database, [path], PLACE, now=self.now, **LONG).import_id
        assert number
        last = {at: float(v) for at, v in rows}
        for (station, time), value in last.items():
            self._write(number, station, time, value)
        return number

    @rule(at=place, value=values)
    def take_in_a_live_reading(self, at: tuple[str, int], value: int) -> None:
        raw = RawReading(at[0], "stage", at[1], float(value))
        Journal(self.database, PLACE, now=self.now).submit(Batch("live", (raw,)))
        self._write(0, *at, float(value))

    @rule(number=consumes(made))
    def take_one_back(self, number: int) -> None:
        imports.undo(self.database, number, who="示范张三", now=self.now)
        for layers in self.model.values():
            layers[:] = [layer for layer in layers if layer[0] != number]

    @rule()
    def let_days_pass(self) -> None:
        self.now += 2 * DAY
        compact(self.database, now=self.now)

    @invariant()
    def everything_is_as_the_layers_say(self) -> None:
        expected = {at: layers[-1][1] for at, layers in self.model.items() if layers}
        found = {(key.station, time): value for (key, time), value in stored(self.database).items()}
        assert found == expected
        with self.database.read() as connection:
            keys = {number: key for key, number in SeriesMap().all(connection).items()}
            newest = {keys[i].station: (r.time, r.value) for i, r in latest(connection).items()}
        for station in STATIONS:
            times = [time for s, time in expected if s == station]
            if times and station in newest:
                assert newest[station] == (max(times), expected[station, max(times)])


TestLayers = Layers.TestCase
TestLayers.settings = settings(max_examples=25, stateful_step_count=14, deadline=None)


def test_undo_is_resumed_where_it_was_cut_off(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f"{s},{iso(t)},1\n" for s in STATIONS for t in TIMES)
    path = write(tmp_path / "a.csv", HEAD + rows)
    run(database, path, PLACE, **LONG)
    taken = ledger.drop_delta
    calls = []

    def fail_at_the_second(*arguments: object) -> None:
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        taken(*arguments)

    monkeypatch.setattr(ledger, "drop_delta", fail_at_the_second)
    monkeypatch.setattr(import_undo, "_DELTAS", 1)
    with pytest.raises(KeyboardInterrupt):
        imports.undo(database, 1, who="示范张三", now=NOW)
    with database.read() as connection:
        row = ledger.get(connection, 1)
        assert row
        assert row.state == "undoing"
    assert 0 < len(stored(database)) < 18
    monkeypatch.undo()
    assert imports.undo(database, 1, who="示范张三", now=NOW).state == "undone"
    assert stored(database) == {}
    with database.read() as connection:
        assert latest(connection) == {}


def test_an_import_is_taken_back_only_once_and_only_if_it_is_there(
    sqlite_database: Database, tmp_path: Path
) -> None:
    run(sqlite_database, write(tmp_path / "a.csv", HEAD + "61990001,2021-01-01,1\n"), **LONG)
    imports.undo(sqlite_database, 1, who="示范张三", now=NOW)
    with pytest.raises(Refused, match="already"):
        imports.undo(sqlite_database, 1, who="示范张三", now=NOW)
    with pytest.raises(Refused, match="no import 7"):
        imports.undo(sqlite_database, 7, who="示范张三", now=NOW)


def test_quarantined_readings_are_discarded_with_their_import_and_held_again_by_the_next(
    sqlite_database: Database, tmp_path: Path
) -> None:
    days = ["2013-05-01", "2013-05-02", "2021-09-10", "2013-05-03", "2013-05-04"]
    path = write(tmp_path / "a.csv", HEAD + "".join(f"61990001,{day},1\n" for day in days))
    states = []
    for number in (1, 2):
        run(sqlite_database, path, variable="stage", unit="m")
        states.append(_quarantine(sqlite_database))
        imports.undo(sqlite_database, number, who="示范张三", now=NOW)
        states.append(_quarantine(sqlite_database))
    assert states == [[(1, "held")], [(1, "discarded")], [(2, "held")], [(2, "discarded")]]


def _quarantine(database: Database) -> list[tuple[int, str]]:
    with database.read() as connection:
        rows = connection.exec_driver_sql("SELECT import_id, state FROM quarantine")
        return [tuple(row) for row in rows]


def test_a_failed_value_does_not_become_the_latest(
    sqlite_database: Database, tmp_path: Path
) -> None:
    text = HEAD + "61990001,2021-01-01T00:00Z,5\n61990001,2021-01-02T00:00Z,100000\n"
    run(sqlite_database, write(tmp_path / "a.csv", text), **LONG)
    assert (SeriesKey("61990001", "1", "stage"), 1_609_545_600_000) in stored(sqlite_database)
    with sqlite_database.read() as connection:
        (row,) = latest(connection).values()
    assert row.value == 5


def test_blocks_changed_by_others_meanwhile_are_prepared_again(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = district()
    path = write(tmp_path / "a.csv", HEAD + f"61990001,{iso(TIMES[0])},1\n")
    run(sqlite_database, path, place, **LONG)
    live = Journal(sqlite_database, place)
    commit = import_write.Store._commit

    def someone_was_faster(self: object, ready: list, seen: int) -> None:
        raw = RawReading("61990001", "stage", TIMES[1], 7.0)
        live.submit(Batch("live", (raw,)))
        commit(self, ready, seen)

    monkeypatch.setattr(import_write.Store, "_commit", someone_was_faster)
    text = HEAD + f"61990001,{iso(TIMES[1])},2\n61990001,{iso(TIMES[2])},3\n"
    account = run(sqlite_database, write(tmp_path / "b.csv", text), place, **LONG)
    assert {o.value: n for o, n in account.counts.items() if n} == {"stored": 1, "corrected": 1}
    assert sorted(stored(sqlite_database).values()) == [1, 2, 3]
    imports.undo(sqlite_database, 2, who="示范张三", now=NOW)
    assert sorted(stored(sqlite_database).values()) == [1, 7]
