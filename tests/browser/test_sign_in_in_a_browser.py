"""Signing in in a real browser: with a password for the first time, by a link, and with another password."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from orchestrator.policy.roles import Role
from tests.browser.conftest import OpenPage
from tests.support.browser import check_everybody_can_use
from tests.support.pages_shown import sign_in_path
from tests.support.stack_run import StackRun

FIRST, ANOTHER = "correct horse battery", "staple the battery twice"


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
