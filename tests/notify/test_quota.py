"""What a provider still takes today."""

from zoneinfo import ZoneInfo

import pytest

from floodwatch.model.severity import Severity
from floodwatch.notify.quota import Limits, Room, day_of, limits_of, room

I, III = Severity.I, Severity.III  # noqa: E741
DAY = Limits(per_day=50, per_address_day=10)


@pytest.mark.parametrize(
    ("used", "to_address", "severity", "expected"),
    [
        (0, 0, III, Room.FREE),
        (29, 0, III, Room.FREE),
        (30, 0, III, Room.NEAR),
        (39, 0, III, Room.NEAR),
        (40, 0, III, Room.FULL),  # the last fifth is for grade I
        (40, 0, I, Room.FREE),
        (49, 0, I, Room.FREE),
        (50, 0, I, Room.FULL),
        (0, 8, III, Room.FULL),
        (0, 8, I, Room.FREE),
        (0, 10, I, Room.FULL),
    ],
)
def test_a_fifth_is_kept_for_grade_i(
    used: int, to_address: int, severity: Severity, expected: Room
) -> None:
    assert room(used, to_address, DAY, severity=severity) is expected


def test_without_a_limit_there_is_always_room() -> None:
    assert room(10**6, 10**6, limits_of({}), severity=III) is Room.FREE


def test_the_day_is_the_local_one() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    assert day_of(1_781_712_000_000 - 1, zone) == 20260617  # 23:59:59.999
    assert day_of(1_781_712_000_000, zone) == 20260618
