"""When a provider counts as down."""

from floodwatch.model.notification import Sent
from floodwatch.notify.breaker import PROBE_EVERY, TRIPS_AFTER, UP, Line, heard, may_try

NOW = 1_000_000


def after(*outcomes: Sent, line: Line = UP) -> Line:
    for number, sent in enumerate(outcomes):
        line = heard(line, sent, detail="as told", at=NOW + number)
    return line


def test_a_provider_is_down_after_five_failures_in_a_row() -> None:
    assert not after(*[Sent.RETRY] * (TRIPS_AFTER - 1)).down
    line = after(*[Sent.RETRY] * TRIPS_AFTER)
    assert line.down
    assert line.since == NOW + TRIPS_AFTER - 1
    assert line.said == "as told"


def test_nobody_knows_is_a_failure_too() -> None:
    assert after(*[Sent.UNKNOWN, Sent.RETRY] * 3).down


def test_one_message_taken_ends_it() -> None:
    line = after(*[Sent.RETRY] * 9, Sent.ACCEPTED)
    assert not line.down
    assert line.last_ok == NOW + 9


def test_refusals_of_single_recipients_never_bring_a_provider_down() -> None:
    assert not after(*[Sent.PERMANENT] * 20).down
    assert not after(*[Sent.RETRY] * 4, Sent.PERMANENT, Sent.RETRY).down


def test_a_refusal_does_not_prove_that_a_provider_works_again() -> None:
    assert after(*[Sent.RETRY] * 9, Sent.PERMANENT).down


def test_what_is_down_is_probed_once_in_thirty_seconds_by_one_message() -> None:
    line = after(*[Sent.RETRY] * TRIPS_AFTER)
    ready = line.probed + PROBE_EVERY
    assert not may_try(line, trying=0, now=ready - 1)
    assert may_try(line, trying=0, now=ready)
    assert not may_try(line, trying=1, now=ready)
    assert may_try(UP, trying=5, now=0)
