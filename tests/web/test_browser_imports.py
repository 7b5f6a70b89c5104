"""The way of a file from the upload to the undo, in a real browser, on a desk and on a phone."""

import os
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from floodwatch.model.people import Role
from floodwatch.store import tables as t
from tests.web.browsing import CUT, needs_chromium, watched
from tests.web.conftest import Room, SignIn, rows
from tests.web.small_district import RESERVOIR

pytestmark = needs_chromium
SHOTS = os.environ.get("FLOODWATCH_SHOTS", "")  # a folder: pages are photographed into it
SIZES = {"desk": (1366, 900), "phone": (390, 844)}


def table(days: int = 30, *, peak: int = 20) -> str:
    """Stages in centimetres every morning, one day missing, one misdated, one rubbish."""
    lines = []
    for day in range(1, days + 1):
        level = 10350 + day * 3 + (130 if day == peak else 0)
        date = f"2024-05-{day:02d}" if day != 12 else "2042-05-12"
        if day != 15:
            lines.append(f"{date} 08:00,{level},{12.1 + day / 100:.2f},ok")
    return "采集时间,水位,电压,备注\n" + "\n".join([*lines, "rubbish,1,2,x"]) + "\n"


@pytest.fixture(params=SIZES)
def engineer(
    request: pytest.FixtureRequest, chromium: Browser, address: str, sign_in: SignIn
) -> Page:
    """An engineer at a screen of some size."""
    width, height = SIZES[request.param]
    context = chromium.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
    cookie = sign_in(Role.ENGINEER).get_cookie("floodwatch")
    assert cookie
    context.add_cookies([{"name": "floodwatch", "value": cookie.value, "url": address}])
    wrong: list[str] = []
    made = watched(context, address, wrong)
    made.on("dialog", lambda dialog: dialog.accept())
    request.addfinalizer(context.close)
    request.addfinalizer(lambda: _nothing(wrong))
    return made


def _nothing(wrong: list[str]) -> None:
    assert wrong == []


def shot(page: Page, name: str) -> None:
    """Photograph a page, if wanted; nothing of it may stick out."""
    assert page.evaluate(CUT) == []
    if SHOTS:
        width = page.viewport_size["width"] if page.viewport_size else 0
        page.screenshot(path=f"{SHOTS}/{name}-{width}.png", full_page=True)


def correct(page: Page) -> None:
    """Say that the stage is in centimetres, and leave the battery out."""
    row = page.locator(".mapping tr", has=page.locator("select[aria-label='水位']"))
    row.locator("input[aria-label='单位']").fill("cm")
    page.locator(".mapping select[aria-label='电压']").select_option("")


def test_a_file_is_previewed_corrected_kept_as_profile_imported_and_taken_back(
    engineer: Page, address: str, room: Room, tmp_path: Path
) -> None:
    path = tmp_path / "石桥记录仪.csv"
    path.write_text(table(), "utf-8")
    page = engineer
    page.goto(f"{address}/imports")
    page.set_input_files("input[name=files]", str(path))
    page.click("#upload .act")
    expect(page.locator(".notice.warn[role=alert]").first).to_contain_text("站点")
    expect(page.locator(".commit .act")).to_be_disabled()
    shot(page, "preview-asks")
    page.fill("input[name=station]", RESERVOIR)
    correct(page)
    page.get_by_role("button", name="重新预览").click()
    expect(page.get_by_text("前几行将存成")).to_be_visible()
    expect(page.get_by_text("2024-05-01 08:00:00+08:00")).to_be_visible()
    expect(page.locator(".odd")).to_contain_text("2042-05-12")
    expect(page.locator("tr", has_text="设计洪水位").first).to_contain_text("2024-05-20")
    shot(page, "preview")
    page.fill("input[name=profile_name]", "石桥记录仪")
    page.get_by_role("button", name="存为方案").click()
    expect(page.locator(".notice.done")).to_contain_text("石桥记录仪")
    page.locator(".commit .act").click()
    expect(page.locator("h1")).to_contain_text("导入 1", timeout=20_000)
    expect(page.get_by_text("被拒的行")).to_be_visible()
    shot(page, "report")
    assert rows(room.database, t.imported)[0].names == ["石桥记录仪.csv"]
    page.get_by_role("button", name="整个撤回").click()
    expect(page.locator("h1")).to_contain_text("已撤回")
    page.goto(f"{address}/imports")
    expect(page.locator("tr", has_text="#1")).to_contain_text("已撤回")
    shot(page, "imports")


def test_an_archive_is_shown_file_by_file(engineer: Page, address: str, tmp_path: Path) -> None:
    path = tmp_path / "记录.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("一月/石桥.csv", table(20))
        made.writestr("二月/石桥.csv", table(10, peak=3))
        made.writestr("说明.txt", "hello")
    page = engineer
    page.goto(f"{address}/imports")
    page.set_input_files("input[name=files]", str(path))
    page.click("#upload .act")
    page.fill("input[name=station]", RESERVOIR)
    correct(page)
    page.get_by_role("button", name="重新预览").click()
    expect(page.locator("h3", has_text="记录.zip/二月/石桥.csv")).to_be_visible()
    expect(page.locator("tr", has_text="记录.zip/说明.txt")).to_be_visible()
    shot(page, "archive")
