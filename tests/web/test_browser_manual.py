"""Entry by hand in a real browser, on a phone: doubts, confirmation, a network that goes away."""

import os

import pytest
from playwright.sync_api import Browser, Page, expect

from floodwatch.model.people import Role
from tests.web.browsing import CUT, needs_chromium, watched
from tests.web.conftest import Room, SignIn
from tests.web.small_district import HOSTILE, RESERVOIR

pytestmark = needs_chromium
SHOTS = os.environ.get("FLOODWATCH_SHOTS", "")
SIZES = {"desk": (1366, 900), "phone": (390, 844)}
STAGE = f'[name="value/{RESERVOIR}/stage/0"]'
RIVER = f'[name="value/{HOSTILE}/stage/0"]'


@pytest.fixture(params=SIZES)
def officer(
    request: pytest.FixtureRequest, chromium: Browser, address: str, sign_in: SignIn
) -> Page:
    """An officer with a screen of some size; a lost network is no fault of the page."""
    width, height = SIZES[request.param]
    context = chromium.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
    cookie = sign_in(Role.OFFICER).get_cookie("floodwatch")
    assert cookie
    context.add_cookies([{"name": "floodwatch", "value": cookie.value, "url": address}])
    wrong: list[str] = []
    page = watched(context, address, wrong)
    request.addfinalizer(context.close)
    request.addfinalizer(lambda: _check(wrong))
    return page


def _check(wrong: list[str]) -> None:
    assert [text for text in wrong if "ERR_INTERNET_DISCONNECTED" not in text] == []


def shot(page: Page, name: str) -> None:
    """Photograph a page, if wanted; nothing of it may stick out."""
    assert page.evaluate(CUT) == []
    if SHOTS:
        width = page.viewport_size["width"] if page.viewport_size else 0
        page.screenshot(path=f"{SHOTS}/{name}-{width}.png", full_page=True)


def test_a_slip_is_put_right_with_one_touch_and_a_true_value_confirmed(
    officer: Page, address: str, room: Room
) -> None:
    page = officer
    page.goto(f"{address}/manual")
    shot(page, "manual")
    page.fill(STAGE, "10477")
    page.fill(RIVER, "29.10")
    page.locator(".commit .act").click()
    expect(page.locator(".asked")).to_have_count(2)
    shot(page, "manual-asks")
    page.get_by_role("button", name="是，改成 104.77").click()
    page.get_by_label("看过了，就是 29.10").check()
    page.locator(".commit .act").click()
    expect(page.locator(".taken")).to_have_count(2)
    shot(page, "manual-done")
    values = {r.station: r.value for batch in room.batches for r in batch.readings}
    assert values == {RESERVOIR: 104.77, HOSTILE: 29.10}


def test_what_was_typed_outlives_a_dead_network_and_a_reload(
    officer: Page, address: str, room: Room
) -> None:
    page = officer
    page.goto(f"{address}/manual")
    page.fill(STAGE, "104.70")
    page.context.set_offline(True)
    page.locator(".commit .act").click()
    expect(page.locator("#kept")).to_contain_text("没有网络")
    page.context.set_offline(False)
    page.goto(f"{address}/manual")
    expect(page.locator("#kept")).to_contain_text("没有送出")
    expect(page.locator(STAGE)).to_have_value("104.70")
    page.locator(".commit .act").click()
    expect(page.locator(".taken")).to_have_count(1)
    assert len(room.batches) == 1
    page.goto(f"{address}/manual")
    expect(page.locator("#kept")).to_be_hidden()


def test_a_station_is_found_by_a_few_letters_and_by_kind(officer: Page, address: str) -> None:
    page = officer
    page.goto(f"{address}/manual")
    page.fill("#find", "石桥水")
    expect(page.locator(".hand:visible b", has_text="示范石桥水库").first).to_be_visible()
    expect(page.locator(RIVER)).to_be_hidden()
    page.fill("#find", "")
    page.locator('#kinds [data-kind="river"]').click()
    expect(page.locator(STAGE)).to_be_hidden()
    expect(page.locator(RIVER)).to_be_visible()
