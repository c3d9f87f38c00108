"""One stack with campaigns and one browser for each file of tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from orchestrator.policy.roles import Role
from tests.support.browser import chromium, open_browser, open_window
from tests.support.pages_shown import fill, sign_in_path
from tests.support.stack_run import StackRun, stack_and_simulator

HANGS_S = 600  # for each test; the first of a file starts a stack

OpenPage = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(HANGS_S))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def stack(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackRun]:
    """Return a stack without campaigns; there is a browser, or this is not reached."""
    assert chromium()
    with stack_and_simulator(tmp_path_factory.mktemp("stack") / "data", time_scale=1) as (started, _):
        yield started


@pytest.fixture(scope="module")
def campaigns(stack: StackRun) -> dict[str, str]:
    """Return the ids of campaigns by their state: `running`, `draft`, `waiting`."""
    return fill(stack, contacts=300)


@pytest.fixture
def open_page(browser: Browser, stack: StackRun) -> Iterator[OpenPage]:
    """Return what opens a page in a window of its own, signed in with a role; options are those of `open_window`.

    Whatever a page says in its console as an error fails the test: a script, or what the policy forbids.
    """
    windows, said = [], []

    def open_one(path: str, *, role: Role | None = Role.ADMIN, **more: object) -> Page:
        window = open_window(browser, stack.rest.url, **more)  # type: ignore[arg-type]
        windows.append(window)
        page = window.new_page()
        page.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        if role is not None:
            page.goto(sign_in_path(stack.folder, role))
            page.get_by_role("button", name="Sign in").click()
            expect(page.locator("#who")).to_be_visible()
        page.goto(path)
        return page

    yield open_one
    for window in windows:
        window.close()
    assert not [line for line in said if "Failed to load resource" not in line]
