"""Stations that cannot be are refused with their line and field."""

import pytest

from tests.config.conftest import Case, Folder, check

CASES = (
    Case("unknown key", "crest = 98", "crset = 98", "station[1].crset", "unknown", "'crest'"),
    Case(
        "unknown key of a gauge", "datum =", "datun =", "station[1].gauges[1].datun", "", "'datum'"
    ),
    Case("text for a number", "98.00", '"98"', "station[1].crest", "a number is wanted", ""),
    Case("not finite", "98.00", "nan", "station[1].crest", "finite", ""),
    Case("unknown kind", '"reservoir"  ', '"dam"', "station[1].kind", "not a kind", "reservoir"),
    Case("unknown variable", '"stage"', '"stag"', "station[1].gauges[1].variable", "", "'stage'"),
    Case("slash in a code", '"61990001"', '"6199/1"', "station[1].code", "cannot be used", "/"),
    Case("bad latitude", "lat = 29.4", "lat = 113.2", "station[1].lat", "90", ""),
    Case("lon alone", "lat = 29.4", "", "station[1].lon", "lon without lat", "add lat"),
    Case("duplicate code", '"61990012"', '"61990011"', "station[3].code", "already means", ""),
    Case("alias taken", '["MY-RES-1"]', '["Underpass"]', "station[3].name", "61990001", ""),
    Case(
        "unknown unit", 'unit = "mm"', 'unit = "mmm"', "station[2].gauges[1].unit", "unknown", "mm"
    ),
    Case("unit of rain", 'unit = "mm"', 'unit = "psi"', "station[2].gauges[1].unit", "fit", "cm"),
    Case(
        "range below crest",
        "= 101.0",
        "= 99.9",
        "station[1].gauges[1].maximum",
        "crest + 2 m",
        "100",
    ),
    Case("zero missing", "zero = 1578, ", "", "station[2].gauges[1].from", "together", "zero"),
    Case(
        "period of a stage",
        'datum = "1985"',
        'period = "1h"',
        "station[1].gauges[1].period",
        "not an amount",
        "",
    ),
    Case(
        "same gauge twice",
        'variable = "rainfall", period = "5min"',
        'variable = "stage"',
        "station[1].gauges[2]",
        "a second gauge",
        "of its own",
    ),
    Case(
        "unknown person at a station",
        '["First Person"]',
        '["First Persn"]',
        "station[1].persons.patrol[1]",
        "",
        "'First Person'",
    ),
    Case(
        "bad duration", '"1h"', '"1 hour"', "station[1].reporting.timed", "not a duration", "20min"
    ),
    Case(
        "point type of a reservoir",
        'outlet = "weir"',
        'point_type = "road"',
        "station[1].point_type",
        "waterlogging",
        "",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_impossible_station_is_refused(folder: Folder, case: Case) -> None:
    check(folder, "stations.toml", case)
