"""/sources, its part of /health and /metrics, and the button that asks now."""

from dataclasses import replace

import pytest

from floodwatch.model.clock import MINUTE
from floodwatch.model.people import Role
from floodwatch.model.source import Counts, Note, Refusal
from floodwatch.sources.http_settings import HttpTable
from floodwatch.store import source_log
from tests.web.conftest import NOW, Room, SignIn
from tests.web.small_district import HOSTILE_NAME

NAME = "http:upstream"
UPSTREAM = HttpTable(name="upstream", preset="ea", sites=["1"])


@pytest.fixture
def asked(room: Room) -> Room:
    """A source that failed for twenty minutes after it had worked, and one that never ran."""
    other = HttpTable(name="other", preset="ea", sites=["1"])
    room.configuration.district = replace(
        room.configuration.district, sources={"http": [UPSTREAM, other]}
    )
    refusals = (Refusal(HOSTILE_NAME, "unknown station"),)
    good = Note(True, True, newest=NOW - 25 * MINUTE, counts=Counts(5, 3, 1, 1), refusals=refusals)
    bad = Note(tried=True, failures=3, error="example.org: HTTP 500")
    with room.database.write() as tx:
        source_log.noted(tx, NAME, "http", note=good, now=NOW - 31 * MINUTE)
        source_log.noted(tx, NAME, "http", note=bad, now=NOW)
    return room


@pytest.mark.usefixtures("asked")
def test_the_page_says_how_each_source_stands_and_what_was_refused(sign_in: SignIn) -> None:
    page = sign_in(Role.OFFICER).get("/sources").text
    assert "<b>中断</b><br><small>连续失败 3 次：example.org: HTTP 500</small>" in page
    assert "http:other" in page
    assert "unknown station" in page
    assert HOSTILE_NAME not in page  # escaped
    assert "立即取数" not in page


@pytest.mark.usefixtures("asked")
def test_health_and_metrics_tell_success_lag_failures_and_counts(sign_in: SignIn) -> None:
    client = sign_in(Role.VIEWER)
    page = client.get("/health").text
    assert "<th>http:upstream</th><td><b>中断</b></td>" in page
    metrics = client.get("/metrics").text
    assert 'floodwatch_source_failures{source="http:upstream"} 3' in metrics
    assert 'floodwatch_source_lag_seconds{source="http:upstream"} 1500.0' in metrics
    wanted = 'floodwatch_source_values_total{source="http:upstream",outcome="rejected"} 1'
    assert wanted in metrics


def test_an_engineer_may_have_a_source_asked_now(sign_in: SignIn, asked: Room) -> None:
    client = sign_in(Role.ENGINEER)
    assert client.get("/sources").text.count("立即取数") == 2
    answer = client.post("/sources/poll", data={"name": NAME}, follow_redirects=True)
    assert "已要求立即取数：http:upstream" in answer.text
    with asked.database.read() as connection:
        assert source_log.asked_now(connection) == {NAME: NOW}


def test_only_a_source_that_is_asked_can_be(sign_in: SignIn, asked: Room) -> None:
    answer = sign_in(Role.ENGINEER).post("/sources/poll", data={"name": "mqtt:north"})
    assert answer.status_code == 409
    with asked.database.read() as connection:
        assert source_log.asked_now(connection) == {}
