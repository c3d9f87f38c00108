"""Operations and access in a real browser: a dead letter is replayed, a key is made, people sign in."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Response, Route, expect

from orchestrator.policy.roles import Role
from orchestrator.store.redis.keys import Keys
from tests.browser.conftest import OpenPage
from tests.support.browser import check_everybody_can_use
from tests.support.pages_shown import sign_in_path
from tests.support.stack_run import StackRun

WHY = "the disk was full"
FIRST, ANOTHER = "correct horse battery", "staple the battery twice"


@pytest.fixture
def letter(stack: StackRun) -> str:
    """Set a webhook of no known call aside as a dead letter; return its id."""
    raw = b'{"data":{"record_type":"event","event_type":"call.answered","id":"1","payload":{}}}'
    with stack.redis() as client:
        entry = client.xadd(Keys().dead, {"stream": Keys().events, "entry": "1-0", "error": WHY, "raw": raw})
    return entry.decode().replace("-", "_")


def test_a_dead_letter_is_replayed(open_page: OpenPage, stack: StackRun, letter: str) -> None:
    page = open_page("/operations")
    row = page.get_by_role("row", name=re.compile(letter))

    expect(row).to_contain_text(WHY)
    row.get_by_role("button", name="Replay").click()

    expect(page.get_by_role("status").filter(has_text="What fails once more comes back here.")).to_be_visible()
    expect(row).to_have_count(0)
    assert letter not in {each["id"] for each in stack.rest.get("/v1/events/dead")["data"]}


def test_a_key_is_made_and_revoked(open_page: OpenPage, stack: StackRun) -> None:
    page = open_page("/keys")

    page.get_by_text("Make a key").click()
    page.get_by_label("For which program").fill("Reporting")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_label("Key", exact=True)).to_have_value(re.compile(".{20}"))
    check_everybody_can_use(page)
    page.get_by_role("link", name="I have it").click()
    page.set_viewport_size({"width": 700, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 700
    row = page.get_by_role("row", name=re.compile("Reporting"))
    row.get_by_text("Revoke", exact=True).click()
    sure = row.get_by_role("button", name="Revoke the key")
    expect(sure).to_be_focused()
    assert page.locator(".panel.flush").evaluate("each => each.scrollTop") == 0, "the panel cuts the question off"
    sure.click()

    expect(row).to_contain_text("revoked")
    [reporting] = [each for each in stack.rest.get("/v1/keys")["data"] if each["name"] == "Reporting"]
    assert reporting["revoked_at"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_the_pages_of_operators_at_each_width(
    open_page: OpenPage, stack: StackRun, letter: str, scheme: str
) -> None:
    login = f"ada-{scheme}"
    ada = {"name": "Ada", "login": login, "role": "operator", "password": "correct horse battery"}
    user = stack.rest.post("/v1/users", ada)["id"]
    stack.rest.post("/v1/keys", {"name": "Nightly export", "role": "viewer"})
    page = open_page("/operations", scheme=scheme)
    expect(page.get_by_role("row", name=re.compile(letter))).to_be_visible()

    paths = ("/operations", "/operations/dead", "/operations/orphans", "/users", f"/users/{user}", "/keys", "/audit")
    for path in paths:
        page.goto(path)
        for details in page.locator("main details").all():
            details.evaluate("each => each.open = true")
        check_everybody_can_use(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_somebody_signs_in_for_the_first_time_and_takes_a_password_of_their_own(
    open_page: OpenPage, stack: StackRun, scheme: str
) -> None:
    login = f"grace-{scheme}"
    stack.rest.post("/v1/users", {"name": "Grace", "login": login, "role": "operator", "password": FIRST})
    page = open_page("/people", role=None, scheme=scheme)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    check_everybody_can_use(page)

    page.get_by_label("Login").fill(login)
    page.get_by_label("Password").fill("a wrong password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    check_everybody_can_use(page)
    expect(page.get_by_label("Login")).to_have_value(login)
    page.get_by_label("Password").fill(FIRST)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="People")).to_be_visible()  # where one wanted to go
    expect(page.locator("#who")).to_contain_text("Grace")

    page.goto("/password")
    check_everybody_can_use(page)
    page.get_by_label("Present password").fill(FIRST)
    page.get_by_label("New password").fill(ANOTHER)
    page.get_by_role("button", name="Change it").click()
    expect(page.get_by_role("status").filter(has_text="Your password is changed.")).to_be_visible()
    again = open_page("/sign-in", role=None)
    again.get_by_label("Login").fill(login)
    again.get_by_label("Password").fill(ANOTHER)
    again.get_by_role("button", name="Sign in").click()
    expect(again.locator("#who")).to_contain_text("Grace")


def test_everybody_can_use_the_page_of_a_link(open_page: OpenPage, stack: StackRun) -> None:
    page = open_page(sign_in_path(stack.folder, Role.VIEWER), role=None)

    check_everybody_can_use(page)


def test_a_form_on_its_way_is_not_cut_off_when_its_session_ends(open_page: OpenPage, stack: StackRun) -> None:
    user = stack.rest.post("/v1/users", {"name": "Eve", "login": "eve", "role": "operator", "password": FIRST})
    page = open_page("/password", role=None)
    page.get_by_label("Login").fill("eve")
    page.get_by_label("Password").fill(FIRST)
    page.keyboard.press("Enter")
    page.get_by_label("Present password").fill(FIRST)
    page.get_by_label("New password").fill(ANOTHER)
    sent: list[Route] = []
    page.route(f"{stack.rest.url}/password", lambda held: sent.append(held))  # noqa: PLW0108 Playwright needs a function

    page.get_by_role("button", name="Change it").click(no_wait_after=True)
    with page.expect_response(_is_over):
        stack.rest.ask("PATCH", f"/v1/users/{user['id']}", json={"disabled": True})
    with page.expect_response(_is_over):  # the page asks again instead of being loaded anew
        pass
    sent[0].continue_()

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert [each.request.method for each in sent] == ["POST"]


def _is_over(response: Response) -> bool:
    return response.status == 401
