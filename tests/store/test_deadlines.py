"""When service time itself was wrong, what waits keeps its distance to now."""

from floodwatch.model.clock import DAY, HOUR
from floodwatch.model.mute import MuteKind
from floodwatch.model.severity import Severity
from floodwatch.store import mutes, tables
from floodwatch.store.database import Database
from floodwatch.store.deadlines import move_deadlines
from floodwatch.store.mutes import Fresh
from tests.notify.village import DAM, NOW
from tests.pipeline.telling import Room, over

YEAR = 365 * DAY


def test_neither_the_age_of_a_message_nor_a_mute_nor_a_duty_jumps_with_the_clock(
    database: Database,
) -> None:
    room = Room(database)
    room.see(over(Severity.II))
    fresh = Fresh(MuteKind.MAINTENANCE, DAM, None, 2, NOW, NOW + HOUR, "甲", "", "换探头")
    before = room.outbox()[0], room.table(tables.obligation)[0]
    with database.write() as tx:
        mutes.add(tx, fresh)
        move_deadlines(tx, YEAR)
    message, owed = room.outbox()[0], room.table(tables.obligation)[0]
    assert message["created_at"] == before[0]["created_at"] + YEAR
    assert message["next_at"] == before[0]["next_at"] + YEAR
    assert (owed["opened_at"], owed["due"]) == (NOW + YEAR, before[1]["due"] + YEAR)
    [mute] = room.table(tables.mute)
    assert (mute["begins"], mute["ends"]) == (NOW + YEAR, NOW + YEAR + HOUR)
