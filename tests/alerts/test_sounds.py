"""When the room hears a tone."""

import pytest

from floodwatch.alerts.sounds import MOST_REPEATED, Tone, due_at, repeat_at
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.severity import Severity

I, II, III = Severity.I, Severity.II, Severity.III  # noqa: E741
NOW = 1_000 * HOUR


def heard(minutes_ago: int, severity: Severity, kind: str = "new") -> Tone:
    return Tone(NOW - minutes_ago * MINUTE, int(severity), kind)


def test_the_first_tone_sounds_at_once() -> None:
    assert due_at([], III, now=NOW, tonight=0) == NOW


def test_what_is_no_worse_waits_for_its_distance() -> None:
    assert due_at([heard(2, II)], III, now=NOW, tonight=1) == NOW + 3 * MINUTE
    assert due_at([heard(5, II)], III, now=NOW, tonight=1) == NOW


def test_what_is_worse_breaks_through() -> None:
    assert due_at([heard(0, III)], II, now=NOW, tonight=1) == NOW
    assert due_at([heard(0, II), heard(0, III)], I, now=NOW, tonight=16) == NOW


@pytest.mark.parametrize(("tonight", "minutes"), [(0, 5), (5, 5), (6, 10), (12, 20), (16, 90)])
def test_the_distance_grows_with_the_tones_of_a_night(tonight: int, minutes: int) -> None:
    due = due_at([heard(0, III)], III, now=NOW, tonight=tonight)
    assert due == NOW + minutes * MINUTE


def test_grade_one_is_hardly_delayed() -> None:
    for tonight in (14, 18, 40):
        assert due_at([heard(0, I)], I, now=NOW, tonight=tonight) == NOW + 2 * MINUTE


def test_an_unanswered_one_sounds_again_more_and_more_rarely_and_not_for_ever() -> None:
    tones, waits = [heard(0, I)], []
    for number in range(6):
        due = repeat_at(tones, now=NOW - 1, tonight=number)
        assert due is not None
        waits.append((due - tones[-1].at) // MINUTE)
        tones.append(Tone(due, int(I), "repeat"))
    assert waits == [3, 10, 10, 20, 30, 30]
    assert repeat_at(tones, now=NOW, tonight=MOST_REPEATED) is None


def test_a_night_of_whatever_kind_has_at_most_twenty_tones_of_milder_grades() -> None:
    """A new matter of II every minute of nine hours."""
    tones: list[Tone] = []
    for minute in range(9 * 60):
        now = NOW + minute * MINUTE
        if due_at(tones, II, now=now, tonight=len(tones)) <= now:
            tones.append(Tone(now, int(II), "new"))
    assert len(tones) <= 20
