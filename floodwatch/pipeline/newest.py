"""Which readings are the newest knowledge of their gauge, and at which moments rules must judge."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from floodwatch.model.clock import DAY, MINUTE
from floodwatch.model.quality import Flag, Reason, flag_of, pack
from floodwatch.model.reading import Latest, Reading, SeriesKey
from floodwatch.pipeline.intake import Item
from floodwatch.pipeline.plan import Plan
from floodwatch.store.latest import NEVER, LatestRow

AHEAD = 15 * MINUTE  # a device's clock may run ahead this far
HISTORY = DAY  # older than this, a reading is history and wakes nobody
IMPORTED = 8 * DAY  # of an import, the newest reading of each gauge is judged if as young as this


def latest_of(key: SeriesKey, row: LatestRow) -> Latest:
    """A row of the latest table in the words of the rules: a clock ahead counts as received."""
    time = min(row.time, row.received)
    reading = Reading(key, time, row.value, row.quality, row.received)
    return Latest(reading, row.heard, row.since, row.late)


@dataclass(slots=True)
class Newest:
    """How the latest value of each series goes on during one transaction.

    `rows`: the rows of the latest table before and after. `history`: every state in between, in the
    words of the rules. `moments`: when (data time) the rules of a series have to judge.
    """

    now: int  # service time
    device_now: int  # now as the stations' clocks have it
    rows: dict[SeriesKey, LatestRow]
    changed: set[SeriesKey] = field(default_factory=set)
    lost: set[SeriesKey] = field(default_factory=set)  # the newest was corrected into a failed one
    history: dict[SeriesKey, list[Latest]] = field(default_factory=dict)
    moments: dict[SeriesKey, set[int]] = field(default_factory=lambda: defaultdict(set))
    suspicions: dict[SeriesKey, set[int]] = field(default_factory=lambda: defaultdict(set))

    def before(self, key: SeriesKey) -> list[Latest]:
        """The history of a series, beginning with what was stored."""
        if key not in self.history:
            self.history[key] = [latest_of(key, self.rows[key])] if key in self.rows else []
        return self.history[key]

    def suspect(self, key: SeriesKey, value: float) -> None:
        """A value whose time cannot be believed is judged as if it were true now, and suspect."""
        reading = Reading(key, self.now, value, pack(Flag.SUSPECT, Reason.CLOCK), self.now)
        self.before(key).append(Latest(reading, self.now, self.now))
        self.suspicions[key].add(self.now)

    def take(self, plan: Plan, item: Item, *, series_id: int, quality: int) -> None:
        """Take a stored reading in; readings of a series come by rising time."""
        key = item.key
        assert key is not None  # noqa: S101 - stored items are resolved
        known = self.rows.get(key)
        if known and item.time < known.time:
            return
        if flag_of(quality) is Flag.FAIL:
            if known and item.time == known.time:
                self.lost.add(key)
            return
        self.lost.discard(key)
        imported = item.import_id is not None
        age = self.device_now - item.time
        late = age > plan.district.stations[key.station].reporting.silent_after
        since = known.since if known and known.value == item.value else item.time
        row = LatestRow(
            series_id=series_id,
            time=item.time,
            value=item.value,
            quality=quality,
            received=self.now,
            heard=(known.heard if known else NEVER) if imported else self.now,
            since=since,
            late=late,
            rev=0,
        )
        self.before(key).append(latest_of(key, row))
        self.rows[key] = row
        self.changed.add(key)
        if age > (IMPORTED if imported else HISTORY):
            return
        moment = min(item.time, self.now)
        if imported or late or (known and known.late):
            # Of a dump or a burst only the newest reading is the newest knowledge of the gauge.
            self.moments[key] = {moment}
        else:
            self.moments[key].add(moment)

    def recall(self, key: SeriesKey, row: LatestRow | None) -> None:
        """The newest has been found again, further back: it is judged as it stands now."""
        if row is None:
            self.rows.pop(key, None)
            self.history[key] = []
        else:
            self.rows[key] = row
            found = latest_of(key, row)
            older = [h for h in self.before(key) if h.reading.time < found.reading.time]
            self.history[key] = [*older, found]
        self.moments[key] = {at for at in self.moments[key] if row and at <= row.time} | {self.now}

    def states(self) -> dict[SeriesKey, Sequence[Latest]]:
        """The history of every touched series, by rising time."""
        return {k: sorted(h, key=lambda x: x.reading.time) for k, h in self.history.items()}

    def judged(self) -> dict[SeriesKey, set[int]]:
        """The moments of every series that has any."""
        keys = self.moments.keys() | self.suspicions.keys()
        return {key: self.moments.get(key, set()) | self.suspicions.get(key, set()) for key in keys}
