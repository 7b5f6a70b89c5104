"""A large district: a new version is compiled beside the work, and many rules take their turns."""

import threading
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from floodwatch.config.live import Configuration
from floodwatch.model.batch import Batch
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.reading import RawReading
from floodwatch.pipeline import plan as plans
from floodwatch.pipeline import tick
from floodwatch.pipeline.plan import Plan, Plans, compile_plan
from floodwatch.store.database import Database
from tests.pipeline.town import GAUGE, RESERVOIR, STREET, Town


@pytest.fixture
def town(sqlite_database: Database, tmp_path: Path) -> Town:
    return Town(sqlite_database, tmp_path / "config")


def the_newest(town: Town, found: Plans) -> Plan:
    """Asked until it is there; what compiles it must not be waited for elsewhere."""
    for thread in threading.enumerate():
        if thread.name == "compile":
            thread.join(30)
    with town.database.read() as connection:
        return found.current(connection)


def test_the_plan_before_goes_on_until_the_next_is_compiled(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, go = Plans(Configuration(town.database), large=1), threading.Event()

    def slowly(*district: object, breathe: Callable[[], object]) -> Plan:
        assert go.wait(30)
        return compile_plan(*district, breathe=breathe)  # type: ignore[arg-type]

    with town.database.read() as connection:
        before = found.current(connection)
    monkeypatch.setattr(plans, "compile_plan", slowly)
    town.configure("thresholds.toml", "at_or_above = 96.80", "at_or_above = 96.90")
    with town.database.read() as connection:
        assert found.current(connection) is before
        assert found.current(connection) is before
    go.set()
    after = the_newest(town, found)
    assert after.version == before.version + 1
    assert the_newest(town, found) is after


def test_a_plan_that_cannot_be_compiled_is_a_fault_and_is_tried_again(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Plans(Configuration(town.database), large=1)
    with town.database.read() as connection:
        before = found.current(connection)

    def broken(*_: object, **__: object) -> Plan:
        raise LookupError("a fault of the test")

    with monkeypatch.context() as patched:
        patched.setattr(plans, "compile_plan", broken)
        town.configure("thresholds.toml", "at_or_above = 96.80", "at_or_above = 96.90")
        with town.database.read() as connection:
            assert found.current(connection) is before
        with pytest.raises(LookupError):
            the_newest(town, found)
    with town.database.read() as connection:
        assert found.current(connection) is before
    assert the_newest(town, found).version == before.version + 1


def test_many_rules_take_their_turns_and_none_is_left_out(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    for station, variable in ((RESERVOIR, "stage"), (STREET, "ponding_depth"), (GAUGE, "rainfall")):
        town.say(station, variable, 0.0 if station != RESERVOIR else 95.0)
    town.wait(5)
    monkeypatch.setattr(tick, "TOGETHER", 1)
    clock = count()
    town.ticker.monotonic = lambda: float(next(clock))  # every rule takes longer than a tick may
    town.clock.advance(3 * HOUR)
    town.ticker.tick()
    first = town.silent()
    assert len(first) == 1
    for _ in range(100):  # the next ticks go on; no time passes on the service's clock
        town.ticker.tick()
    assert set(town.silent()) == {RESERVOIR, STREET, GAUGE}


def test_an_edit_is_judged_over_several_ticks(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.stage(96.85)
    assert [alert["severity"] for alert in town.alerts()] == [3]
    monkeypatch.setattr(tick, "TOGETHER", 1)
    clock = count()
    town.ticker.monotonic = lambda: float(next(clock))
    town.configure("thresholds.toml", "at_or_above = 96.80", "at_or_above = 96.90")
    town.clock.advance(MINUTE)
    for _ in range(100):
        town.ticker.tick()
    town.clock.advance(HOUR)
    for _ in range(100):
        town.ticker.tick()
    assert [alert["severity"] for alert in town.alerts()] == [1]


def test_what_fires_in_one_transaction_is_told_in_the_order_of_its_rules(town: Town) -> None:
    codes = [f"6199003{n}" for n in range(7)]
    more = "".join(
        f'\n[[station]]\ncode = "{code}"\nname = "示范路口{code[-1]}"\nkind = "waterlogging"\n'
        'point_type = "road"\nreporting = {timed = "5min"}\n'
        'gauges = [{variable = "ponding_depth"}]\n'
        for code in codes
    )
    town.configure(
        "stations.toml", '[[station]]\ncode = "61990051"', more + '\n[[station]]\ncode = "61990051"'
    )
    town.ticker.tick()
    now = town.clock.wall()
    shuffled = [codes[n] for n in (4, 0, 6, 2, 5, 1, 3)]
    town.send(Batch("test", tuple(RawReading(c, "ponding_depth", now, 16.0) for c in shuffled)))
    assert [
        row["station"] for row in sorted(town.alerts(), key=lambda row: int(str(row["id"])))
    ] == codes
    said = [str(row["body"]) for row in town.messages()]
    assert [next(c for c in codes if f"示范路口{c[-1]}" in body) for body in said] == codes
