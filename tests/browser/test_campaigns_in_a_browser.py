"""Campaigns in a real browser: what is seen, what changes by itself, and what a click does."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from orchestrator.policy.roles import Role
from tests.browser.conftest import OpenPage
from tests.support.browser import check_everybody_can_use
from tests.support.poll import eventually
from tests.support.rest import fresh_number
from tests.support.stack_run import StackRun


def test_who_opens_the_link_is_signed_in_and_sees_the_campaigns(open_page: OpenPage, campaigns: dict[str, str]) -> None:
    page = open_page("/")

    expect(page.get_by_role("heading", name="Campaigns")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Parcel notices.*100 wait for their calling hours"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Survey after the visit.*not started yet"))).to_be_visible()


def test_a_campaign_is_paused_within_two_clicks_and_the_page_shows_it(
    open_page: OpenPage, campaigns: dict[str, str], stack: StackRun
) -> None:
    page, other = open_page("/"), open_page(f"/campaigns/{campaigns['waiting']}", role=Role.VIEWER)
    expect(other.locator("#live .badge").first).to_have_text("running")

    page.get_by_role("link", name="Parcel notices").click()
    page.get_by_role("button", name="Pause").click()

    expect(page.get_by_role("status").filter(has_text="It is paused.")).to_be_visible()
    assert stack.rest.get(f"/v1/campaigns/{campaigns['waiting']}")["status"] == "paused"
    expect(other.locator("#live .badge").first).to_have_text("paused")  # by itself
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("status").filter(has_text="It goes on.")).to_be_visible()


def test_all_dialing_stops_in_two_clicks_with_a_reason_and_everybody_sees_it(
    open_page: OpenPage, campaigns: dict[str, str], stack: StackRun
) -> None:
    page, viewer = open_page("/"), open_page("/", role=Role.VIEWER)

    page.locator("summary", has_text="Stop all").click()
    expect(page.locator("details.confirm[open] input:not([type=hidden])")).to_be_focused()
    page.keyboard.type("wrong price in the offer")
    page.get_by_role("button", name="Stop all dialing").click()

    for each in (page, viewer):
        expect(each.locator("#banner")).to_contain_text("wrong price in the offer")
    assert stack.rest.get("/v1/dialing")["reason"] == "wrong price in the offer"
    expect(viewer.get_by_role("button", name="Resume dialing")).to_have_count(0)
    page.get_by_role("button", name="Resume dialing").click()
    expect(page.locator("#banner")).to_be_empty()
    expect(viewer.locator("#banner")).to_be_empty()
    assert stack.rest.get("/v1/dialing")["stopped"] is False


def test_times_are_those_of_the_viewer_with_the_campaigns_beside_them(
    open_page: OpenPage, campaigns: dict[str, str]
) -> None:
    page = open_page("/")

    expect(page.get_by_role("row", name=re.compile(r"22:00 \(10:00 in Kiritimati\)"))).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_the_pages_at_each_width(open_page: OpenPage, campaigns: dict[str, str], scheme: str) -> None:
    forms = ("edit", "add", "add/file", "flow", "test-call", "clone", "redial")
    paths = ["/", *(f"/campaigns/{each}" for each in campaigns.values()), "/nowhere"]
    paths += [f"/campaigns/{campaigns['running']}/{form}" for form in forms]
    page = open_page("/", scheme=scheme)

    for path in paths:
        page.goto(path)
        for details in page.locator("main form.panel details").all():
            details.evaluate("each => each.open = true")
        check_everybody_can_use(page)


def test_a_campaign_is_paused_by_the_keyboard_alone(open_page: OpenPage, campaigns: dict[str, str]) -> None:
    page = open_page(f"/campaigns/{campaigns['waiting']}")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Pause":
            break
    page.keyboard.press("Enter")

    expect(page.locator("#live .badge").first).to_have_text("paused")
    page.get_by_role("button", name="Resume").click()


def test_a_button_that_has_the_focus_keeps_it_when_its_part_of_the_page_changes(
    open_page: OpenPage, campaigns: dict[str, str], stack: StackRun
) -> None:
    page = open_page(f"/campaigns/{campaigns['draft']}")
    start = page.get_by_role("button", name="Start", exact=True)
    start.focus()

    person = {"phone": fresh_number(), "variables": {"first_name": "Ann"}}
    stack.rest.post(f"/v1/campaigns/{campaigns['draft']}/contacts", {"contacts": [person]})

    expect(page.get_by_role("img", name="0 of 6 contacts are done")).to_be_visible()
    expect(start).to_be_focused()


def test_pages_work_without_the_script(open_page: OpenPage, campaigns: dict[str, str]) -> None:
    page = open_page("/", java_script_enabled=False)

    page.locator("summary", has_text="Stop all").click()
    page.get_by_role("button", name="Stop all dialing").click()
    expect(page.locator("#banner")).to_contain_text("All dialing is stopped.")
    page.get_by_role("button", name="Resume dialing").click()
    expect(page.locator("#banner")).to_be_empty()


def test_a_page_says_when_it_is_no_longer_up_to_date(open_page: OpenPage, campaigns: dict[str, str]) -> None:
    page = open_page("/")
    expect(page.locator("#offline")).to_be_hidden()

    page.route("**/live?*", lambda route: route.abort())
    expect(page.locator("#offline")).to_be_visible()
    page.unroute_all()

    expect(page.locator("#offline")).to_be_hidden()


def test_a_page_left_open_goes_to_sign_in_when_the_session_has_ended(
    open_page: OpenPage, campaigns: dict[str, str]
) -> None:
    page = open_page(f"/campaigns/{campaigns['draft']}")
    other = page.context.new_page()

    other.goto("/")
    other.locator("#who summary").click()
    other.get_by_role("button", name="Sign out", exact=True).click()

    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_wrong_value_is_said_beside_its_field_and_mended_there(
    open_page: OpenPage, campaigns: dict[str, str], stack: StackRun
) -> None:
    page = open_page(f"/campaigns/{campaigns['draft']}/edit")

    page.get_by_label("Calls at once, at most").fill("many")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Calls at once, at most")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Calls at once, at most").fill("7")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("status").filter(has_text="It is changed")).to_be_visible()
    assert stack.rest.get(f"/v1/campaigns/{campaigns['draft']}")["pacing"]["max_live_calls"] == 7


def test_two_people_who_edit_the_hours_of_a_campaign_lose_nothing(
    open_page: OpenPage, campaigns: dict[str, str], stack: StackRun
) -> None:
    place = f"/campaigns/{campaigns['draft']}/edit"
    mine, theirs = open_page(place), open_page(place, java_script_enabled=False)
    theirs.get_by_label("Tags").fill("theirs")
    theirs.get_by_role("button", name="Save").click()
    expect(theirs.get_by_role("status").filter(has_text="It is changed")).to_be_visible()

    mine.get_by_label("It calls", exact=True).select_option("in the windows below")
    mine.get_by_text("More windows").click()
    second = mine.get_by_role("group", name="Window 2")
    second.get_by_label("Sun").check()
    second.get_by_label("From").fill("10:00")
    second.get_by_label("To").fill("12:00")
    mine.get_by_role("button", name="Save").click()
    expect(mine.get_by_role("alert")).to_contain_text("Somebody has changed this campaign")
    check_everybody_can_use(mine)
    expect(second.get_by_label("Sun")).to_be_checked()
    expect(mine.get_by_label("Tags")).to_have_value("theirs")
    mine.get_by_role("button", name="Save").click()

    expect(mine.get_by_role("status").filter(has_text="It is changed")).to_be_visible()
    stored = stack.rest.get(f"/v1/campaigns/{campaigns['draft']}")
    assert stored["calling_hours"]["windows"][1] == {"days": ["sun"], "start": "10:00", "end": "12:00"}
    assert stored["tags"] == ["theirs"]


def test_who_is_done_is_called_again_once_it_is_counted(
    open_page: OpenPage, campaigns: dict[str, str], stack: StackRun
) -> None:
    done = f"/v1/contacts?campaign_id={campaigns['running']}&status=completed&limit=1"
    eventually(lambda: stack.rest.get(done)["data"], within=120)
    page = open_page(f"/campaigns/{campaigns['running']}")

    page.get_by_role("link", name="Call again").click()
    page.get_by_role("group", name="How they ended").get_by_label(re.compile("completed")).check()
    page.get_by_role("button", name="Count them").click()
    expect(page.get_by_role("status").filter(has_text="would be called again.")).to_be_visible()
    assert not _redialed(stack, campaigns["running"]), "who counts calls nobody"
    page.get_by_role("button", name="Call them again").click()

    expect(page.get_by_role("status").filter(has_text=re.compile("called again"))).to_be_visible()
    assert _redialed(stack, campaigns["running"])


def _redialed(stack: StackRun, campaign: str) -> list[dict[str, str]]:
    deeds: list[dict[str, str]] = stack.rest.get(f"/v1/audit?subject={campaign}")["data"]
    return [deed for deed in deeds if deed["action"].endswith("/redial")]


def test_results_are_downloaded(open_page: OpenPage, campaigns: dict[str, str]) -> None:
    page = open_page(f"/campaigns/{campaigns['waiting']}")

    page.locator("summary", has_text="Export").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()

    assert len(download.value.path().read_text().splitlines()) == 101
