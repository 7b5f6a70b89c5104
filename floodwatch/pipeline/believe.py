"""Assesses the readings of one transaction: arrays of values beside what came before each."""

from collections.abc import Mapping, Sequence

import numpy as np

from floodwatch.model.quality import GOOD
from floodwatch.model.reading import SeriesKey
from floodwatch.pipeline.intake import Item
from floodwatch.pipeline.plan import Plan
from floodwatch.quality.flagging import Known, Limits, Previous, assess, plainly_good
from floodwatch.store.journal import LatestRow

UNLIMITED = Limits()


def assessed(plan: Plan, items: Sequence[Item], latest: Mapping[SeriesKey, LatestRow]) -> list[int]:
    """Packed quality of each item; `items` are sorted by series and time.

    A flag that the device or file gave itself stands unless ours is worse.
    """
    if not items:
        return []
    if len(items) == 1 and _plainly_good(plan, items[0], latest):
        return [_worse(GOOD, items[0].quality)]
    values = np.array([item.value for item in items])
    times = np.array([item.time for item in items], np.int64)
    limits = [plan.limits.get(item.key, UNLIMITED) if item.key else UNLIMITED for item in items]
    found = assess(values, times, previous=_previous(items, latest), limits=limits)
    return [_worse(o, item.quality) for o, item in zip(found.tolist(), items, strict=True)]


def _worse(ours: int, given: int | None) -> int:
    return ours if given is None or given % 10 <= ours % 10 else given


def _plainly_good(plan: Plan, item: Item, latest: Mapping[SeriesKey, LatestRow]) -> bool:
    """Whether a reading that comes alone is beyond doubt."""
    assert item.key is not None  # noqa: S101 - stored items are resolved
    known = latest.get(item.key)
    if known is not None and known.time >= item.time:
        return False
    before = None if known is None else Known(known.value, known.time, known.since)
    limits = plan.limits.get(item.key, UNLIMITED)
    return plainly_good(item.value, item.time, before=before, limits=limits)


def _previous(items: Sequence[Item], latest: Mapping[SeriesKey, LatestRow]) -> Previous:
    """What came before each: the item before it, else the latest stored if that is older."""
    rows: list[tuple[float, int, int, int, int]] = []
    run: tuple[SeriesKey | None, float, int] = (None, np.nan, 0)  # series, value, since
    for place, item in enumerate(items):
        before = items[place - 1] if place else None
        known = latest.get(item.key) if item.key else None
        if before is not None and before.key == item.key and before.time < item.time:
            rows.append((before.value, before.time, GOOD, run[2], place - 1))
        elif known is not None and known.time < item.time:
            rows.append((known.value, known.time, known.quality, known.since, -1))
        else:
            rows.append((np.nan, 0, GOOD, item.time, -1))
        value, since = rows[-1][0], rows[-1][3]
        run = (item.key, item.value, since if value == item.value else item.time)
    columns = list(zip(*rows, strict=True))
    return Previous(
        np.array(columns[0], float),
        np.array(columns[1], np.int64),
        np.array(columns[2], np.int16),
        np.array(columns[3], np.int64),
        np.array(columns[4], np.int64),
    )
