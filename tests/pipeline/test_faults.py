"""A fault of one rule, one text or one route sinks nothing else and looks like nothing calm."""

import logging
from collections.abc import Iterable, Iterator, Sequence

import pytest
from sqlalchemy import update

from floodwatch.model.clock import MINUTE
from floodwatch.model.district import District
from floodwatch.model.finding import Finding
from floodwatch.model.reading import Outcome, SeriesKey
from floodwatch.model.station import Station
from floodwatch.model.threshold import Threshold
from floodwatch.notify import message, routing
from floodwatch.pipeline import escalate, system
from floodwatch.rules import level, registry
from floodwatch.rules.context import Context, Rule
from floodwatch.rules.level import LevelRule
from floodwatch.store import tables
from tests.pipeline.town import RESERVOIR, STREET, Town

STAGE = SeriesKey(RESERVOIR, "1", "stage")
judge_well = LevelRule.judge


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """The stations whose level rules raise."""
    stations: set[str] = set()

    def judge(self: LevelRule, context: Context) -> Finding:
        if self.key.station in stations:
            raise ZeroDivisionError("a rule of the test")
        return judge_well(self, context)

    monkeypatch.setattr(LevelRule, "judge", judge)
    return stations


def test_a_rule_that_raises_costs_no_reading_and_is_an_alert(town: Town, broken: set[str]) -> None:
    broken.add(RESERVOIR)
    assert town.stage(96.9).outcomes == (Outcome.STORED,)
    assert town.readings.span(STAGE) is not None
    town.wait(0.1, step=0.1)
    assert town.system_alerts() == ["judgement"]
    assert any(RESERVOIR in str(row["body"]) for row in town.messages())


def test_beside_a_rule_that_raises_all_others_go_on(town: Town, broken: set[str]) -> None:
    broken.add(RESERVOIR)
    town.stage(96.9)
    town.say(STREET, "ponding_depth", 1300.0)
    assert [alert["station"] for alert in town.alerts()] == [STREET]
    town.wait(3)
    assert town.system_alerts() == ["judgement"]


def test_what_a_broken_rule_missed_is_an_alert_when_it_works_again(
    town: Town, broken: set[str]
) -> None:
    broken.add(RESERVOIR)
    town.stage(96.9)
    town.wait(2)
    broken.clear()
    town.wait(3)
    assert [alert["station"] for alert in town.alerts()] == [RESERVOIR]
    assert not town.system_alerts()


def test_a_text_that_cannot_be_composed_goes_out_plain(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message, "_short", _raise)
    assert town.stage(96.9).outcomes == (Outcome.STORED,)
    messages = town.messages()
    assert {row["person"] for row in messages} == {"示范值班", "示范巡查"}
    assert all(RESERVOIR in str(row["body"]) and "96.9" in str(row["body"]) for row in messages)


def test_routes_that_cannot_be_followed_lead_to_everybody(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routing, "_matches", _raise)
    town.stage(95.3)
    assert {row["person"] for row in town.messages()} == {"示范值班", "示范巡查"}


def test_an_escalation_that_raises_stops_neither_time_nor_rules(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.stage(95.3)
    town.clock.advance(5 * MINUTE)
    town.stage(95.1)
    monkeypatch.setattr(escalate, "step", _raise)
    town.wait(32)
    assert not town.alerts()
    assert town.system_alerts() == ["judgement"]


def test_a_self_check_that_raises_stops_nothing(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.stage(95.3)
    town.clock.advance(5 * MINUTE)
    town.stage(95.1)
    monkeypatch.setattr(system, "check", _raise)
    town.wait(32)
    assert not town.alerts()


@pytest.mark.parametrize("state", [{}, {"severity": 99}, [1]])
def test_a_state_that_cannot_be_read_loses_no_alert(town: Town, state: object) -> None:
    town.stage(95.3)
    with town.database.write() as tx:
        tx.connection.execute(update(tables.rule_state).values(state=state))
    town.clock.advance(5 * MINUTE)
    assert town.stage(96.9).outcomes == (Outcome.STORED,)
    [alert] = town.alerts()
    assert alert["severity"] == 3
    town.stage(95.0)
    town.wait(40)
    assert town.alerts() == []


def test_a_state_under_a_name_that_is_no_rules_hinders_nobody(town: Town) -> None:
    row = {"rule": "nonsense", "phase": "quiet", "due": 1, "state": {}, "rev": 1}
    with town.database.write() as tx:
        tx.connection.execute(tables.rule_state.insert().values(**row))
    town.restart()
    town.stage(96.9)
    assert town.alerts()


def test_rules_that_cannot_be_built_end_no_alert_and_hinder_no_other(town: Town) -> None:
    town.stage(96.9)
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(registry.BUILDERS, "level", _raise_for_reservoir)
        patched.setattr(town, "configure", lambda: None)  # it was checked by another program
        town.restart()
        assert [alert["station"] for alert in town.alerts()] == [RESERVOIR]
        assert town.system_alerts() == ["judgement"]
        town.say(STREET, "ponding_depth", 1300.0)
        assert {alert["station"] for alert in town.alerts()} == {RESERVOIR, STREET}
    town.restart()
    town.wait(3)
    assert not town.system_alerts()


def test_what_a_failed_tick_judged_is_judged_again(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.stage(95.0)
    town.configure("thresholds.toml", "above = 95.20\nclear = 95.19", "above = 94.90")
    with monkeypatch.context() as patched, pytest.raises(OSError, match="disk"):
        patched.setattr(escalate, "step", _no_disk)
        town.wait(1)
    town.wait(1)
    assert town.alerts()


def _raise(*_: object, **__: object) -> object:
    raise LookupError("a fault of the test")


def _raise_for_reservoir(
    district: District, station: Station, thresholds: Sequence[Threshold]
) -> Iterable[Rule]:
    if station.code == RESERVOIR:
        raise LookupError("a fault of the test")
    return level.build(district, station, thresholds)


def _no_disk(*_: object, **__: object) -> object:
    raise OSError("disk")


@pytest.fixture(autouse=True)
def quiet_log(caplog: pytest.LogCaptureFixture) -> None:
    """The faults are logged; the test's output need not show them."""
    caplog.set_level(logging.CRITICAL)
