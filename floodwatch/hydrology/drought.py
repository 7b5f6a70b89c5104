"""Low water in figures: days without effective rain, days of supply, storage against past years.

Days without effective rain (连续无有效降雨日数) follow the idea of SL 424-2008, which grades
drought by them; what counts as effective (5 mm a day here) and the grades are for the district to
set. Days of supply count one use alone: water above its intake over what people take and what the
reservoir loses. Irrigation is left out, because it is stopped before people go without.
"""

from collections.abc import Sequence
from typing import NamedTuple

EFFECTIVE_MM = 5.0
EVAPORATION_MM = 5.0  # a day from open water in a dry summer
SEEPAGE_A_DAY = 0.0008  # of what is stored


class Draw(NamedTuple):
    """What leaves a reservoir in a day, m³."""

    demand: float
    evaporation: float
    seepage: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.demand + self.evaporation + self.seepage


def dry_days(sums: Sequence[float | None], *, effective: float = EFFECTIVE_MM) -> int:
    """Days since the last effective rain, from daily sums in mm, oldest first.

    A day of which nothing is known neither counts nor breaks the run.
    """
    count = 0
    for fallen in reversed(sums):
        if fallen is not None:
            if fallen >= effective:
                break
            count += 1
    return count


def draw(
    *,
    demand: float,
    area: float,
    storage: float,
    evaporation_mm: float = EVAPORATION_MM,
    seepage_share: float = SEEPAGE_A_DAY,
) -> Draw:
    """What a reservoir with this water surface (m²) and storage (m³) gives and loses in a day."""
    return Draw(demand, evaporation_mm / 1_000 * area, seepage_share * storage)


def supply_days(*, storage: float, at_intake: float, taken: Draw) -> float:
    """Days until the water stands at the intake; 0 when it is below already."""
    usable = storage - at_intake
    if usable <= 0:
        return 0.0
    return usable / taken.total if taken.total > 0 else float("inf")


def departure(now: float, past: Sequence[float]) -> float | None:
    """Storage against the mean of the same date of past years: -0.4 is 40 % less. None: unknown."""
    mean = sum(past) / len(past) if past else 0.0
    return now / mean - 1 if mean > 0 else None
