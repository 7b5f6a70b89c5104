"""Hysteresis and holds that apply unless somebody says otherwise."""

import pytest

from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.severity import Severity
from floodwatch.model.station import StationKind
from floodwatch.model.threshold import Comparator
from floodwatch.rules.defaults import clear_value, holds

ABOVE, AT_OR_ABOVE, AT_OR_BELOW = Comparator.ABOVE, Comparator.AT_OR_ABOVE, Comparator.AT_OR_BELOW
RESERVOIR, RIVER = StationKind.RESERVOIR, StationKind.RIVER


@pytest.mark.parametrize(
    ("kind", "outlet", "variable", "comparator", "value", "clear"),
    [
        (RESERVOIR, "gated", "stage", ABOVE, 95.20, 95.18),
        (RESERVOIR, "weir", "stage", ABOVE, 104.00, 104.00),  # it stands at its sill for months
        (RESERVOIR, "weir", "stage", AT_OR_ABOVE, 104.75, 104.74),
        (RESERVOIR, "gated", "stage", AT_OR_BELOW, 85.00, 85.02),
        (RIVER, "", "stage", AT_OR_ABOVE, 29.50, 29.46),
        (StationKind.LAKE, "", "stage", ABOVE, 26.60, 26.56),
        (StationKind.WATERLOGGING, "", "ponding_depth", AT_OR_ABOVE, 0.15, 0.12),
        (StationKind.WATERLOGGING, "", "ponding_depth", AT_OR_ABOVE, 0.05, 0.025),
        (StationKind.RAIN, "", "rainfall", AT_OR_ABOVE, 50, 45),
        (RIVER, "", "stage", Comparator.RISE, 0.5, 0.4),
        (StationKind.SUPPLY, "", "turbidity", ABOVE, 1.0, 0.95),
    ],
)
def test_an_alert_is_left_at(
    kind: StationKind,
    outlet: str,
    variable: str,
    comparator: Comparator,
    value: float,
    clear: float,
) -> None:
    assert clear == clear_value(
        kind=kind,
        outlet=outlet,
        variable=variable,
        comparator=comparator,
        value=value,
        severity=Severity.IV,
    )


@pytest.mark.parametrize(
    ("kind", "outlet", "variable", "type_", "down"),
    [
        (RESERVOIR, "weir", "stage", "level", 2 * HOUR),
        (RESERVOIR, "gated", "stage", "level", HOUR),
        (RIVER, "", "stage", "level", HOUR),
        (StationKind.WATERLOGGING, "", "ponding_depth", "level", 20 * MINUTE),
        (StationKind.RAIN, "", "rainfall", "rainfall", 30 * MINUTE),
        (RESERVOIR, "weir", "stage", "stale", 0),
    ],
)
def test_a_condition_must_be_gone_for(
    kind: StationKind, outlet: str, variable: str, type_: str, down: int
) -> None:
    found = holds(kind=kind, outlet=outlet, variable=variable, type=type_)
    assert (found.up, found.down) == (0, down)


def test_a_dosing_pump_may_breathe_for_half_an_hour() -> None:
    found = holds(kind=StationKind.SUPPLY, outlet="", variable="residual_chlorine", type="level")
    assert found.up == 30 * MINUTE
