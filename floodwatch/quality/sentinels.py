"""Numbers that devices and databases write for "no value": missing is not zero."""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

# Negative ones are below what any variable but a flow can be; see ECOSYSTEM of SL 651 and loggers.
EVERYWHERE = (
    *(-9999.0, -9999.9, -9999.99, -9999.999, -99999.0, -999999.0),
    *(-999.9, -999.99, 9999.999),
)
BELOW_ZERO = (-999.0, -888.0, -99.9)
FULL_SCALE = (999.9, 9999.9)
SMALL = frozenset({"rainfall", "rainfall_day", "evaporation", "battery", "ponding_depth"})
SIGNED = frozenset(
    {"flow", "inflow", "outflow", "stage", "tail_stage", "piezometric_stage", "signal", "pressure"}
)
TOLERANCE = 1e-6


def sentinels_of(variable: str, extra: Collection[float] = ()) -> NDArray[np.float64]:
    """The numbers that mean "no value" for a variable, beside those of the configuration.

    999.9 is a stage in the mountains but no rain of five minutes; -99.9 is a depth of the ground
    but no rain.
    """
    found = [*EVERYWHERE, *extra]
    if variable not in SIGNED:
        found += BELOW_ZERO
    if variable in SMALL:
        found += FULL_SCALE
    return np.asarray(sorted(found))


def sentinel_mask(
    variable: str, values: NDArray[np.float64], *, extra: Collection[float] = ()
) -> NDArray[np.bool_]:
    """Which values are no values: sentinels and NaN. Values as the device wrote them."""
    known = sentinels_of(variable, extra)
    place = np.clip(np.searchsorted(known, values), 1, known.size - 1)
    near = np.minimum(np.abs(values - known[place - 1]), np.abs(values - known[place]))
    return (near <= TOLERANCE) | np.isnan(values)


_LISTS: dict[str, tuple[float, ...]] = {}


def is_sentinel(variable: str, value: float, *, extra: Collection[float] = ()) -> bool:
    """Whether one value is no value; NaN is for the caller to refuse."""
    known = _LISTS.get(variable)
    if known is None:
        known = _LISTS[variable] = tuple(sentinels_of(variable).tolist())
    return any(abs(value - number) <= TOLERANCE for number in (*known, *extra))
