"""The way in for every live reading: checked, stored, judged and told of in one transaction."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from floodwatch.model.alert import Origin, RuleKey
from floodwatch.model.batch import Batch, Receipt
from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.reading import Outcome, SeriesKey
from floodwatch.model.station import MANUAL
from floodwatch.pipeline.believe import assessed
from floodwatch.pipeline.intake import Item, receipts, take
from floodwatch.pipeline.judge import judge
from floodwatch.pipeline.newest import AHEAD, Newest
from floodwatch.pipeline.plan import Plan, Plans
from floodwatch.pipeline.service_clock import DeviceClocks, Moment, ServiceClock, newest_by_station
from floodwatch.pipeline.sight import Task
from floodwatch.store import imports, journal
from floodwatch.store.database import Transaction
from floodwatch.store.journal import Correction, Quarantined, Row, SeriesMap


@dataclass(slots=True)
class Intake:
    """What one transaction of ingest works on."""

    items: list[Item]
    ids: dict[SeriesKey, int]
    newest: Newest

    @property
    def now(self) -> int:
        """Service time, ms."""
        return self.newest.now

    def open(self) -> list[Item]:
        """The items nothing has been decided about yet."""
        return [item for item in self.items if item.outcome is None]

    def place(self, item: Item) -> tuple[int, int]:
        """(series id, time): where the item is stored."""
        assert item.key is not None  # noqa: S101 - open items are resolved
        return self.ids[item.key], item.time


class Ingest:
    """pipeline.ingest for one process: called by the writer with what is waiting, in order."""

    def __init__(self, plans: Plans, clock: ServiceClock, series: SeriesMap) -> None:
        self._plans = plans
        self._clock = clock
        self._series = series
        self.devices = DeviceClocks()

    def __call__(self, tx: Transaction, batches: Sequence[Batch]) -> list[Receipt]:
        """Take the batches in; one receipt each, true only once the transaction is committed."""
        plan = self._plans.current(tx.connection)
        made: list[Receipt] = []
        for origin, group in groupby(batches, _origin):  # an import wakes nobody, a gauge does
            made += self._run(tx, plan, list(group), origin=origin)
        return made

    def _run(
        self, tx: Transaction, plan: Plan, batches: Sequence[Batch], *, origin: Origin
    ) -> list[Receipt]:
        intake = self._begin(tx, plan, batches)
        _hold_back_ahead(tx, intake)
        _sort_out_known(tx, intake)
        _store(tx, plan, intake)
        judge(
            tx,
            plan,
            _tasks(plan, intake.newest),
            history=intake.newest.states(),
            series=self._series,
            now=intake.now,
            origin=origin,
        )
        return receipts(batches, intake.items)

    def _begin(self, tx: Transaction, plan: Plan, batches: Sequence[Batch]) -> Intake:
        moment = self._clock.moment(tx.connection)
        now = moment.now
        items = take(batches, plan)
        keys = {item.key for item in items if item.outcome is None and item.key}
        ids = self._series.ids(tx, sorted(keys), now=now)
        rows = journal.latest(tx.connection, list(ids.values()))
        known = {key: rows[i] for key, i in ids.items() if i in rows}
        return Intake(items, ids, Newest(now, now + self._hear(items, moment), known))

    def _hear(self, items: Iterable[Item], moment: Moment) -> int:
        """Compare the stations' clocks with ours; by how much ours is wrong as they have it, ms."""
        now = moment.now
        pairs = (
            (item.key.station, item.time)
            for item in items
            if item.key and item.outcome is None and item.import_id is None
            if item.key.gauge != MANUAL  # an 08:00 reading entered at 09:00 is nobody's clock
        )
        found = newest_by_station(pairs)
        for station, newest in found.items():
            self.devices.hear(station, newest - now, now=now)
        verdict = self.devices.verdict(now)
        if verdict is not None or moment.agrees or not found:
            return verdict or 0
        # Our two clocks disagree and too few stations speak: the clock they are nearer to counts.
        newest, wall = max(found.values()), self._clock.wall()
        return wall - now if abs(newest - wall) < abs(newest - now) else 0


def _origin(batch: Batch) -> Origin:
    held = batch.import_id is not None and not batch.notify
    return Origin.IMPORT if held else Origin.LIVE


def _hold_back_ahead(tx: Transaction, intake: Intake) -> None:
    """Quarantine what lies further ahead than a clock may run; its value is judged all the same."""
    rows = []
    for item in intake.open():
        ahead = item.time - intake.newest.device_now
        if ahead <= AHEAD:
            continue
        item.outcome = Outcome.QUARANTINED
        item.reason = f"time is {ahead // MINUTE} min ahead of the service's clock"
        rows.append(
            Quarantined(
                *intake.place(item), item.value, intake.now, "clock", item.source, item.import_id
            )
        )
        if item.import_id is None and item.key is not None:
            intake.newest.suspect(item.key, item.value)
    journal.quarantine(tx, rows)


def _sort_out_known(tx: Transaction, intake: Intake) -> None:
    """Tell duplicates and corrections from what is new; within the transaction the last one wins.

    What an import overwrites is kept, so that the import can be taken back; a value that a gauge
    says again is the gauge's own from then on.
    """
    items = intake.open()
    known = journal.stored(tx, [intake.place(item) for item in items])
    corrections, overwritten = [], []
    again: dict[tuple[int, int], Correction] = {}
    for item in items:
        place = intake.place(item)
        old = known.get(place)
        if old is not None and old[0] == item.value:
            item.outcome = Outcome.DUPLICATE
            if item.import_id is None:
                again[place] = Correction(*place, *old, item.value, intake.now, item.source)
            continue
        item.outcome = Outcome.STORED if old is None else Outcome.CORRECTED
        if item.import_id is not None:
            overwritten.append((item.import_id, *place, old))
        elif old is not None:
            corrections.append(
                Correction(*place, old[0], old[1], item.value, intake.now, item.source)
            )
        known[place] = (item.value, item.quality or 0)
    corrections += [again[place] for place in imports.claimed(tx, sorted(again))]
    journal.correct(tx, corrections)
    imports.record_overwritten(tx, overwritten)


def _store(tx: Transaction, plan: Plan, intake: Intake) -> None:
    """Assess and write what is new, and bring the latest values up to date."""
    fresh = [i for i in intake.items if i.outcome in (Outcome.STORED, Outcome.CORRECTED)]
    fresh.sort(key=intake.place)  # stable: of two for one time the last one wins
    qualities = assessed(plan, fresh, intake.newest.rows)
    rows: dict[tuple[int, int], Row] = {}
    for item, quality in zip(fresh, qualities, strict=True):
        place = intake.place(item)
        rows[place] = Row(*place, item.value, quality, intake.now)
        intake.newest.take(plan, item, series_id=place[0], quality=quality)
    journal.put(tx, list(rows.values()))
    journal.mark_dirty(tx, _spans(row for row in rows.values() if row.time < intake.now - HOUR))
    journal.set_latest(tx, [intake.newest.rows[key] for key in intake.newest.changed])
    live = (item.key for item in fresh if item.key and item.import_id is None)
    only_heard = {intake.ids[key] for key in live if key not in intake.newest.changed}
    journal.heard(tx, sorted(only_heard), now=intake.now)
    _recall(tx, intake)


def _recall(tx: Transaction, intake: Intake) -> None:
    """Where the newest value turned out to be impossible, the one before it is the newest again."""
    lost = {key: intake.ids[key] for key in intake.newest.lost}
    if not lost:
        return
    journal.recompute_latest(tx, lost.values(), now=intake.now)
    rows = journal.latest(tx.connection, list(lost.values()))
    for key, series_id in lost.items():
        intake.newest.recall(key, rows.get(series_id))


def _spans(rows: Iterable[Row]) -> dict[int, tuple[int, int]]:
    spans: dict[int, tuple[int, int]] = {}
    for row in rows:
        start, end = spans.get(row.series_id, (row.time, row.time))
        spans[row.series_id] = (min(start, row.time), max(end, row.time))
    return spans


def _tasks(plan: Plan, newest: Newest) -> list[Task]:
    """Which rules the new readings have judged, and at which moments; always in the same order."""
    moments: dict[RuleKey, set[int]] = defaultdict(set)
    for key, times in newest.judged().items():
        for rule in plan.by_series.get(key, ()):
            moments[rule.key] |= times
    return [Task(plan.rules[rule], tuple(sorted(times))) for rule, times in sorted(moments.items())]
