"""Each file is played through the whole pipeline and must end exactly as it says."""

from pathlib import Path

import pytest

from floodwatch.store.database import Database
from tests.scenarios.playing import Play
from tests.scenarios.reading_files import load, names


@pytest.mark.parametrize("name", names())
def test_the_scenario_ends_as_it_says(name: str, sqlite_database: Database, tmp_path: Path) -> None:
    play = Play(load(name), sqlite_database, tmp_path / "config")
    play.run()
    expect = play.scenario.expect
    assert play.life() == expect["life"]
    if "told" in expect:
        assert play.messages() == expect["told"]
    if "called" in expect:
        assert play.messages("call") == expect["called"]
    if "open" in expect:
        assert play.open() == expect["open"]
    if "states" in expect:
        found = play.states()
        assert {party: found.get(party, []) for party in expect["states"]} == expect["states"]
    for person in expect.get("never", []):
        assert person not in play.messages()
