"""People and calls in a real browser: found, understood, called at a time, blocked."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.support.browser import check_everybody_can_use
from tests.support.pages_shown import record
from tests.support.poll import eventually
from tests.support.stack_run import StackRun


def test_a_person_is_found_understood_and_called_at_a_time(
    open_page: OpenPage, campaigns: dict[str, str], stack: StackRun
) -> None:
    [known] = stack.rest.get(f"/v1/contacts?campaign_id={campaigns['waiting']}&limit=1")["data"]
    page = open_page("/people")

    page.get_by_label("Name, phone or other words").fill(known["phone"])
    page.get_by_role("button", name="Show").click()
    page.get_by_role("row", name=re.compile("Parcel notices")).get_by_role("link").first.click()
    expect(page.locator("#live")).to_contain_text("not called yet")
    expect(page.locator("#live")).to_contain_text("outside the calling hours")
    page.get_by_text("Call at …").click()
    page.get_by_label(re.compile("When, by the clock in")).fill("2030-01-15T15:00")
    page.get_by_role("button", name="Call then").click()

    expect(page.get_by_role("status").filter(has_text="We call then, first in line.")).to_be_visible()
    assert stack.rest.get(f"/v1/contacts/{known['id']}")["not_before"].startswith("2030-01-15T")
    expect(page.locator("#live")).to_contain_text(re.compile("Jan 2030"))


def test_many_people_are_counted_and_then_changed_together(
    open_page: OpenPage, campaigns: dict[str, str], stack: StackRun
) -> None:
    def priorities() -> set[int]:
        return {each["priority"] for each in stack.rest.get(f"/v1/contacts?campaign_id={campaigns['draft']}")["data"]}

    page = open_page("/people")
    page.get_by_label("Campaign", exact=True).select_option(campaigns["draft"])
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="Change such people").click()
    priority = page.get_by_label("Priority", exact=True)
    expect(priority).to_be_hidden()
    page.get_by_label("Set their priority").check()
    page.get_by_role("button", name="Count them").click()
    expect(priority).to_have_attribute("aria-invalid", "true")
    priority.fill("7")
    page.get_by_role("button", name="Count them").click()
    expect(
        page.get_by_role("status").filter(has_text="5 people are like that, and 5 would be changed.")
    ).to_be_focused()
    check_everybody_can_use(page)
    assert priorities() == {0}, "who counts changes nobody"
    page.get_by_role("button", name="Set the priority: 5").click()

    expect(page.get_by_role("status").filter(has_text="They have the priority now: 5 contacts.")).to_be_visible()
    assert priorities() == {7}


def test_a_call_is_a_ladder_with_the_same_as_a_table(
    open_page: OpenPage, campaigns: dict[str, str], stack: StackRun
) -> None:
    asked = f"/v1/calls?campaign_id={campaigns['running']}&disposition=answered&limit=1"
    [call] = eventually(lambda: stack.rest.get(asked)["data"], within=60)
    page = open_page(f"/calls/{call['id']}")

    expect(page.get_by_role("img", name="Callee, carrier and engine")).to_be_visible()
    expect(page.locator("svg.ladder")).to_contain_text("answered")
    page.get_by_text("As a table, with everything that was told").click()
    expect(page.get_by_role("cell", name="speak", exact=True).first).to_be_visible()


def test_a_recording_is_found_by_its_number_and_plays_from_where_one_wants(
    open_page: OpenPage, campaigns: dict[str, str], stack: StackRun
) -> None:
    asked = f"/v1/recordings?campaign_id={record(stack, contacts=12)}&status=fetched&limit=1"
    [recording] = eventually(lambda: stack.rest.get(asked)["data"], within=120)
    page = open_page("/recordings")
    row = page.get_by_role("row", name=re.compile(re.escape(recording["to"])))
    expect(row).to_contain_text("Feedback")

    audio = row.locator("audio")
    audio.evaluate("audio => { audio.muted = true; return audio.play() }")
    eventually(lambda: audio.evaluate("audio => audio.currentTime") > 0, within=30)
    middle = recording["duration_s"] / 2
    audio.evaluate(
        "(audio, at) => new Promise(done => { audio.pause(); audio.onseeked = done; audio.currentTime = at })", middle
    )

    assert audio.evaluate("audio => audio.currentTime") == pytest.approx(middle, abs=0.1)
    assert audio.evaluate("audio => audio.duration") == pytest.approx(recording["duration_s"], abs=1.0)


def test_a_number_is_blocked_and_lifted_by_keyboard_alone(open_page: OpenPage, stack: StackRun) -> None:
    page = open_page("/blocked")

    page.get_by_text("Block a number").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Phone", exact=True)).to_be_focused()
    page.keyboard.type("+12025550144")
    page.keyboard.press("Tab")
    page.keyboard.type("asked for it")
    page.keyboard.press("Enter")
    expect(page.get_by_role("row", name=re.compile(r"\+12025550144.*asked for it"))).to_be_visible()

    page.get_by_role("row", name=re.compile(r"\+12025550144")).get_by_text("Lift", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator("[id^=because-]")).to_be_focused()
    page.keyboard.type("a mistake")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="may be called again")).to_be_visible()
    assert stack.rest.get("/v1/suppressions?phone=%2B12025550144")["data"] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_the_pages_of_people_at_each_width(
    open_page: OpenPage, campaigns: dict[str, str], stack: StackRun, scheme: str
) -> None:
    [known] = stack.rest.get(f"/v1/contacts?campaign_id={campaigns['running']}&limit=1")["data"]
    [call] = eventually(lambda: stack.rest.get("/v1/calls?limit=1")["data"], within=60)
    person = f"/people/{known['id']}"
    many = {"filter": {"campaign_id": campaigns["waiting"]}, "action": "set_priority", "priority": 1}
    changed = stack.rest.post("/v1/contacts/bulk", many)["id"]
    paths = [
        f"/people/change?campaign_id={campaigns['waiting']}&outcome=heard",
        "/people/change",
        f"/changes/{changed}",
    ]
    paths += ["/people", person, f"{person}/edit", "/calls", f"/calls/{call['id']}", "/recordings", "/blocked"]
    page = open_page("/people", scheme=scheme)

    for path in paths:
        page.goto(path)
        check_everybody_can_use(page)
