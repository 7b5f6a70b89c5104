"""Which gauge of a place a message is of."""

import pytest

from floodwatch.notify.phrases import place
from tests.notify.village import STAGE, district, occasion


@pytest.mark.parametrize(
    ("gauge", "language", "ending"),
    [
        ("1", "zh", ""),
        ("2", "zh", "2号"),
        ("manual", "zh", "人工"),
        ("manual", "en", " by hand"),
        ("P1", "en", " P1"),
    ],
)
def test_a_gauge_that_is_one_of_several_is_named(gauge: str, language: str, ending: str) -> None:
    plain = place(occasion(), district(), language)
    named = place(occasion(STAGE._replace(gauge=gauge)), district(), language)
    assert named == plain + ending
