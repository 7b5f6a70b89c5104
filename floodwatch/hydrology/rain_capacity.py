"""纳雨能力: how much rain a reservoir can still take before it reaches a level."""

from dataclasses import dataclass

DRY, WET, WET_FROM_MM = 0.55, 0.85, 20.0


@dataclass(frozen=True, slots=True)
class RunoffPair:
    """The coefficients of a basin: `dry` when less than `wet_from_mm` fell in the last 7 days."""

    dry: float = DRY
    wet: float = WET
    wet_from_mm: float = WET_FROM_MM

    def of(self, rain_7d_mm: float) -> float:
        """The coefficient that holds after `rain_7d_mm`."""
        return self.dry if rain_7d_mm < self.wet_from_mm else self.wet


def rain_capacity_mm(
    storage_m3: float,
    limit_m3: float,
    *,
    area_km2: float,
    coefficient: float,
    on_the_way_mm: float = 0.0,
) -> float:
    """Rain in mm on the basin until storage reaches that of the limit; negative when it is over.

    (V(limit) − V(now)) / (1000·A·α) less the rain of the last concentration time, which has fallen
    and not yet arrived. Outflow is left out, on the safe side; say so where it is printed.
    """
    return (limit_m3 - storage_m3) / (1_000 * area_km2 * coefficient) - on_the_way_mm
