"""系统正常: at eight and when a shift begins, once."""

from dataclasses import replace

import pytest

from floodwatch.model.clock import HOUR, MINUTE
from floodwatch.model.notification import Sent
from floodwatch.model.people import Shift
from floodwatch.model.severity import Severity
from floodwatch.pipeline import alive, lines
from floodwatch.store.database import Database
from tests.notify.village import VILLAGE
from tests.pipeline.telling import Room, over
from tests.web.seeding import put_alert

EIGHT = 1_781_740_800_000  # 2026-06-18 08:00 +08:00
SHIFTS = (
    Shift("白班", ("示范丙一",), 8 * HOUR + 30 * MINUTE, 20 * HOUR),
    Shift("夜班", ("示范丙三",), 20 * HOUR, 8 * HOUR + 30 * MINUTE),
)


@pytest.fixture
def room(sqlite_database: Database) -> Room:
    return Room(sqlite_database)


def send(room: Room, at: int) -> int:
    return alive.send(room.database, district=room.district, now=at, epoch=None)


def test_at_eight_the_room_hears_that_all_is_well_once_a_day(room: Room) -> None:
    assert send(room, EIGHT - MINUTE) == 0
    assert send(room, EIGHT) == 1
    assert send(room, EIGHT + 20 * MINUTE) == 0
    assert send(room, EIGHT + 24 * HOUR) == 1
    [first, _] = room.outbox()
    assert (first["kind"], first["person"], first["alert_id"]) == ("alive", "示范值班员甲", None)
    assert first["body"] == (
        "【系统正常】18日08:00 在线5/5站，失测0站，未解除告警0项，待发消息0条，最近送出无记录。"
        "到时未收到本短信请致电值班室"
    )


def test_a_service_that_comes_back_at_noon_does_not_say_so_for_eight(room: Room) -> None:
    assert send(room, EIGHT + 4 * HOUR) == 0


def test_each_shift_hears_it_when_it_begins(room: Room) -> None:
    room.district = replace(VILLAGE, shifts=SHIFTS)
    assert send(room, EIGHT) == 1
    assert send(room, EIGHT + 30 * MINUTE) == 1
    assert send(room, EIGHT + 12 * HOUR) == 1
    assert room.rows("person") == [("示范丙三",), ("示范丙一",), ("示范丙三",)]


def test_a_shift_that_begins_about_midnight_hears_it_once(room: Room) -> None:
    room.district = replace(VILLAGE, shifts=(Shift("夜班", ("示范丙一",), 30 * MINUTE, 8 * HOUR),))
    begins = EIGHT - 8 * HOUR + 30 * MINUTE
    assert [send(room, begins + late * MINUTE) for late in (0, 29, 31, 59)] == [1, 0, 0, 0]


def test_it_counts_what_is_not_well(room: Room) -> None:
    room.see(over(Severity.II))
    kept = lines.Lines({})
    kept.heard("smtp", Sent.ACCEPTED, detail="", at=EIGHT - 3 * HOUR)
    with room.database.write() as tx:
        kept.write(tx)
    send(room, EIGHT)
    said = room.outbox(kind="alive")[0]["body"]
    assert "未解除告警1项，待发消息4条，最近送出18日05:00" in said


def test_a_station_is_silent_whichever_rule_says_so(room: Room) -> None:
    codes = sorted(VILLAGE.stations)
    first, second = (replace(VILLAGE.stations[code], gateway="G1") for code in codes[:2])
    room.district = replace(
        VILLAGE, stations=VILLAGE.stations | {codes[0]: first, codes[1]: second}
    )
    with room.database.write() as tx:
        for station, kind, gauge in (
            (codes[0], "rise_silent", "1"),
            (codes[2], "offline", "*"),
            ("district", "feed", "G1"),
        ):
            put_alert(
                tx.connection,
                rev=tx.rev,
                station=station,
                gauge=gauge,
                type=kind,
                direction="none",
                fired_at=EIGHT - HOUR,
            )
    send(room, EIGHT)
    assert "在线2/5站，失测3站" in room.outbox(kind="alive")[0]["body"]


def test_where_no_channel_reaches_anybody_the_system_is_not_called_well(room: Room) -> None:
    room.district = replace(VILLAGE, channels={"log": {}})
    assert send(room, EIGHT) == 1
    [said] = [str(row["body"]) for row in room.outbox()]
    assert said.startswith("【没有任何能送到人的渠道】")
    assert "系统正常" not in said
