"""Raw frames and what they became, the newest picture, and how telemetry stands."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from floodwatch.model.people import Role
from floodwatch.model.source import Note
from floodwatch.model.telemetry import Fate, Manner, Picture, Trace
from floodwatch.store import frames, pictures, source_log
from tests.sources.sl651.serving import frame
from tests.web.conftest import NOW, Room, SignIn
from tests.web.small_district import RESERVOIR

JPEG = b"\xff\xd8\xff\xe0 a picture \xff\xd9"
ADDRESS = f"00{RESERVOIR}"
HOSTILE = "<script>alert(1)</script>"


def trace(raw: bytes, *, fate: Fate = Fate.TAKEN, problems: tuple[str, ...] = ()) -> Trace:
    station = RESERVOIR if fate is not Fate.REFUSED else None
    return Trace(ADDRESS, station, "10.0.0.7", NOW, 0x32, 7, "260618044000", fate, raw, problems)


@pytest.fixture
def kept(room: Room) -> Iterator[Room]:
    """One frame taken, one refused, and a picture."""
    raw = frame(7, ("39", 95.12), ("45", 0.0), ("26", 3.0), address=ADDRESS, at=NOW)
    with room.database.write() as tx:
        frames.keep(tx, [trace(raw)], readings=1)
        frames.keep(tx, [trace(b"\x7e\x7e\x01", fate=Fate.REFUSED, problems=(HOSTILE,))])
        pictures.keep(tx, [Picture(RESERVOIR, NOW, NOW, "image/jpeg", False, JPEG)])
        note = Note(
            tried=True,
            worked=True,
            cursor={"counts": {"crc": 3, "taken": 9}, "heard": {RESERVOIR: NOW}, "connections": 2},
        )
        source_log.noted(tx, "sl651", "sl651", note=note, now=NOW)
    yield room


def test_the_list_says_what_became_of_each_frame(sign_in: SignIn, kept: Room) -> None:
    page = sign_in(Role.OFFICER).get("/frames").text
    assert "已入库" in page
    assert "未收" in page
    assert "&lt;script&gt;" in page


def test_the_list_is_filtered_by_station_address_and_outcome(sign_in: SignIn, kept: Room) -> None:
    client = sign_in(Role.OFFICER)
    assert client.get(f"/frames?station={RESERVOIR}").text.count("看报文") == 1
    assert client.get(f"/frames?station={ADDRESS}").text.count("看报文") == 2
    assert client.get("/frames?outcome=refused").text.count("看报文") == 1
    assert "没有报文" in client.get("/frames?before=1").text


def test_a_frame_is_shown_with_its_elements_and_their_gauges(sign_in: SignIn, kept: Room) -> None:
    page = sign_in(Role.OFFICER).get("/frames/1").text
    assert "95.12" in page
    assert "只随报文保存" in page  # the reservoir has no counter of rain
    assert "7E 7E" in page
    assert sign_in(Role.OFFICER).get("/frames/99").status_code == 404


def test_a_frame_that_is_none_is_shown_as_its_bytes(sign_in: SignIn, kept: Room) -> None:
    assert "7E 7E 01" in sign_in(Role.OFFICER).get("/frames/2").text


@pytest.mark.parametrize("path", [f"/stations/{RESERVOIR}", "/alerts/1"])
def test_the_newest_picture_stands_on_the_page_with_its_age(
    sign_in: SignIn, kept: Room, path: str
) -> None:
    page = sign_in(Role.VIEWER).get(path).text
    assert 'src="/pictures/1"' in page
    assert "图片不完整" in page


def test_a_picture_is_a_picture_and_anything_else_a_file(sign_in: SignIn, kept: Room) -> None:
    client = sign_in(Role.VIEWER)
    answer = client.get("/pictures/1")
    assert (answer.mimetype, answer.data) == ("image/jpeg", JPEG)
    with kept.database.write() as tx:
        odd = Picture(RESERVOIR, NOW + 1, NOW, "application/octet-stream", True, b"<html>")
        pictures.keep(tx, [odd])
    assert "attachment" in client.get("/pictures/2").headers["Content-Disposition"]
    assert client.get("/pictures/3").status_code == 404


def test_health_and_metrics_count_bad_frames(sign_in: SignIn, kept: Room) -> None:
    client = sign_in(Role.OFFICER)
    page = client.get("/health").text
    assert "校验错误" in page
    assert 'href="/frames?outcome=refused"' in page
    metrics = client.get("/metrics").text
    assert 'floodwatch_sl651_frames_total{outcome="crc"} 3' in metrics
    assert "floodwatch_sl651_connections 2" in metrics


def test_without_telemetry_nothing_is_said_of_it(sign_in: SignIn, room: Room) -> None:
    client = sign_in(Role.OFFICER)
    assert "sl651" not in client.get("/metrics").text
    assert "在线连接" not in client.get("/health").text


def test_a_frame_is_read_as_its_station_writes(sign_in: SignIn, kept: Room) -> None:
    district = kept.configuration.district
    station = replace(district.stations[RESERVOIR], sl651=Manner(elements={"39": "battery"}))
    kept.configuration.district = replace(
        district, stations={**district.stations, RESERVOIR: station}
    )
    page = sign_in(Role.OFFICER).get("/frames/1").text
    assert "电压" in page
