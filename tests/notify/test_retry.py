"""When a message is tried again, and when it is given up."""

import pytest

from floodwatch.model.clock import DAY, SECOND
from floodwatch.model.severity import Severity
from floodwatch.notify.retry import given_up, wait


def test_the_first_tries_follow_fast_and_the_later_ones_once_a_minute() -> None:
    assert [wait(tries, 0.5) // SECOND for tries in range(1, 9)] == [2, 5, 10, 20, 40, 60, 60, 60]


def test_later_tries_are_spread_so_that_not_all_come_at_once() -> None:
    assert (wait(9, 0.0), wait(9, 1.0)) == (48 * SECOND, 72 * SECOND)


@pytest.mark.parametrize(
    ("severity", "stands", "age", "expected"),
    [
        (Severity.III, True, DAY - 1, False),
        (Severity.III, True, DAY, True),
        (Severity.II, True, 30 * DAY, False),
        (Severity.II, False, DAY, True),
        (Severity.I, True, 30 * DAY, False),
        (Severity.I, False, DAY, True),
    ],
)
def test_the_gravest_is_never_given_up_while_its_alert_stands(
    severity: Severity, stands: bool, age: int, expected: bool
) -> None:
    assert given_up(severity, alert_stands=stands, age=age) is expected
