"""A real browser: the Chromium that is installed here, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

_SERIOUS = ("serious", "critical")
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_WAITS_MS = 30_000  # of a busy machine; a page polls every two seconds for what changes by itself
expect.set_options(timeout=_WAITS_MS)
WIDTHS = {1440: 900, 1024: 768, 390: 844}
"""Widths at which pages are looked at, with their heights: a desk, a tablet, a phone."""


def chromium() -> str | None:
    """Return the path of a Chromium, or None; BROWSER_TESTS=required makes its absence a failure."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None and os.environ.get("BROWSER_TESTS") == "required":
        pytest.fail("BROWSER_TESTS=required, and no Chromium is installed: apt-get install chromium")
    return found


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Yield a browser; the test is skipped where none is installed."""
    path = chromium()
    if path is None:
        pytest.skip("no Chromium on this machine: tests in a browser are skipped (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def open_window(browser: Browser, url: str, *, width: int = 1440, scheme: str = "light", **more: Any) -> BrowserContext:
    """Return a window of its own, without cookies; a page that takes longer than half a minute fails the test."""
    context = browser.new_context(
        base_url=url,
        viewport={"width": width, "height": WIDTHS.get(width, 900)},
        color_scheme="dark" if scheme == "dark" else "light",
        timezone_id="Africa/Johannesburg",
        locale="en-GB",
        **more,
    )
    context.set_default_timeout(_WAITS_MS)
    return context


def check_everybody_can_use(page: Page) -> None:
    """Fail on what axe finds that keeps somebody from using the page, and where it is wider than one of the widths."""
    found = Axe().run(page).response["violations"]
    serious = [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found if each["impact"] in _SERIOUS]
    assert not serious, page.url
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{page.url} is {wide} wide at {width}"
