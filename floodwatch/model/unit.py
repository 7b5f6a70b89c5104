"""Units that devices and files use, and how they become canonical ones."""

from dataclasses import dataclass

from floodwatch.model.errors import Refused
from floodwatch.model.variable import VARIABLES

# A converted value is rounded here, so that 1.578 m - 1478 mm is 0.1 m and not a hair beside it.
CONVERTED_DECIMALS = 9


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of one dimension: canonical value = value * scale + offset."""

    dimension: str
    scale: float
    offset: float = 0.0


UNITS: dict[str, Unit] = {
    "m": Unit("length", 1.0),
    "cm": Unit("length", 0.01),
    "mm": Unit("length", 0.001),
    "ft": Unit("length", 0.3048),
    "in": Unit("length", 0.0254),
    "m3": Unit("volume", 1.0),
    "wan_m3": Unit("volume", 1e4),
    "million_m3": Unit("volume", 1e6),
    "acre_ft": Unit("volume", 1233.48183754752),
    "mcft": Unit("volume", 28316.846592),
    "m3/s": Unit("flow", 1.0),
    "L/s": Unit("flow", 0.001),
    "L/min": Unit("flow", 0.001 / 60),
    "m3/h": Unit("flow", 1 / 3600),
    "m3/d": Unit("flow", 1 / 86400),
    "cfs": Unit("flow", 0.028316846592),
    "kPa": Unit("pressure", 1.0),
    "Pa": Unit("pressure", 0.001),
    "hPa": Unit("pressure", 0.1),
    "MPa": Unit("pressure", 1000.0),
    "mbar": Unit("pressure", 0.1),
    "bar": Unit("pressure", 100.0),
    "m_H2O": Unit("pressure", 9.80665),
    "cm_H2O": Unit("pressure", 0.0980665),
    "mm_H2O": Unit("pressure", 0.00980665),
    "ft_H2O": Unit("pressure", 9.80665 * 0.3048),
    "in_H2O": Unit("pressure", 9.80665 * 0.0254),
    "psi": Unit("pressure", 6.894757293168),
    "degC": Unit("temperature", 1.0),
    "degF": Unit("temperature", 5 / 9, -160 / 9),
    "%": Unit("share", 1.0),
    "V": Unit("voltage", 1.0),
    "dBm": Unit("signal", 1.0),
    "NTU": Unit("turbidity", 1.0),
    "mg/L": Unit("concentration", 1.0),
    "pH": Unit("ph", 1.0),
    "count": Unit("count", 1.0),
}


def conversion(variable: str, unit: str) -> tuple[float, float]:
    """(scale, offset) that turn a value in `unit` into the canonical unit of `variable`.

    Raises Refused when the unit is unknown or of another dimension.
    """
    canonical = UNITS[VARIABLES[variable].unit]
    given = UNITS.get(unit)
    if given is None:
        raise Refused(f"unknown unit {unit!r}; known units: {', '.join(UNITS)}")
    if given.dimension != canonical.dimension:
        fitting = ", ".join(name for name, u in UNITS.items() if u.dimension == canonical.dimension)
        raise Refused(f"unit {unit!r} does not fit {variable}; use one of: {fitting}")
    if given is canonical:
        return 1.0, 0.0
    return given.scale / canonical.scale, (given.offset - canonical.offset) / canonical.scale
