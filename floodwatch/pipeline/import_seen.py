"""A dry run: compared with what is stored, and with what the files themselves brought before."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from floodwatch.hydrology.series import Series
from floodwatch.model.reading import Outcome, SeriesKey
from floodwatch.pipeline.import_groups import Group, LineOf, Written
from floodwatch.pipeline.import_write import Store, count_repeats
from floodwatch.store import block_codec

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(slots=True)
class Seen:
    """Times and canonical values by series, compressed: all of a large file may be here."""

    _parts: dict[SeriesKey, list[tuple[int, int, bytes]]] = field(default_factory=dict)

    def look(self, key: SeriesKey, times: Ints) -> tuple[NDArray[np.bool_], Floats]:
        """Which of `times` (rising) were seen, and the last value of each."""
        hit, values = np.zeros(times.size, np.bool_), np.zeros(times.size)
        if not times.size:
            return hit, values
        first, last = int(times[0]), int(times[-1])
        for start, end, data in self._parts.get(key, ()):
            if start > last or end < first:
                continue
            known = block_codec.decode(data)
            place = np.minimum(np.searchsorted(known.times, times), known.times.size - 1)
            same = known.times[place] == times
            hit |= same
            values[same] = known.values[place[same]]
        return hit, values

    def add(self, key: SeriesKey, times: Ints, values: Floats) -> None:
        """Remember readings by rising unique time."""
        if times.size:
            data = block_codec.encode(Series(times, values, np.ones(times.size, np.int16)))
            self._parts.setdefault(key, []).append((int(times[0]), int(times[-1]), data))


@dataclass
class DryRun(Store):
    """A store that writes nothing: an import that would be stores nothing twice either."""

    seen: Seen = field(default_factory=Seen)

    def write(self, groups: Sequence[Group]) -> list[Written]:
        """Count what would become of groups of readings."""
        return [self._compare(group) for group in groups]

    def _compare(self, group: Group) -> Written:
        key, readings = group.slot.key, group.readings
        hit, values = self.seen.look(key, readings.times)
        self.seen.add(key, readings.times, group.slot.canonical(readings.values))
        if not hit.any():
            return super().write([group])[0]
        places = np.flatnonzero(~hit)
        rest = Group(group.slot, readings.some(~hit), _SomeLines(group.line, places))
        written = Written(group)
        for counted in super().write([rest]):
            written.counts += counted.counts
            for refusal in counted.refusals:
                place = int(places[refusal.place])
                written.refusals.append(refusal._replace(group=group, place=place))
        again = readings.some(hit)
        same = int((group.slot.canonical(again.first) == values[hit]).sum())
        written.counts[Outcome.DUPLICATE] += same
        written.counts[Outcome.CORRECTED] += again.times.size - same
        count_repeats(written, again)
        return written


@dataclass(frozen=True, slots=True)
class _SomeLines:
    """The lines of some readings of a group."""

    lines: LineOf
    places: NDArray[np.int64]

    def of(self, place: int) -> int:
        return self.lines.of(int(self.places[place]))
