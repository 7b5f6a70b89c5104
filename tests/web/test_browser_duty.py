"""What an officer does with an alert, and the papers of a shift, in a real browser."""

from dataclasses import replace

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from floodwatch.model.district import Plan
from floodwatch.model.people import Role
from floodwatch.model.severity import Severity
from floodwatch.notify.link import LASTS, Grant, signed
from floodwatch.pipeline import answer_link
from floodwatch.store import incoming
from floodwatch.store import tables as t
from tests.web.browsing import CUT, needs_chromium, watched
from tests.web.conftest import NOW, Room, SignIn, rows
from tests.web.small_district import RESERVOIR, small_district

PATROL = "示范丙三"
STEP = "三个责任人到岗"
PLAN = Plan(
    title="超设计洪水位",
    severity=Severity.II,
    steps=(STEP, "准备转移下游群众"),
    source="示范区小型水库防汛应急预案",
    kind="reservoir",
)
PAGES = (
    "/",
    "/alerts",
    "/alerts?state=all",
    "/alerts/1",
    "/alerts/2",
    "/bulletin",
    "/calls",
    "/calls/ledger",
    "/exercise",
    "/handover",
    "/health",
    "/imports",
    "/inbox",
    "/incoming",
    "/log",
    "/manual",
    "/mutes",
    "/plans",
    "/registers",
    "/rehearsal",
    "/response",
    "/stations",
    f"/stations/{RESERVOIR}",
)
WIDTHS = {"zh": (1920, 1366, 820, 390), "en": (1366, 390)}
OVERVIEW = (2560, 1920, 1600, 1440, 1366, 1181, 1024, 820, 390, 360)
expect.set_options(timeout=20_000)  # a busy machine is slow, not wrong
pytestmark = needs_chromium


@pytest.fixture
def planned(room: Room) -> Room:
    """A district whose reservoirs have a plan."""
    room.configuration.district = replace(small_district(), plans=(PLAN,))
    return room


@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_is_cut_off_or_wider_than_its_screen(
    page: Page, address: str, planned: Room, language: str
) -> None:
    page.goto(address)
    if language == "en":
        page.click(".menu summary")
        page.click(".menu button[name=language]")
        expect(page.locator("html")).to_have_attribute("lang", "en")
    for path in PAGES:
        page.goto(address + path)
        for width in OVERVIEW if path == "/" else WIDTHS[language]:
            page.set_viewport_size({"width": width, "height": 844})
            assert page.evaluate(CUT) == [], (path, width, language)


def test_shelving_asks_first_and_says_who_is_no_longer_reminded(
    page: Page, address: str, room: Room
) -> None:
    asked: list[str] = []
    page.goto(f"{address}/alerts/1")
    page.click(".shelve summary")
    page.select_option(".shelve select[name=minutes]", "30")
    page.fill(".shelve input[name=reason]", "现场已有人")
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.click(".shelve button.act")
    expect(page.locator(".shelve input[name=reason]")).to_have_value("现场已有人")
    assert PATROL in asked[0]
    assert rows(room.database, t.mute) == []
    page.once("dialog", lambda dialog: dialog.accept())
    page.click(".shelve button.act")
    expect(page.locator(".muting-line")).to_contain_text("现场已有人")
    expect(page.locator("#standing .muting")).to_be_visible()


def test_a_step_of_the_plan_is_ticked_and_taken_back(
    page: Page, address: str, planned: Room
) -> None:
    page.goto(f"{address}/alerts/1")
    step = page.locator(".steps li", has_text=STEP)
    step.get_by_role("button", name="已办").click()
    expect(step).to_contain_text("a engineer")
    expect(page.locator(".clause .muted").first).to_have_text("1/2")
    page.once("dialog", lambda dialog: dialog.accept())
    step.get_by_role("button", name="撤回").click()
    expect(step.get_by_role("button", name="已办")).to_be_visible()
    expect(page.locator(".timeline")).to_contain_text("撤回勾选")


def test_a_responsible_person_answers_by_the_page_behind_his_link(
    chromium: Browser, address: str, room: Room, app: Flask
) -> None:
    with room.database.write() as tx:
        key = answer_link.made_key(tx)
    wrong: list[str] = []
    with chromium.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN") as context:
        page = watched(context, address, wrong)
        page.goto(f"{address}/answer/{signed(Grant(PATROL, 1, NOW + LASTS), key)}")
        expect(page.locator("main")).to_contain_text("示范石桥水库")
        page.click("main button.act")
        expect(page.locator("main")).to_contain_text("已记下您的应答")
    states = {row.party: row.state for row in rows(room.database, t.obligation)}
    assert (states[PATROL], states["room"]) == ("answered", "open")
    assert wrong == []


def test_the_ledger_is_narrowed_to_one_alert(page: Page, address: str) -> None:
    page.goto(f"{address}/calls/ledger")
    expect(page.locator(".list tbody tr")).to_have_count(3)
    page.fill("input[name=alert]", "2")
    page.click("main form button")
    expect(page.locator("main")).to_contain_text("这段时间没有叫应")
    expect(page.locator("input[name=alert]")).to_have_value("2")


@pytest.mark.parametrize("path", ["/handover", "/bulletin", "/calls/ledger", "/log", "/plans"])
def test_a_paper_is_printed_without_what_only_a_screen_needs(
    page: Page, address: str, planned: Room, path: str
) -> None:
    page.goto(address + path)
    page.emulate_media(media="print")
    for screen in (".bar nav", ".menu", ".tools-panel", "button", "#mute"):
        for part in page.locator(screen).all():
            expect(part).to_be_hidden()
    expect(page.locator("h1")).to_be_visible()
    assert page.locator(".panel:not(.tools-panel)").first.is_visible()
    white = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert white in ("rgba(0, 0, 0, 0)", "rgb(255, 255, 255)")


def test_what_is_only_watched_stands_in_one_line(page: Page, address: str, room: Room) -> None:
    page.goto(address)
    line = page.locator(".watched")
    expect(line.locator("summary")).to_contain_text("关注 1 项")
    expect(page.locator(".cards")).not_to_contain_text("onerror")
    line.locator("summary").click()
    expect(line.locator("li")).to_contain_text("<img src=x onerror=alert(1)>")


def test_a_message_nobody_understood_is_shown_in_the_bar(
    page: Page, address: str, room: Room, sign_in: SignIn
) -> None:
    heard = ("sms_gammu", "7", "+8613000000000", NOW, "?", None, incoming.NOT_UNDERSTOOD, ())
    with room.database.write() as tx:
        incoming.keep(tx, incoming.Taken(*heard))
    assert "来信待核" not in sign_in(Role.VIEWER).get("/").text
    page.goto(address)
    page.click("#standing .unclear")
    expect(page.locator("h1")).to_have_text("来信与通道")


def test_a_sheet_is_sent_only_to_the_people_the_question_names(
    page: Page, address: str, room: Room
) -> None:
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.goto(f"{address}/bulletin")
    page.click(".send summary")
    page.click(".send button.act")
    page.check(f".send input[value={PATROL}]")
    page.click(".send button.act")
    expect(page.locator(f".send input[value={PATROL}]")).to_be_checked()
    assert asked[0] == "请至少选一个人。"
    assert asked[1].startswith(f"发送给：{PATROL}？")
    assert rows(room.database, t.outbox) == []
