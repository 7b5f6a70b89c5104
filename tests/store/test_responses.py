"""The register of emergency response."""

import pytest

from floodwatch.model.errors import Refused
from floodwatch.model.severity import Severity
from floodwatch.store import duty_log, responses
from floodwatch.store.database import Database

NOW = 1_781_727_900_000
BY = {"who": "示范丁", "document": "示防〔2026〕3号"}


def test_nothing_is_in_force_before_anybody_has_started_it(database: Database) -> None:
    with database.read() as connection:
        assert responses.current(connection) is None


def test_a_change_keeps_when_the_response_was_started(database: Database) -> None:
    with database.write() as tx:
        responses.start(tx, Severity.IV, now=NOW, **BY)
        responses.change(tx, Severity.II, now=NOW + 5, **BY)
        found = responses.current(tx.connection)
    assert found is not None
    assert (found.level, found.at, found.started_at) == (Severity.II, NOW + 5, NOW)


def test_what_has_ended_is_not_in_force_and_stays_in_the_register(database: Database) -> None:
    with database.write() as tx:
        responses.start(tx, Severity.IV, now=NOW, **BY)
        responses.end(tx, now=NOW + 5, **BY)
        assert responses.current(tx.connection) is None
        assert [row["action"] for row in responses.history(tx.connection)] == ["end", "start"]


def test_every_act_stands_in_the_duty_log(database: Database) -> None:
    with database.write() as tx:
        responses.start(tx, Severity.III, now=NOW, **BY)
        [line] = duty_log.lines(tx.connection, start=NOW, end=NOW + 1)
    assert (line.kind, line.who) == ("response", "示范丁")
    assert "Ⅲ级应急响应（示防〔2026〕3号）" in line.text


def test_two_responses_at_a_time_are_refused(database: Database) -> None:
    with database.write() as tx:
        responses.start(tx, Severity.IV, now=NOW, **BY)
        with pytest.raises(Refused, match="in force"):
            responses.start(tx, Severity.III, now=NOW, **BY)


def test_a_change_to_the_same_level_is_refused(database: Database) -> None:
    with database.write() as tx:
        responses.start(tx, Severity.IV, now=NOW, **BY)
        with pytest.raises(Refused, match="already"):
            responses.change(tx, Severity.IV, now=NOW, **BY)


@pytest.mark.parametrize("missing", ["who", "document"])
def test_a_response_without_a_name_or_a_document_is_refused(
    database: Database, missing: str
) -> None:
    with database.write() as tx, pytest.raises(Refused):
        responses.start(tx, Severity.IV, now=NOW, **(BY | {missing: " "}))
