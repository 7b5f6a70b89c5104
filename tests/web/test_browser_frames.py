"""The pages of telemetry in a real browser: nothing sticks out, the picture is seen."""

import io

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from floodwatch.model.telemetry import Picture
from floodwatch.store import pictures
from tests.web.browsing import CUT, needs_chromium
from tests.web.conftest import NOW, Room
from tests.web.small_district import RESERVOIR
from tests.web.test_frames import kept  # noqa: F401  fixture

pytestmark = needs_chromium


@pytest.fixture
def photographed(kept: Room) -> Room:  # noqa: F811
    """A picture that is one."""
    made = io.BytesIO()
    Image.effect_mandelbrot((640, 360), (-2, -1, 1, 1), 60).convert("RGB").save(made, "JPEG")
    with kept.database.write() as tx:
        taken = Picture(RESERVOIR, NOW, NOW, "image/jpeg", True, made.getvalue())
        pictures.keep(tx, [taken])
    return kept


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize(
    "path", ["/frames", "/frames/1", f"/stations/{RESERVOIR}", "/alerts/1", "/health"]
)
def test_nothing_sticks_out(
    page: Page, address: str, photographed: Room, path: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(address + path)
    expect(page.locator("h1")).to_be_visible()
    assert page.evaluate(CUT) == []


def test_the_newest_picture_is_seen_on_the_page_of_its_station(
    page: Page, address: str, photographed: Room
) -> None:
    page.goto(f"{address}/stations/{RESERVOIR}")
    shot = page.locator("figure.shot img")
    expect(shot).to_be_visible()
    shot.scroll_into_view_if_needed()
    page.wait_for_function("() => document.querySelector('figure.shot img').naturalWidth === 640")
