"""The pages in a real browser, against a real server."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from floodwatch.model.clock import MINUTE
from floodwatch.model.people import Role
from floodwatch.model.reading import SeriesKey
from floodwatch.store import passwords, people
from floodwatch.store import tables as t
from tests.web.browsing import needs_chromium, watched
from tests.web.conftest import NOW, Room, rows
from tests.web.seeding import put
from tests.web.small_district import RESERVOIR

RANGE = "() => document.querySelector('#chart')._fullLayout.xaxis.range.map((x) => +new Date(x))"
PASSWORD = "a long enough one"
STAGE = SeriesKey(RESERVOIR, "1", "stage")
expect.set_options(timeout=20_000)  # a busy machine is slow, not wrong
pytestmark = needs_chromium


@pytest.fixture
def overview(page: Page, address: str) -> Page:
    """The overview, live."""
    page.goto(address)
    expect(page.locator("#connection")).to_have_attribute("data-state", "live")
    return page


def change(room: Room, value: float) -> None:
    """One more reading."""
    with room.database.write() as tx:
        put(tx.connection, STAGE, [(NOW + MINUTE, value)], rev=tx.rev)


def ready(page: Page, address: str) -> None:
    """The reservoir's chart is drawn."""
    page.goto(f"{address}/stations/{RESERVOIR}")
    expect(page.locator("#chart[data-ready]")).to_be_visible()


def test_the_board_changes_by_itself_and_in_place(overview: Page, room: Room) -> None:
    cell = overview.locator(f'tr[data-key="{RESERVOIR}"] td.main')
    expect(cell).to_have_text("104.77")
    overview.evaluate("() => { window.sameDocument = true; }")
    change(room, 104.91)
    expect(cell).to_have_text("104.91")
    expect(overview.locator(f'tr[data-key="{RESERVOIR}"]')).to_contain_text("超设计 0.16")
    assert overview.evaluate("() => window.sameDocument")


def test_the_chart_has_chinese_labels_limits_and_rain(page: Page, address: str) -> None:
    ready(page, address)
    chart = page.locator("#chart")
    for text in ("雨量", "水位", "设计洪水位 104.75", "现在"):
        expect(chart).to_contain_text(text)
    assert chart.locator(".bars .point").count() > 50


def test_the_readers_zoom_survives_new_data(page: Page, address: str, room: Room) -> None:
    ready(page, address)
    plot = page.locator("#chart .nsewdrag").first.bounding_box()
    assert plot
    page.mouse.move(plot["x"] + 300, plot["y"] + 100)
    page.mouse.down()
    page.mouse.move(plot["x"] + 500, plot["y"] + 100, steps=5)
    page.mouse.up()
    zoomed = page.evaluate(RANGE)
    drawn = page.get_attribute("#chart", "data-drawn")
    change(room, 104.91)
    expect(page.locator("#chart")).not_to_have_attribute("data-drawn", drawn or "", timeout=15_000)
    assert zoomed[1] - zoomed[0] < 12 * 3_600_000
    assert page.evaluate(RANGE) == zoomed
    last = page.evaluate(
        "() => { const t = document.querySelector('#chart').calcdata;"
        " return Math.max(...t.flat().filter((p) => p.y > 100 && p.y < 105).map((p) => p.y)); }"
    )
    assert last == pytest.approx(104.91)


def test_acknowledging_from_the_card_asks_for_name_and_note(overview: Page, room: Room) -> None:
    overview.locator('[data-key="a1"] button.act').click()
    expect(overview.locator("#ack input[name=who]")).to_have_value("a engineer")
    overview.fill("#ack textarea", "去看了")
    overview.click("#ack button.act")
    expect(overview.locator('[data-key="a1"]')).to_contain_text("a engineer 收到")
    assert rows(room.database, t.alert)[0].note == "去看了"


def test_a_row_stays_under_the_pointer_until_it_leaves(overview: Page, room: Room) -> None:
    first = overview.locator(".needs .cards > :first-child")
    expect(first).to_have_attribute("data-key", "a1")
    overview.locator('[data-key="a1"]').hover()
    with room.database.write() as tx:
        tx.connection.execute(
            t.alert.update().where(t.alert.c.id == 2).values(severity=4, rev=tx.rev)
        )
    expect(overview.locator('[data-key="a2"]')).to_have_attribute("data-severity", "4")
    expect(first).to_have_attribute("data-key", "a1")
    overview.mouse.move(900, 500)
    expect(first).to_have_attribute("data-key", "a2")


def test_a_lost_connection_makes_the_whole_page_old(overview: Page, room: Room) -> None:
    overview.evaluate(
        "() => { const real = performance.now.bind(performance);"
        " performance.now = () => real() + 60000; }"
    )
    expect(overview.locator("#lost")).to_be_visible(timeout=8_000)
    expect(overview.locator("body")).to_have_class("stale")
    change(room, 104.92)
    expect(overview.locator("#lost")).to_be_hidden(timeout=8_000)


def test_a_file_is_previewed_imported_and_taken_back(
    page: Page, address: str, room: Room, tmp_path: Path
) -> None:
    path = tmp_path / "石桥.csv"
    lines = "\n".join(f"2024-05-{day:02d} 08:00,{103 + day / 100:.2f}" for day in range(1, 31))
    path.write_text(f"时间,水位\n{lines}\n", encoding="gb18030")
    page.goto(f"{address}/imports")
    page.set_input_files("input[type=file]", str(path))
    page.click("button.act")
    expect(page.locator("main")).to_contain_text("103.01")
    page.fill("input[name=station]", RESERVOIR)
    page.fill("input[name=unit]", "m")
    page.press("input[name=unit]", "Enter")  # looks again, and keeps no profile
    page.wait_for_url("**unit=m**")
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("#import-form button.act")
    expect(page.locator(".tiles")).to_contain_text("30入库")
    page.click("button.danger")
    expect(page.locator("h1")).to_contain_text("已撤回")


def test_a_card_with_less_room_leaves_out_columns_but_not_the_distance(overview: Page) -> None:
    row = overview.locator(f'tr[data-key="{RESERVOIR}"]')
    for width, alpha in ((1920, True), (390, False)):
        overview.set_viewport_size({"width": width, "height": 844})
        expect(row.locator("td.limits")).to_contain_text("超设计 0.02")
        assert row.locator("td.room").is_visible() is alpha


def test_the_map_leads_to_the_stations_and_waits_on_a_phone(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(address)
    place = page.locator(f'#map a[href="/stations/{RESERVOIR}"]')
    expect(page.locator("#map summary")).to_be_visible()
    expect(place).to_be_hidden()
    page.click("#map summary")
    place.click()
    expect(page.locator("h1")).to_contain_text("示范石桥水库")


def test_zooming_into_a_long_range_brings_every_reading_of_it(
    page: Page, address: str, room: Room
) -> None:
    with room.database.write() as tx:
        many = [(NOW - 5 * MINUTE * i, 100 + i % 7 / 10) for i in range(9000, 150, -1)]
        put(tx.connection, STAGE, many, rev=tx.rev)
    page.goto(f"{address}/stations/{RESERVOIR}?range=30d")
    expect(page.locator("#chart[data-ready]")).to_be_visible()
    shown = (
        "() => { const a = document.querySelector('#chart'), r = a._fullLayout.xaxis.range;"
        " const t = a.calcdata.map((d) => d.filter((p) => p.x >= a._fullLayout.xaxis.r2l(r[0])"
        " && p.x <= a._fullLayout.xaxis.r2l(r[1]))); return Math.max(...t.map((d) => d.length)); }"
    )
    drawn = page.get_attribute("#chart", "data-drawn")
    plot = page.locator("#chart .nsewdrag").first.bounding_box()
    assert plot
    page.mouse.move(plot["x"] + 200, plot["y"] + 100)
    page.mouse.down()
    page.mouse.move(plot["x"] + 400, plot["y"] + 100, steps=5)
    page.mouse.up()
    zoomed = page.evaluate(RANGE)
    expect(page.locator("#chart")).not_to_have_attribute("data-drawn", drawn or "", timeout=15_000)
    assert page.evaluate(RANGE) == zoomed
    assert page.evaluate(shown) >= (zoomed[1] - zoomed[0]) // (5 * MINUTE) - 1


def test_signing_in_leads_to_the_living_overview(
    chromium: Browser, address: str, room: Room
) -> None:
    with room.database.write() as tx:
        stored = passwords.hashed(PASSWORD)
        people.add_user(tx.connection, "甲", role=Role.ENGINEER, password=stored, now=0)
    wrong: list[str] = []
    with chromium.new_context(locale="zh-CN") as context:
        page = watched(context, address, wrong)
        page.goto(f"{address}/login")
        page.fill("input[name=name]", "甲")
        page.fill("input[name=password]", PASSWORD)
        page.click("button.act")
        expect(page.locator("#connection")).to_have_attribute("data-state", "live")
        row = page.locator(f'tr[data-key="{RESERVOIR}"] .age')
        expect(row).to_have_text("刚刚")
    assert wrong == []


def test_the_page_sounds_what_the_service_has_decided(overview: Page, room: Room) -> None:
    expect(overview.locator("#connection")).to_have_attribute("data-state", "live")
    expect(overview.locator("html")).not_to_have_attribute("data-rang", "1")
    with room.database.write() as tx:
        tone = {"at": NOW, "alert_id": 1, "severity": 4, "kind": "new"}
        tx.connection.execute(t.sound.insert().values(**tone, rev=tx.rev))
    expect(overview.locator("html")).to_have_attribute("data-rang", "1")
