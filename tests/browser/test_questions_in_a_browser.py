"""What a button asks opens within the window, however wide it is."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import OpenPage
from tests.support.rest import fresh_number
from tests.support.stack_run import StackRun


@pytest.fixture(scope="module")
def paths(stack: StackRun, campaigns: dict[str, str]) -> list[str]:
    """Return the pages whose buttons ask something, each with a row that has such a button."""
    [known] = stack.rest.get(f"/v1/contacts?campaign_id={campaigns['waiting']}&limit=1")["data"]
    ada = {"name": "Ada", "login": "ada", "role": "operator", "password": "correct horse battery"}
    user = stack.rest.post("/v1/users", ada)["id"]
    stack.rest.post("/v1/keys", {"name": "Nightly export", "role": "viewer"})
    stack.rest.post("/v1/suppressions", {"phone": fresh_number(), "reason": "asked for it"})
    of_things = [f"/people/{known['id']}", f"/campaigns/{campaigns['waiting']}", f"/users/{user}"]
    return [*of_things, "/users", "/keys", "/blocked"]


@pytest.mark.parametrize("width", [390, 640, 700, 899, 900, 1024])
def test_what_a_button_asks_opens_within_the_window(open_page: OpenPage, paths: list[str], width: int) -> None:
    page = open_page("/")
    page.set_viewport_size({"width": width, "height": 900})

    opened = 0
    for path in paths:
        page.goto(path)
        opened += _check_questions(page, width)
    assert opened >= 3 * len(paths)


def _check_questions(page: Page, width: int) -> int:
    """Open each question of the page in turn; return how many there are."""
    asking = page.locator("details.confirm").all()
    for details in asking:
        details.locator("summary").click()
        button, asked = details.locator("summary").bounding_box(), details.locator(".pop").bounding_box()
        assert button and asked, page.url
        where = (page.url, details.get_attribute("id"), button, asked)
        assert asked["x"] >= 0 and asked["x"] + asked["width"] <= width, where
        assert asked["y"] >= button["y"] + button["height"], where
        page.keyboard.press("Escape")
    return len(asking)
