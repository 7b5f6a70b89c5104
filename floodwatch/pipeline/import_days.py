"""Values of whole days: a date stands for the 08:00 at which its hydrological day ends.

Rain since 08:00 of a date without a clock was read at the 08:00 that ends the day. Compiled
yearbooks may call a day by the date on which it begins: `--day-label begin` moves it to its end.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from floodwatch.model.clock import DAY, HOUR
from floodwatch.pipeline.import_columns import FilePlan
from floodwatch.pipeline.import_marks import BEGIN, is_daily
from floodwatch.pipeline.import_slots import Slots
from floodwatch.sources.csv import time_format, zones
from floodwatch.sources.csv.table import Rows

Ints = NDArray[np.int64]
DAY_BEGINS = 8 * HOUR


@dataclass
class DayLabels:
    """Moves the times of daily values of one file to the end of their days."""

    plan: FilePlan
    slots: Slots
    _daily: list[bool] = field(default_factory=list)  # by slot

    @cached_property
    def _shift(self) -> int:
        """What is added to the local time as written, ms."""
        shape, places = self.plan.shape, self.plan.columns.time
        texts = [" ".join(row[place].strip() for place in places) for row in shape.rows]
        dated = not time_format.has_clock(texts, self.plan.times)
        return (DAY_BEGINS if dated else 0) + (DAY if self.plan.day_label == BEGIN else 0)

    def times(
        self,
        rows: Rows,
        times: Ints,
        slots: NDArray[np.int32],
        stations: Sequence[str],
        codes: Ints,
    ) -> Ints:
        """UTC of each row for the values of one column; `times` where no day is meant."""
        for slot in self.slots.all[len(self._daily) :]:
            key = slot.key
            self._daily.append(is_daily(key.variable, key.period, self.plan.day_label))
        if not any(self._daily):
            return times
        daily = np.append(np.array(self._daily), False)[slots]  # -1: no slot
        if not daily.any() or not self._shift:
            return times
        moved = rows.times.ms + self._shift
        naive = rows.times.naive
        found = np.where(naive, moved, times + self._shift)
        for name in set(stations):
            zone = self.slots.zone_of(name)
            mine = daily & naive & np.array([one == name for one in stations])[codes]
            found[mine] = zones.to_utc(moved[mine], zone).ms
        return np.where(daily, found, times)
