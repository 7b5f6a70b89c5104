"""Each file is played through the whole pipeline and must end exactly as it says."""

from pathlib import Path

import pytest

from floodwatch.store.database import Database
from tests.scenarios.judging import differences
from tests.scenarios.playing import Play
from tests.scenarios.reading_files import load, names


@pytest.mark.parametrize("name", names())
def test_the_scenario_ends_as_it_says(name: str, sqlite_database: Database, tmp_path: Path) -> None:
    play = Play(load(name), sqlite_database, tmp_path / "config")
    play.run()
    assert differences(play) == {}


def test_there_are_storms_and_droughts_enough() -> None:
    assert len(names()) >= 36
    assert all("life" in load(name).expect and "told" in load(name).expect for name in names())
