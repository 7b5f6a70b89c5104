"""How often the machine rings one person."""

import pytest

from floodwatch.alerts.calling import REST, Line, Verdict, may_call, may_repeat
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.severity import Severity

I, II, III = Severity.I, Severity.II, Severity.III  # noqa: E741
NOW = 1_000 * HOUR


def rung(*minutes_ago: float, severity: Severity = II) -> Line:
    return Line(tuple((NOW - round(m * MINUTE), int(severity)) for m in minutes_ago))


def test_who_was_never_rung_is_rung() -> None:
    assert may_call(Line(), III, now=NOW) is Verdict.CALL


@pytest.mark.parametrize(("severity", "verdict"), [(III, "covered"), (II, "covered"), (I, "call")])
def test_a_call_in_progress_covers_what_is_no_worse(severity: Severity, verdict: str) -> None:
    assert may_call(rung(9), severity, now=NOW) == verdict


def test_after_ten_minutes_a_call_is_no_longer_in_progress() -> None:
    assert may_call(rung(10), II, now=NOW) is Verdict.CALL


@pytest.mark.parametrize("severity", [III, I])
def test_nobody_is_rung_a_third_time_in_vain(severity: Severity) -> None:
    assert may_call(rung(60, 55), severity, now=NOW) is Verdict.UNREACHED
    assert not may_repeat(rung(60, 55), severity, within=5 * MINUTE, now=NOW)


def test_after_a_rest_he_is_rung_again() -> None:
    earlier = REST / MINUTE
    assert may_call(rung(earlier, earlier), III, now=NOW) is Verdict.CALL


def test_who_has_just_been_spoken_to_is_written_to_unless_it_is_worse() -> None:
    line = Line((), NOW - 5 * MINUTE, int(II))
    assert may_call(line, II, now=NOW) is Verdict.COVERED
    assert may_call(line, I, now=NOW) is Verdict.CALL
    assert may_call(line, II, now=NOW + 5 * MINUTE) is Verdict.CALL
    assert not may_repeat(line, II, within=5 * MINUTE, now=NOW)


def test_an_unanswered_matter_rings_once_more() -> None:
    assert may_repeat(rung(5), II, within=5 * MINUTE, now=NOW)
    assert not may_repeat(rung(1), II, within=5 * MINUTE, now=NOW)  # rung for another since


def test_what_was_rung_counts() -> None:
    line = Line().rung(NOW, int(II)).rung(NOW + MINUTE, int(I))
    assert may_call(line, I, now=NOW + HOUR) is Verdict.UNREACHED
