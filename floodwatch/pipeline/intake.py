"""From what a source says to what the store keeps: names, gauges, units, and what is no value."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from floodwatch.model.batch import Batch, Receipt, Rejection
from floodwatch.model.district import District
from floodwatch.model.errors import Refused
from floodwatch.model.reading import Outcome, RawReading, SeriesKey
from floodwatch.model.station import MANUAL, Gauge
from floodwatch.model.unit import conversion
from floodwatch.model.variable import VARIABLES
from floodwatch.pipeline.plan import Plan, Resolution
from floodwatch.quality.sentinels import is_sentinel
from floodwatch.sources.missing_words import numbers_of

EARLIEST = -2_208_988_800_000  # 1900-01-01: before it, a time is a mistake
LATEST = 4_102_444_800_000  # 2100-01-01


@dataclass(slots=True)
class Item:
    """One reading on its way through ingest; `outcome` is set as soon as it is decided."""

    batch: int
    index: int
    time: int
    key: SeriesKey | None = None
    value: float = math.nan
    quality: int | None = None
    outcome: Outcome | None = None
    reason: str = ""
    import_id: int | None = None
    source: str = ""


def take(batches: Sequence[Batch], plan: Plan) -> list[Item]:
    """Resolve every reading of every batch, in order."""
    none = numbers_of(plan.district)
    return [
        item
        for number, batch in enumerate(batches)
        for item in _take_one(number, batch, plan, none)
    ]


def _take_one(number: int, batch: Batch, plan: Plan, none: tuple[float, ...]) -> Iterator[Item]:
    for index, raw in enumerate(batch.readings):
        item = Item(number, index, raw.time, import_id=batch.import_id, source=batch.source)
        resolution = _resolution(raw, plan)
        if resolution.key is None:
            _reject(item, resolution.refusal)
        elif batch.stations is not None and resolution.key.station not in batch.stations:
            _reject(item, f"token is not allowed to write station {raw.station}")
        elif not EARLIEST <= raw.time < LATEST:
            _reject(item, "time outside 1900 to 2100")
        else:
            item.key = resolution.key
            item.quality = raw.quality
            _set_value(item, raw.value, resolution, none)
        yield item


def _set_value(
    item: Item, value: float | None, resolution: Resolution, none: tuple[float, ...]
) -> None:
    assert item.key is not None  # noqa: S101 - for the type checker: set by the caller
    if value is None or is_sentinel(item.key.variable, value, extra=none):
        item.outcome = Outcome.MISSING
    elif not math.isfinite(value):
        _reject(item, f"value {value} is not a number")
    else:
        item.value = resolution.convert(value)


def _reject(item: Item, reason: str) -> None:
    item.outcome, item.reason = Outcome.REJECTED, reason


def _resolution(raw: RawReading, plan: Plan) -> Resolution:
    names = (raw.station, raw.gauge, raw.variable, raw.unit, raw.period)
    found = plan.resolved.get(names)
    if found is None:
        try:
            found = resolve(raw, plan.district)
        except Refused as error:
            found = Resolution(refusal=str(error))
        if len(plan.resolved) < 100_000:  # names come from outside: bound what they may occupy
            plan.resolved[names] = found
    return found


def resolve(raw: RawReading, district: District) -> Resolution:
    """How readings with the names of `raw` are read. Raises Refused saying which name is wrong."""
    code = district.codes.get(raw.station)
    if code is None:
        raise Refused(f"unknown station {raw.station}")
    gauge = _gauge(raw, district.stations[code].gauges, code)
    scale, offset = conversion(gauge.variable, raw.unit or gauge.unit or "")
    if gauge.source == "distance" and gauge.zero is not None:
        to_zero = conversion(gauge.variable, gauge.unit)
        return Resolution(gauge.key, -scale, gauge.zero * to_zero[0] - offset)
    return Resolution(gauge.key, scale, offset)


def _gauge(raw: RawReading, gauges: tuple[Gauge, ...], code: str) -> Gauge:
    if raw.variable not in VARIABLES and raw.variable != "distance":
        raise Refused(f"unknown variable {raw.variable}; known: {', '.join(VARIABLES)}")
    measured = [g for g in gauges if raw.variable in (g.variable, g.source)]
    name = raw.gauge or "1"
    named = [g for g in measured if g.gauge == name]
    if not named and name == MANUAL and measured:
        named = [replace(measured[0], gauge=MANUAL, source="", unit="")]
    if raw.period is not None:
        named = [g for g in named if g.period == raw.period] or [
            replace(g, period=raw.period) for g in named[:1] if g.period
        ]
    if not named:
        kept = ", ".join(sorted({f"{g.variable}@{g.gauge}" for g in gauges})) or "none"
        raise Refused(f"station {code} has no gauge {name} for {raw.variable}; it has: {kept}")
    return named[0] if named[0].unit else replace(named[0], unit=VARIABLES[named[0].variable].unit)


def receipts(batches: Sequence[Batch], items: Sequence[Item]) -> list[Receipt]:
    """One receipt a batch, from items in the order of `take`."""
    outcomes: list[list[Outcome]] = [[] for _ in batches]
    refused: list[list[Rejection]] = [[] for _ in batches]
    for item in items:
        assert item.outcome is not None, "every reading taken in ends as something"  # noqa: S101
        outcomes[item.batch].append(item.outcome)
        if item.reason:
            refused[item.batch].append(Rejection(item.index, item.reason))
    return [Receipt(tuple(o), tuple(r)) for o, r in zip(outcomes, refused, strict=True)]
