"""What is believable of a gauge."""

import math
from dataclasses import replace

import pytest

from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.station import Gauge, Station, StationKind
from floodwatch.quality.limits import limits_of

CODE = "61990006"


def bamboo_hill(catchment: float = 0.48) -> Station:
    """竹山: 0.48 km², V = 12e4 ((Z - 53) / 6.5)^1.9."""
    stages = [53 + 0.25 * i for i in range(38)]
    curve = tuple((z, 12e4 * ((z - 53) / 6.5) ** 1.9) for z in stages)
    return Station(
        CODE,
        "示范竹山水库",
        StationKind.RESERVOIR,
        (Gauge(CODE, "stage"),),
        catchment=catchment,
        curve=curve,
    )


def test_the_fastest_rise_of_a_reservoir_comes_from_its_curve() -> None:
    limits = limits_of(Gauge(CODE, "stage"), bamboo_hill())
    rise, fall = limits.rates_at(59.1)
    area = 12e4 * 1.9 / 6.5 * (6.1 / 6.5) ** 0.9
    assert rise == fall == pytest.approx(0.48e6 * 0.15 / area, rel=0.03)


def test_near_the_bed_the_water_may_rise_faster() -> None:
    limits = limits_of(Gauge(CODE, "stage"), bamboo_hill())
    assert limits.rates_at(54.0)[0] > limits.rates_at(60.0)[0]
    assert limits.rates_at(40.0) == limits.rates_at(53.0)


def test_eleven_centimetres_in_ten_minutes_are_believed_of_sixty_hectares() -> None:
    limits = limits_of(Gauge(CODE, "stage"), bamboo_hill(catchment=0.60))
    assert limits.rates_at(59.5)[0] / 6 > 0.11


def test_the_gauge_s_own_rate_comes_first() -> None:
    limits = limits_of(Gauge(CODE, "stage", rate=0.7), bamboo_hill())
    assert limits.rates_at(59.1) == (0.7, 0.7)


@pytest.mark.parametrize(
    ("kind", "variable", "rise"),
    [
        (StationKind.RIVER, "stage", 1.0),
        (StationKind.LAKE, "stage", 1.0),
        (StationKind.WATERLOGGING, "ponding_depth", 6.0),
        (StationKind.SUPPLY, "turbidity", math.inf),
        (StationKind.METER, "meter_volume", math.inf),
    ],
)
def test_without_a_curve_the_kind_of_place_tells(
    kind: StationKind, variable: str, rise: float
) -> None:
    gauge = Gauge(CODE, variable)
    assert limits_of(gauge, Station(CODE, "示范", kind, (gauge,))).rates_at(1.0)[0] == rise


def test_rain_is_doubted_above_the_records() -> None:
    place = Station(CODE, "示范雨量", StationKind.RAIN, ())
    hour = limits_of(Gauge(CODE, "rainfall", period=HOUR), place)
    assert 201.9 < hour.soft_high < 250
    five = limits_of(Gauge(CODE, "rainfall", period=5 * MINUTE), place)
    assert 40 < five.soft_high < 80


def test_the_range_of_the_gauge_is_soft_and_that_of_the_variable_hard() -> None:
    limits = limits_of(Gauge(CODE, "stage", minimum=50, maximum=64), bamboo_hill())
    assert (limits.soft_low, limits.soft_high) == (50, 64)
    assert limits.hard_high > 1_000


def test_a_mistaken_unit_or_datum_is_out_of_range_and_an_overtopped_dam_is_not() -> None:
    place = replace(bamboo_hill(), crest=61.6)
    limits = limits_of(Gauge(CODE, "stage"), place)
    assert limits.soft_low < 53.0
    assert 61.6 + 2 < limits.soft_high < 616
    assert limits.soft_low > 5.9
    street = Station(CODE, "示范路口", StationKind.WATERLOGGING, ())
    assert limits_of(Gauge(CODE, "ponding_depth"), street).soft_high < 25
