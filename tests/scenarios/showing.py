"""Prints what a scenario ends with: `python -m tests.scenarios.showing NAME …`."""

import json
import sys
import tempfile
from pathlib import Path

from floodwatch.store.database import Database
from tests.scenarios.judging import EXACT, differences
from tests.scenarios.playing import Play
from tests.scenarios.reading_files import load, names


def played(name: str, folder: Path) -> Play:
    """The scenario, played in a new database."""
    (folder / "data").mkdir()
    database = Database.at(folder / "data")
    database.migrate()
    play = Play(load(name), database, folder / "config")
    play.run()
    return play


def say(*words: object) -> None:
    """One line."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")


def main(wanted: list[str]) -> None:
    """Show each."""
    for name in wanted or names():
        with tempfile.TemporaryDirectory() as folder:
            play = played(name, Path(folder))
            say(f"== {name}: {play.scenario.title}")
            for word, look in EXACT.items():
                say(f"{word} = {json.dumps(look(play), ensure_ascii=False, indent=1)}")
            say("states =", json.dumps(play.seen.states(), ensure_ascii=False))
            say("\n".join(play.seen.texts()))
            say("\n".join(play.seen.notes()))
            say("\n".join(play.refused))
            say("DIFFERENCES", differences(play))
            play.town.database.close()


if __name__ == "__main__":
    main(sys.argv[1:])
