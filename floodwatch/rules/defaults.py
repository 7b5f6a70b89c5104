"""Where an alert is left again and how long a condition must stand, unless somebody says so.

From the duty room (PRACTICE 17): a weir reservoir stands exactly at its sill for months, so a limit
`above` the sill is left at the sill itself; a gated one needs 2 cm; waves move rivers and lakes.
"""

from floodwatch.model.alert import Holds
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.severity import Severity
from floodwatch.model.station import StationKind
from floodwatch.model.threshold import Comparator

STAGES = frozenset({"stage", "tail_stage", "piezometric_stage"})
RAIN = frozenset({"rainfall", "rainfall_total", "rainfall_day"})
# Rules on gauges that are silent or do not move: a fresh, moving reading ends their alerts at once.
SILENCE = frozenset({"stale", "rise_silent", "rise_flat", "stuck", "offline", "feed"})
# Steps in the variable's own unit, where a share of the value would be too small or too large.
ABSOLUTE = {"ponding_depth": 0.03, "gate_opening": 0.02, "battery": 0.1, "ph": 0.1, "signal": 2.0}
WAITING_UP = {  # a dosing pump breathes, a sample bottle is opened: one value is not yet a fault
    "residual_chlorine": 30 * MINUTE,
    "chlorine_dioxide": 30 * MINUTE,
    "turbidity": 15 * MINUTE,
    "pressure": 5 * MINUTE,
    "ph": 15 * MINUTE,
    "battery": HOUR,  # it sags while it sends: two timed reports, not one
    "signal": HOUR,
}


def clear_value(
    *,
    kind: StationKind,
    outlet: str,
    variable: str,
    comparator: Comparator,
    value: float,
    severity: Severity,
) -> float:
    """The value at which a threshold of `value` is left again, in the canonical unit.

    A band holds while its comparator is met against this value: `above` is left at it or below,
    `at_or_above` only below it. Equal to `value`: no hysteresis.
    """
    step = _step(kind, outlet, variable, comparator, value)
    sign = 1.0 if comparator.direction == "down" else -1.0
    return round(value + sign * step, 6)


def _step(
    kind: StationKind, outlet: str, variable: str, comparator: Comparator, value: float
) -> float:
    if comparator in (Comparator.RISE, Comparator.FALL):
        return abs(value) * 0.2
    if variable in STAGES:
        return _stage_step(kind, outlet, comparator)
    if variable in RAIN:
        return abs(value) * 0.1
    if variable in ABSOLUTE:
        return ABSOLUTE[variable] if variable != "ponding_depth" else min(0.03, abs(value) / 2)
    return abs(value) * 0.05


def _stage_step(kind: StationKind, outlet: str, comparator: Comparator) -> float:
    if kind is not StationKind.RESERVOIR:
        return 0.04
    if outlet != "weir":
        return 0.02
    return 0.0 if comparator is Comparator.ABOVE else 0.01


def holds(*, kind: StationKind, outlet: str, variable: str, type: str) -> Holds:
    """How long the condition must stand before it opens (up) and after it is gone (down), ms."""
    if type in SILENCE:
        return Holds(0, 0)
    if type == "rainfall" or variable in RAIN:
        return Holds(0, 30 * MINUTE)
    if type == "rate":
        return Holds(0, 30 * MINUTE)
    if variable == "ponding_depth":
        return Holds(0, 20 * MINUTE)
    if variable in STAGES:
        weir = kind is StationKind.RESERVOIR and outlet == "weir"
        return Holds(0, 2 * HOUR if weir else HOUR)
    return Holds(WAITING_UP.get(variable, 0), 30 * MINUTE)
