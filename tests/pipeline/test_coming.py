"""Limits to come: three days before, on the morning list and in the 08:00 report."""

from dataclasses import replace
from datetime import date

import pytest

from floodwatch.model.clock import DAY, HOUR
from floodwatch.model.quality import GOOD
from floodwatch.model.reading import SeriesKey
from floodwatch.model.severity import Severity
from floodwatch.model.threshold import Comparator, Threshold
from floodwatch.pipeline import coming
from floodwatch.reports.gather import facts
from floodwatch.store.database import Database
from tests.notify.village import VILLAGE
from tests.pipeline.telling import Room
from tests.web.seeding import put

EIGHT = 1_781_740_800_000  # 2026-06-18 08:00 +08:00
RESERVOIR = next(s.code for s in VILLAGE.stations.values() if s.kind.value == "reservoir")
LIMIT = Threshold(
    *(RESERVOIR, "1", "stage", "flood_limit", Severity.IV, Comparator.ABOVE, 92.0, 91.98),
    valid_from=EIGHT + 2 * DAY,
    label="汛限水位",
    order="示防〔2026〕3号",
)
NAME = VILLAGE.stations[RESERVOIR].name


@pytest.fixture
def room(sqlite_database: Database) -> Room:
    room = Room(sqlite_database)
    room.district = replace(VILLAGE, thresholds=(LIMIT,))
    with sqlite_database.write() as tx:
        key = SeriesKey(RESERVOIR, "1", "stage")
        put(tx.connection, key, [(EIGHT - 2 * HOUR, 92.3)], rev=tx.rev, quality=GOOD)
    return room


def send(room: Room, at: int) -> int:
    return coming.send(room.database, district=room.district, now=at, epoch=None)


def test_it_is_written_once_into_the_list_that_leaves_at_eight(room: Room) -> None:
    assert send(room, EIGHT - 3 * HOUR) == 0
    assert send(room, EIGHT - HOUR) == 1
    assert send(room, EIGHT - HOUR // 2) == 0
    [row] = room.outbox(kind="list")
    assert row["next_at"] == EIGHT
    line = f"{NAME}6月20日8时起汛限水位92.00米（示防〔2026〕3号），现92.30米，高0.30米"
    assert line in row["body"].splitlines()


def test_it_is_said_again_the_next_morning_and_not_when_it_is_in_force(room: Room) -> None:
    assert [send(room, EIGHT - HOUR + n * DAY) for n in (-2, -1, 0, 1, 2, 3)] == [0, 1, 1, 1, 0, 0]


def test_the_report_of_eight_says_it_too(room: Room) -> None:
    found = facts(room.database, room.district, date(2026, 6, 18), now=EIGHT)
    assert [NAME in line and "高0.30米" in line for line in found.ahead] == [True]
