"""A source that fails is one alert, with its reason; the stations behind it need not say so too."""

from pathlib import Path

import pytest

from floodwatch.model.alert import DISTRICT
from floodwatch.model.clock import HOUR, MINUTE, SECOND
from floodwatch.model.source import Note
from floodwatch.store import alert_log, source_log
from floodwatch.store.database import Database
from tests.pipeline.town import RESERVOIR, STREET, Town

SOURCE = """
[[sources.http]]
name = "upstream"
url = "https://example.org/{since}"
station = "s"
time = "t"
values = {v = "stage:m"}
every = "5min"
silent_after = "2h"

[service]"""
NAME = "http:upstream"
BAD, GOOD = Note(tried=True, failures=1, error="example.org: HTTP 500"), Note(True, True)


@pytest.fixture
def town(sqlite_database: Database, tmp_path: Path) -> Town:
    made = Town(sqlite_database, tmp_path / "config")
    made.configure("floodwatch.toml", "[service]", SOURCE)
    return made


def note(town: Town, note: Note) -> None:
    with town.database.write() as tx:
        source_log.noted(tx, NAME, "http", note=note, now=town.clock.wall())
    town.clock.advance(2 * SECOND)
    town.ticker.tick()


def said(town: Town) -> list[str]:
    """What the alerts about sources say."""
    with town.database.read() as connection:
        found = alert_log.alerts(connection, state="firing")
    return [row["facts"]["zh"] for row in found if row["variable"] == "source"]


def muted(town: Town) -> dict[str, bool]:
    """Station or gateway -> whether nobody is told of its silence."""
    with town.database.read() as connection:
        found = alert_log.alerts(connection, state="firing")
    silent = [row for row in found if row["type"] in ("stale", "feed")]
    return {str(r["station"]): bool(r["muted_by"]) for r in silent}


def test_a_source_that_fails_is_told_after_three_times_its_interval_or_a_quarter_of_an_hour(
    town: Town,
) -> None:
    note(town, GOOD)
    town.wait(14)
    note(town, BAD)
    assert said(town) == []
    town.wait(1)
    assert said(town) == ["数据来源http:upstream15分钟取不到数：example.org: HTTP 500"]


def test_it_is_over_when_it_works_again(town: Town) -> None:
    note(town, GOOD)
    town.wait(20)
    note(town, BAD)
    assert len(said(town)) == 1
    note(town, GOOD)
    town.wait(2)
    assert said(town) == []


def test_a_source_that_never_worked_is_told_at_its_third_failure(town: Town) -> None:
    note(town, BAD)
    note(town, BAD)
    assert said(town) == []
    note(town, BAD)
    assert len(said(town)) == 1


def test_while_nothing_failed_the_time_the_service_was_off_is_nobody_s_fault(town: Town) -> None:
    note(town, GOOD)
    town.clock.advance(5 * HOUR)
    town.restart()
    assert said(town) == []


def test_a_source_that_answers_without_anything_new_is_told_if_that_is_wished(town: Town) -> None:
    old = town.clock.wall() - 2 * HOUR + MINUTE
    note(town, Note(True, True, newest=old))
    assert said(town) == []
    town.wait(1)
    assert said(town) == ["数据来源http:upstream已120分钟没有新数据，连接正常"]


def test_a_source_that_is_no_longer_configured_has_no_alert(town: Town) -> None:
    for _ in range(3):
        note(town, BAD)
    assert len(said(town)) == 1
    town.configure("floodwatch.toml", SOURCE, "[service]")
    town.wait(2)
    assert said(town) == []


def behind(town: Town) -> None:
    """Both stations name the source, and say something for the last time."""
    for name in ("示范水库", "示范路口"):
        text = f'name = "{name}"'
        town.configure("stations.toml", text, f'{text}\ngateway = "{NAME}"')
    town.stage(94.0)
    town.say(STREET, "distance", 1578.0)
    note(town, GOOD)
    town.wait(20)


def test_nobody_is_told_of_the_silence_of_stations_behind_a_dead_source(town: Town) -> None:
    behind(town)
    note(town, BAD)
    town.wait(120)
    assert muted(town) == {RESERVOIR: True, STREET: True, DISTRICT: True}
    note(town, GOOD)  # the source works, and still nothing comes: the gateway says it
    town.wait(20)
    assert muted(town) == {RESERVOIR: True, STREET: True, DISTRICT: False}


def test_the_silence_of_stations_that_do_not_name_the_source_is_told(town: Town) -> None:
    town.stage(94.0)
    note(town, GOOD)
    town.wait(20)
    note(town, BAD)
    town.wait(120)
    assert muted(town) == {RESERVOIR: False}
