"""Rain a reservoir can still take."""

import pytest

from floodwatch.hydrology.rain_capacity import RunoffPair, rain_capacity_mm
from floodwatch.sources.simulator.stations import RESERVOIRS

# mm to the flood limit of June, to the design flood, from the stages before the storm.
CHECKS = ((18, 165), (14, 99), (11, 68), (26, 178), (20, 224), (33, 120))


@pytest.mark.parametrize(("reservoir", "expected"), list(zip(RESERVOIRS, CHECKS, strict=True)))
def test_demonstration_reservoirs_can_take_what_the_table_says(reservoir, expected):
    r = reservoir
    now = r.curve.storage_m3(r.start)
    found = tuple(
        round(rain_capacity_mm(now, r.curve.storage_m3(z), area_km2=r.area_km2, coefficient=0.85))
        for z in (r.flood_limits[0], r.design)
    )
    assert found == expected


def test_rain_still_on_its_way_is_taken_off():
    before = rain_capacity_mm(0, 85_000, area_km2=1, coefficient=0.85)
    after = rain_capacity_mm(0, 85_000, area_km2=1, coefficient=0.85, on_the_way_mm=30)
    assert (before, after) == (pytest.approx(100), pytest.approx(70))


def test_over_the_limit_the_figure_is_negative():
    assert rain_capacity_mm(90_000, 85_000, area_km2=1, coefficient=0.5) == pytest.approx(-10)


def test_dry_ground_takes_more_until_twenty_millimetres_in_seven_days():
    pair = RunoffPair()
    assert [pair.of(mm) for mm in (0, 19.9, 20, 60)] == [0.55, 0.55, 0.85, 0.85]
