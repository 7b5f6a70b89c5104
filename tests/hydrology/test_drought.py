"""Figures of low water, by hand."""

from math import inf

import pytest

from floodwatch.hydrology.drought import departure, draw, dry_days, supply_days


@pytest.mark.parametrize(
    ("sums", "days"),
    [
        ([6.0, 0.0, 4.9], 2),
        ([0.0, 5.0], 0),
        ([9.0, None, 0.0, None, 1.0], 2),
        ([0.0] * 40, 40),
        ([], 0),
    ],
)
def test_dry_days_count_back_to_effective_rain(sums: list[float | None], days: int) -> None:
    assert dry_days(sums) == days


def test_supply_counts_people_and_losses_but_no_irrigation() -> None:
    taken = draw(demand=260, area=32_000, storage=70_000, evaporation_mm=5, seepage_share=0.0008)
    assert taken.total == pytest.approx(260 + 160 + 56)
    assert supply_days(storage=70_000, at_intake=65_240, taken=taken) == pytest.approx(10)
    assert supply_days(storage=65_000, at_intake=65_240, taken=taken) == 0
    still = draw(demand=0, area=0, storage=0)
    assert supply_days(storage=1, at_intake=0, taken=still) == inf


def test_storage_is_held_against_the_mean_of_past_years() -> None:
    assert departure(60, [90, 110]) == pytest.approx(-0.4)
    assert departure(60, []) is None
    assert departure(60, [0.0]) is None
