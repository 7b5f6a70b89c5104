"""A real browser before a real server: fixtures of the browser tests."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from floodwatch.model.people import Role
from floodwatch.web import WebServer

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# What sticks out of its card or of the screen, as words; an empty list when nothing does.
CUT = """() => {
  const wide = document.documentElement.scrollWidth - window.innerWidth;
  const cards = [...document.querySelectorAll('.panel:not(.chart-panel), .needs, .needs .card')];
  const cut = cards.filter((e) => e.offsetParent && e.scrollWidth > e.clientWidth + 1);
  for (const cell of document.querySelectorAll('.panel td, .panel th')) {
    const card = cell.closest('.panel').getBoundingClientRect();
    if (cell.offsetParent && cell.getBoundingClientRect().right > card.right + 1) cut.push(cell);
  }
  const told = cut.map((e) => e.dataset.panel || e.className || e.textContent.slice(0, 40));
  return wide > 0 ? [`page +${wide}`, ...told] : told;
}"""
needs_chromium = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs /usr/bin/chromium"),
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for the file."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """A served application."""
    server = WebServer(app, host="127.0.0.1", port=0)
    server.start()
    yield f"http://127.0.0.1:{server.port}"
    server.stop()


def watched(context: BrowserContext, address: str, wrong: list[str]) -> Page:
    """A page whose console errors and requests that leave the host are collected."""
    made = context.new_page()
    made.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
    made.on("pageerror", lambda e: wrong.append(str(e)))
    inside = (address, "data:", "blob:")
    made.on("request", lambda r: None if r.url.startswith(inside) else wrong.append(r.url))
    return made


@pytest.fixture
def page(chromium: Browser, address: str, sign_in: Callable[[str], FlaskClient]) -> Iterator[Page]:
    """An engineer's; every console error and every request that leaves the host fails the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN")
    cookie = sign_in(Role.ENGINEER).get_cookie("floodwatch")
    assert cookie
    context.add_cookies([{"name": "floodwatch", "value": cookie.value, "url": address}])
    wrong: list[str] = []
    yield watched(context, address, wrong)
    context.close()
    assert wrong == []
