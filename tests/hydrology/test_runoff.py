"""Runoff of rain, and its way to the outlet."""

import numpy as np
import pytest

from floodwatch.hydrology.runoff import Losses, route, runoff_m3, unit_response

LOSSES = Losses(0.35, 0.92, k_mm=40, wet_mm=20)


def test_the_ground_takes_less_the_more_has_fallen():
    coefficient = LOSSES.coefficient(np.array([0.0, 20.0, 100.0, 1e4]))
    assert (np.diff(coefficient) > 0).all()
    assert coefficient[0] == pytest.approx(0.92 - 0.57 * np.exp(-0.5))
    assert coefficient[-1] == pytest.approx(0.92)


def test_runoff_is_a_share_of_the_rain_on_the_area():
    found = runoff_m3(np.array([10.0]), 2.0, LOSSES)
    assert found == pytest.approx(LOSSES.coefficient(np.array([10.0])) * 20_000)


def test_no_rain_gives_no_runoff():
    assert runoff_m3(np.zeros(5), 2.0, LOSSES).tolist() == [0] * 5


def test_unit_response_gives_all_and_peaks_at_two_thirds_of_the_concentration_time():
    response = unit_response(0.9)
    assert response.sum() == pytest.approx(1)
    assert len(response) == 96
    assert (response.argmax() + 1) / 12 == pytest.approx(0.6, abs=1 / 12)


def test_routing_keeps_the_water_and_the_number_of_steps():
    runoff = np.zeros(300)
    runoff[10] = 1_000
    routed = route(runoff, unit_response(0.5))
    assert len(routed) == 300
    assert routed.sum() == pytest.approx(1_000)
    assert not routed[:10].any()
