"""Water plants and dam instruments in ordinary times: nothing alarming."""

import numpy as np

from floodwatch.sources.simulator.stations import RESERVOIRS


def _columns(demonstration, variable):
    return [values for key, values in demonstration.slow.items() if key.variable == variable]


def test_drinking_water_is_good_the_whole_time(demonstration):
    chlorine, turbidity = (
        np.array(_columns(demonstration, name)) for name in ("residual_chlorine", "turbidity")
    )
    assert 0.30 < chlorine.min() < chlorine.max() < 2.0
    assert 0 < turbidity.min() < turbidity.max() < 1.0
    assert np.array(_columns(demonstration, "pressure")).min() > 180


def test_plants_deliver_what_they_are_built_for(demonstration):
    flow = demonstration.slow[("61990091", "1", "flow", 0)]
    assert abs(flow[:240].mean() * 86_400 - 600) < 30


def test_backup_sources_stand_by(demonstration):
    for code in ("61990095", "61990096"):
        assert not demonstration.slow[(code, "1", "flow", 0)].any()


def test_instruments_in_a_dam_follow_its_stage_and_stay_below_it(demonstration):
    for reservoir in RESERVOIRS:
        pipes = [
            values
            for key, values in demonstration.slow.items()
            if key.station == reservoir.code and key.variable == "piezometric_stage"
        ]
        for values in pipes:
            past = values[: len(demonstration.year.times)]
            stage = demonstration.year.stages[reservoir.code]
            assert (past < stage).all()
            assert np.corrcoef(past, stage)[0, 1] > 0.6
