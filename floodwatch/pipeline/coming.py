"""Limits that come into force in the next days, on the duty officers' morning list."""

from collections.abc import Mapping
from datetime import datetime

from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.district import District
from floodwatch.model.reading import Latest, SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.notify import roster
from floodwatch.notify.message import DEMONSTRATION, DEMONSTRATION_EN
from floodwatch.pipeline import room
from floodwatch.pipeline.asking import LIST_HEADS
from floodwatch.rules.coming_limits import Coming, coming, worded
from floodwatch.store import board, morning_list
from floodwatch.store.clockwork import set_setting, setting
from floodwatch.store.database import Database

LISTED = "coming_listed"  # the setting that says for which day the list was written
MORNING = 8 * HOUR  # of the list, after local midnight
SOONEST = 6  # the hour from which the stages of the morning are good enough


def send(database: Database, *, district: District, now: int, epoch: int | None) -> int:
    """Write this morning's lines once, before eight; how many."""
    local = datetime.fromtimestamp(now / 1_000, district.tz)
    day = local.year * 10_000 + local.month * 100 + local.day
    clock = local.hour * HOUR + local.minute * MINUTE
    if not SOONEST * HOUR <= clock < MORNING:
        return 0
    with database.read() as connection:
        if setting(connection, LISTED) == day:
            return 0
        latest = board.latest(connection)
    items = _items(district, latest, now)
    with database.write(epoch=epoch) as tx:
        set_setting(tx, LISTED, day)
        morning_list.add(tx, items, now=now)
    return len(items)


def _items(
    district: District, latest: Mapping[SeriesKey, Latest], now: int
) -> list[morning_list.Item]:
    at = roster.next_at(district, MORNING, now=now)
    found = coming(district, latest, at)
    return [
        morning_list.Item(person.name, channel, address, at, said, int(Severity.IV), head)
        for person, channel, address in room.ways(district, now=at)
        for head in [_head(district, person.language)]
        for said in _lines(district, found, person.language)
    ]


def _lines(district: District, found: list[Coming], language: str) -> list[str]:
    return [worded(each, district.zone_of(each.station), language) for each in found]


def _head(district: District, language: str) -> str:
    mark = DEMONSTRATION if language == "zh" else f"{DEMONSTRATION_EN} "
    head = LIST_HEADS.get(language, LIST_HEADS["zh"])
    return f"{mark if district.demonstration else ''}{head}"
