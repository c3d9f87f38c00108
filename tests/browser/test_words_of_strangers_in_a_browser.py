"""Words of strangers in a real browser, without the policy that would forbid scripts: none runs, none is drawn."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from orchestrator.store.redis.event_streams import add_webhook
from orchestrator.store.redis.keys import Keys
from tests.browser.conftest import OpenPage
from tests.support.personal_traces import ASKS
from tests.support.poll import eventually
from tests.support.rest import AT_ANY_HOUR, fresh_number
from tests.support.stack_run import CALLER_ID, CONNECTION, StackRun
from tests.support.strangers import PAYLOADS, first_webhook, last_webhook, later_webhooks

SAYS_WHAT_RAN = "window.ran = false; window.planted = () => { window.ran = true; };"


@pytest.fixture(scope="module")
def calls(stack: StackRun) -> dict[str, str]:
    """Let strangers call who say each of the payloads, and webhooks go astray; return the ids of calls by payload."""
    stack.rest.send("/v1/flows", ASKS, media="application/yaml")
    stack.rest.post("/v1/numbers", {"number": CALLER_ID, "flow": "asks"})
    legs = {words: f"v3:stranger-{n}" for n, words in enumerate(PAYLOADS)}
    where = {"to": CALLER_ID, "connection": CONNECTION}
    with stack.redis() as client:
        for words, leg in legs.items():
            add_webhook(client, Keys(), first_webhook(words, leg=leg, **where))
            add_webhook(client, Keys(), first_webhook(words, leg=words, to="+12025550199", connection=CONNECTION))
            add_webhook(client, Keys(), words.encode())
        made = eventually(lambda: _made(stack, legs), within=60)
        for words, call_id in made.items():
            for raw in later_webhooks(words, call_id, leg=legs[words], **where):
                add_webhook(client, Keys(), raw)
            add_webhook(client, Keys(), last_webhook(words, call_id, leg=legs[words], **where))
    eventually(lambda: all(stack.rest.get(f"/v1/calls/{each}")["transcript"] for each in made.values()), within=60)
    eventually(lambda: len(stack.rest.get("/v1/events/orphans")["data"]) >= len(PAYLOADS), within=120)
    return made


@pytest.fixture(scope="module")
def person(stack: StackRun) -> str:
    """Let somebody be known by the payloads and have typed one; return the contact's id."""
    flow = ASKS.replace("name: asks", "name: asks_a_person")
    stack.rest.send("/v1/flows", flow, media="application/yaml")
    document = {"name": "Asks", "flow": "asks_a_person", "caller_ids": [CALLER_ID], **AT_ANY_HOUR}
    campaign = stack.rest.post("/v1/campaigns", document)["id"]
    known = {f"said_{n}": words for n, words in enumerate(PAYLOADS)} | {"first_name": PAYLOADS[0]}
    contact = {"phone": fresh_number(), "external_id": PAYLOADS[1], "variables": known}
    stack.rest.post(f"/v1/campaigns/{campaign}/contacts", {"contacts": [contact]})
    [made] = stack.rest.get(f"/v1/contacts?campaign_id={campaign}")["data"]
    return str(made["id"])


def test_no_word_of_a_stranger_runs_or_becomes_a_part_of_a_page(
    open_page: OpenPage, stack: StackRun, calls: dict[str, str], person: str
) -> None:
    page = open_page("/operations", bypass_csp=True)
    page.context.add_init_script(SAYS_WHAT_RAN)

    for words, call_id in calls.items():
        page.goto(f"/calls/{call_id}")
        _check(page, words)
    for path in ("/calls", "/operations/orphans", "/operations/dead"):
        page.goto(path)
        _check(page, *PAYLOADS)
    page.goto("/people")
    _check(page, PAYLOADS[0])
    for path, said in ((f"/people/{person}", PAYLOADS), ("/operations", ())):
        page.goto(path)
        _check(page, *said)
        with page.expect_response(lambda answer: "/live?" in answer.url and answer.status in (200, 304)):
            pass
        _check(page, *said)


def _made(stack: StackRun, legs: dict[str, str]) -> dict[str, str] | None:
    """Return the calls by payload, once there is one for each."""
    by_leg = {each["call_control_id"]: each["id"] for each in stack.rest.get("/v1/calls?direction=inbound")["data"]}
    return {words: by_leg[leg] for words, leg in legs.items()} if by_leg.keys() >= set(legs.values()) else None


def _check(page: Page, *said: str) -> None:
    """Fail where a payload has run, has planted an element or an attribute, or does not stand there as text."""
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert page.evaluate("window.ran") is False, page.url
    for planted in ("#planted", "iframe", "base", "[onfocus]", "[onerror]", "[onload]", "[ontoggle]", "main script"):
        assert page.locator(planted).count() == 0, (page.url, planted)
    text = page.evaluate("document.body.textContent")
    assert str(7191 * 7193) not in text, page.url
    for words in said:
        assert words in text, (page.url, words)
