"""Makes the pictures of the README from the running demonstration.

python -m tests.service.pictures docs/images
"""

import contextlib
import re
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.service.running import Running

ROOT = Path(__file__).parents[2]
KEPT = "localStorage.setItem('sound', 'off'); localStorage.setItem('theme', 'dark')"
BROWSER = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


def main(target: Path) -> None:
    """Overview, station, alert, ledger and telephone at 04:40 of the storm; the 08:00 report."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        running = Running(ROOT / "config", Path(folder) / "data", options=("--demo",))
        with contextlib.closing(running), sync_playwright() as playwright:
            running.start()
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=BROWSER.split()
            )
            page = browser.new_page(viewport={"width": 1600, "height": 1000}, color_scheme="dark")
            page.add_init_script(KEPT)
            _enter(page, running)
            _storm(page)
            page.screenshot(path=target / "overview.png")
            page.goto(f"{running.address}/stations/61990003")
            page.wait_for_selector(".main-svg")
            page.wait_for_timeout(1500)
            page.screenshot(path=target / "station.png")
            _papers(page, running, target)
            page.set_viewport_size({"width": 390, "height": 844})
            page.goto(running.address)
            page.wait_for_timeout(1500)
            page.screenshot(path=target / "phone.png")
            page.set_viewport_size({"width": 1600, "height": 1000})
            _morning(page, running)
            page.screenshot(path=target / "bulletin.png")
            browser.close()


def _enter(page: Page, running: Running) -> None:
    log = (running.data.parent / "service.log").read_text("utf-8")
    link = re.findall(r"http://\S+/first-run/\S+", log)[-1]
    page.goto(link)
    page.locator("main form button").first.click()
    page.wait_for_selector("text=示范石桥水库")


def _papers(page: Page, running: Running, target: Path) -> None:
    """The alert of the silent reservoir with who was told, and the ledger of the calls."""
    page.goto(running.address)
    page.locator(".needs .card", has_text="示范石桥水库").first.locator("header a").click()
    page.wait_for_selector(".timeline li")
    page.screenshot(path=target / "alert.png")
    page.goto(f"{running.address}/calls/ledger")
    page.screenshot(path=target / "ledger.png")


def _morning(page: Page, running: Running) -> None:
    """Jump to 08:00 and open the report."""
    page.goto(running.address)
    page.get_by_role("button", name="08:00 水情日报").click()
    page.wait_for_function(
        "() => document.querySelector('#clock b').textContent >= '2026-06-18 08:00'",
        timeout=180_000,
    )
    page.goto(f"{running.address}/bulletin?date=2026-06-18")


def _storm(page: Page) -> None:
    """Jump to 04:25, let it run to 04:40 and stop the clock."""
    page.get_by_role("button", name="04:25 失测").click()
    page.wait_for_selector("text=04:4", timeout=90_000)
    page.get_by_role("button", name="暂停").click()
    page.wait_for_timeout(2500)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
