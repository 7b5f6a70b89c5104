"""The picture of a mail."""

from zoneinfo import ZoneInfo

import numpy as np
import pytest

from floodwatch.charts.picture import Subject, draw
from floodwatch.hydrology.series import Series, empty

ZONE = ZoneInfo("Asia/Shanghai")
HOUR = 3_600_000


def series(hours: int = 24) -> Series:
    times = 1_781_640_000_000 + np.arange(hours * 12, dtype=np.int64) * 300_000
    values = 103.5 + np.linspace(0, 1.3, times.size) ** 2
    return Series(times, values, np.ones(times.size, np.int16))


def subject(found: Series, name: str = "示范石桥水库 水位") -> Subject:
    return Subject(found, name, "61990003", "m", ZONE, limit=104.75, mark="【示范】")


def test_a_series_with_its_limit_becomes_a_small_png() -> None:
    picture = draw(subject(series()))
    assert picture.startswith(b"\x89PNG")
    width, height = (int.from_bytes(picture[at : at + 4], "big") for at in (16, 20))
    assert (width, height) == (640, 280)
    assert len(picture) < 60_000


def test_no_readings_make_no_picture() -> None:
    assert draw(subject(empty())) == b""


@pytest.mark.parametrize("name", ["$\\frac{x}$", "a_b^c", "甲\n乙", "x" * 300])
def test_a_name_is_never_read_as_a_formula(name: str) -> None:
    assert draw(subject(series(1), name)).startswith(b"\x89PNG")
