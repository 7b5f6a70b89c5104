"""Storage curves, from a table and by formula."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from floodwatch.hydrology.storage import CurveError, PowerCurve, StorageCurve
from floodwatch.sources.simulator.stations import RESERVOIRS

TABLE = StorageCurve.from_table([(80.0, 0.0), (82.0, 10_000.0), (85.0, 70_000.0)])


def test_storage_is_linear_between_two_rows():
    assert TABLE.storage([80.0, 81.0, 82.0, 83.5, 85.0]).tolist() == [0, 5e3, 1e4, 4e4, 7e4]


def test_stage_undoes_storage():
    stages = np.linspace(80, 85, 31)
    assert TABLE.stage(TABLE.storage(stages)) == pytest.approx(stages)


def test_area_is_the_slope_of_the_row_below():
    assert TABLE.area([81.0, 82.0, 84.0, 85.0]).tolist() == [5e3, 2e4, 2e4, 2e4]


@pytest.mark.parametrize("stage", [79.99, 85.01, -999.0])
def test_outside_the_table_nothing_is_known(stage):
    assert np.isnan(TABLE.storage(stage))
    assert np.isnan(TABLE.area(stage))
    assert not TABLE.within(stage)


def test_storage_outside_the_table_has_no_stage():
    assert np.isnan(TABLE.stage([-1.0, 70_001.0])).all()


def test_one_number_gives_one_number():
    assert float(TABLE.storage(81.0)) == 5_000


def test_a_flat_beginning_gives_the_lowest_stage():
    curve = StorageCurve.from_table([(80, 0), (81, 0), (82, 100)])
    assert curve.stage([0.0, 50.0]).tolist() == [80.0, 81.0]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([(80, 0)], "at least two rows"),
        ([(80, 0), (79, 5)], "row 2"),
        ([(80, 0), (81, 5), (81, 6)], "row 3"),
        ([(80, 9), (81, 5)], "row 2"),
        ([(80, 0), (float("nan"), 5)], "not a number"),
    ],
)
def test_a_table_that_is_no_curve_is_refused_with_its_row(rows, words):
    with pytest.raises(CurveError, match=words) as refusal:
        StorageCurve.from_table(rows, name="curves/61990001.csv")
    assert "curves/61990001.csv" in str(refusal.value)


@given(
    st.lists(st.tuples(st.floats(0.01, 5), st.floats(1, 1e6)), min_size=2, max_size=20),
    st.floats(0, 1),
)
def test_stage_undoes_storage_for_any_curve(steps, where):
    rows = np.cumsum(np.array(steps), axis=0)
    curve = StorageCurve.from_table([(float(z), float(v)) for z, v in rows])
    stage = rows[0, 0] + where * (rows[-1, 0] - rows[0, 0])
    stage = min(stage, rows[-1, 0])
    assert float(curve.stage(curve.storage(stage))) == pytest.approx(stage, abs=1e-6)


# 10⁴ m³ at dead level, drought limit, normal pool, design flood, crest.
CHECKS = {
    "61990001": (3.56, 11.93, 62.0, 76.46, 98.88),
    "61990002": (2.58, 7.29, 38.0, 48.41, 62.43),
    "61990003": (1.59, 4.25, 21.0, 25.12, 32.16),
    "61990004": (1.81, 5.03, 29.0, 37.16, 49.43),
    "61990005": (1.31, 3.56, 16.0, 20.64, 27.04),
    "61990006": (1.05, 2.59, 12.0, 15.55, 20.43),
}


@pytest.mark.parametrize("reservoir", RESERVOIRS, ids=lambda r: r.name)
def test_curves_of_the_demonstration_have_their_check_values(reservoir):
    r = reservoir
    stages = (r.dead, r.drought_limit, r.normal, r.design, r.crest)
    found = tuple(round(r.curve.storage_m3(stage) / 1e4, 2) for stage in stages)
    assert found == CHECKS[r.code]


def test_a_power_curve_is_inverted_exactly():
    curve = PowerCurve(82.0, 93.0, 62e4, 2.2)
    for stage in np.linspace(82, 97, 50):
        assert curve.stage_m(curve.storage_m3(stage)) == pytest.approx(stage, abs=1e-9)


def test_area_of_a_power_curve_is_its_derivative():
    curve = PowerCurve(82.0, 93.0, 62e4, 2.2)
    slope = (curve.storage_m3(90.001) - curve.storage_m3(89.999)) / 0.002
    assert curve.area_m2(90.0) == pytest.approx(slope, rel=1e-6)


def test_below_its_bed_a_basin_is_empty():
    curve = PowerCurve(82.0, 93.0, 62e4, 2.2)
    assert (curve.storage_m3(81.0), curve.stage_m(-5.0), curve.area_m2(80.0)) == (0.0, 82.0, 0.0)


def test_table_of_a_power_curve_runs_from_bed_to_top_in_quarter_metres():
    rows = PowerCurve(82.0, 93.0, 62e4, 2.2).table(top_m=96.6)
    assert rows[0] == (82.0, 0.0)
    assert rows[1][0] == 82.25
    assert rows[-1][0] == 96.5
    assert StorageCurve.from_table(rows).storage(93.0) == pytest.approx(62e4)
