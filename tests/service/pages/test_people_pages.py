"""The pages of people, calls, recordings and blocked numbers: what they say, and what their forms do."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from orchestrator.policy.roles import Role
from orchestrator.services import Services
from orchestrator.store.sql.pagination import LOOKED_AT
from tests.service.pages.conftest import SignIn
from tests.support.edit_form import form_of
from tests.support.ledger_rows import ended_call
from tests.support.rest import CONNECTION, Rest, fresh_number
from tests.support.visitor import Visitor, text_of

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}",
    "' autofocus onfocus='alert(1)",
]
# As many as a page looks at of those who wait, and as many who were busy, none of whom waits.
_MANY_PEOPLE = """
    INSERT INTO contacts (id, campaign_id, phone, zone, due_at, status, disposition)
    SELECT 'con_' || status || to_char(i, 'FM00000'), :campaign, '+1' || (CASE status WHEN 'waiting' THEN 3125550000
        ELSE 3135550000 END + i), 'America/New_York', now(), status, CASE status WHEN 'exhausted' THEN 'busy' END
    FROM generate_series(1, :most + 1) i, (VALUES ('waiting'), ('exhausted')) s(status)
"""
# Attempts that nobody is shown who does not ask for them.
_WITHDRAWN = """
    INSERT INTO calls (id, campaign_id, contact_id, connection_id, to_number, from_number, attempt, state, command_id,
        ring_limit_s, talk_limit_s, reserved_at, ended_at)
    SELECT 'call_' || substr(id, 5), campaign_id, id, :connection, phone, '+12125550100', 1, 'withdrawn', 'c', 30, 60,
        now(), now()
    FROM contacts WHERE campaign_id = :campaign
"""
NOBODY = "con_01ARZ3NDEKTSV4RRFFQ69G5FAV"


def person(rest: Rest, **fields: object) -> tuple[str, str]:
    """Add a person to a campaign of one's own; return ids of both, the person's first."""
    campaign = rest.campaign(name="Reminders")["id"]
    [contact] = rest.contacts(campaign, fresh_number(), **fields)
    return contact, campaign


def test_pages_without_anything_to_show_say_what_would_be_there(admin: Visitor) -> None:
    assert "Nobody is like that" in text_of(admin.get("/people?q=nobody+has+this+name"))
    assert "No call is like that" in text_of(admin.get("/calls?disposition=fax&to=%2B12025550199"))
    assert "No recording is like that" in text_of(admin.get("/recordings?status=failed"))
    assert "This number is not blocked" in text_of(admin.get("/blocked?phone=%2B12025550198"))


def test_a_page_of_none_with_others_behind_it_leads_on(admin: Visitor, rest: Rest, services: Services) -> None:
    campaign = rest.campaign()["id"]
    with services.sql.begin() as tx:
        tx.execute(text(_MANY_PEOPLE), {"campaign": campaign, "most": LOOKED_AT})
        tx.execute(text(_WITHDRAWN), {"campaign": campaign, "connection": CONNECTION, "most": LOOKED_AT})

    for path in (f"/calls?campaign_id={campaign}", "/people?status=waiting&disposition=busy"):
        page = admin.get(path)
        assert "None on this page, but there may be some behind it." in text_of(page), path
        assert 'rel="next"' in page.text, path


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/people?status=nonsense", "status"),
        ("/calls?to=12", "to"),
        ("/recordings?status=x", "status"),
        ("/blocked?phone=12", "phone"),
        ("/people?q=a%00b", "q"),
        ("/calls?outcome=%00", "outcome"),
    ],
)
def test_a_wrong_filter_is_said_and_nothing_is_listed(admin: Visitor, path: str, field: str) -> None:
    answer = admin.get(path)

    assert answer.status_code == 422, text_of(answer)
    assert f'name="{field}"' in answer.text


def test_calls_are_found_by_campaign_and_outcome(admin: Visitor, rest: Rest, services: Services) -> None:
    heard = ended_call(rest, services, outcome="heard", disposition="human")
    other = ended_call(rest, services, outcome="confirmed", disposition="human")
    rest.patch(f"/v1/campaigns/{heard['campaign']}", {"name": "Spring & summer"})
    place = f"/calls?campaign_id={heard['campaign']}"

    every = admin.get("/calls").text
    found = admin.get(f"{place}&outcome=heard&disposition=human").text

    assert f'<option value="{heard["campaign"]}">Spring &amp; summer</option>' in every
    assert f"/calls/{heard['call']}" in every and f"/calls/{other['call']}" in every
    assert f"/calls/{heard['call']}" in found and f"/calls/{other['call']}" not in found
    assert f'<option value="{heard["campaign"]}" selected>' in found and '<option value="heard">' in found
    assert f"/calls/{heard['call']}" not in admin.get(f"{place}&outcome=confirmed").text


@pytest.mark.parametrize("campaign", ["nonsense", "cmp_01ARZ3NDEKTSV4RRFFQ69G5FAV", "%00"])
def test_calls_of_no_campaign_are_none(admin: Visitor, campaign: str) -> None:
    page = admin.get(f"/calls?campaign_id={campaign}&outcome=heard")

    assert page.status_code in (200, 422) and "no such campaign" in page.text


def test_a_person_is_found_by_name_and_by_phone_as_people_write_it(admin: Visitor, rest: Rest) -> None:
    contact, _ = person(rest, variables={"first_name": "Zwanziger"})
    phone = rest.get(f"/v1/contacts/{contact}").json["phone"]
    national = f"({phone[2:5]}) {phone[5:8]}-{phone[8:]}"

    for asked in ("zwanz", national):
        page = admin.client.get("/people", query_string={"q": asked})
        assert contact in page.text, asked


def test_a_person_is_called_at_a_time_by_the_clock_of_the_person(admin: Visitor, rest: Rest) -> None:
    contact, _ = person(rest, timezone="America/Los_Angeles")

    answer = admin.send(f"/people/{contact}/call-at", {"at": "2030-01-15T15:00"})

    assert "We call then, first in line." in text_of(admin.follow(answer))
    changed = rest.get(f"/v1/contacts/{contact}").json
    assert (changed["not_before"], changed["priority"]) == ("2030-01-15T23:00:00.000Z", 1000)


@pytest.mark.parametrize("at", ["", "nonsense"])
def test_a_time_that_is_none_is_said_beside_its_field(admin: Visitor, rest: Rest, at: str) -> None:
    contact, _ = person(rest)

    answer = admin.send(f"/people/{contact}/call-at", {"at": at})

    assert answer.status_code == 422
    assert 'id="e-at"' in answer.text and rest.get(f"/v1/contacts/{contact}").json["not_before"] is None


def test_who_is_done_is_called_once_more_when_somebody_asks_for_it(admin: Visitor, rest: Rest) -> None:
    contact, campaign = person(rest)
    rest.post(f"/v1/campaigns/{campaign}/start")

    admin.send(f"/people/{contact}/done")
    assert rest.get(f"/v1/contacts/{contact}").json["status"] == "completed"
    assert "done" in text_of(admin.get(f"/people/{contact}"))

    admin.send(f"/people/{contact}/call-now")
    again = rest.get(f"/v1/contacts/{contact}").json
    assert again["status"] in ("waiting", "held") and again["priority"] == 1000


def test_what_is_known_of_a_person_is_changed_field_by_field(admin: Visitor, rest: Rest) -> None:
    contact, _ = person(rest, variables={"first_name": "Ada", "note": "old"})
    shown = rest.get(f"/v1/contacts/{contact}").json
    form = {"phone": shown["phone"], "timezone": "", "variables.first_name": "Ada", "variables.note": "new"}

    admin.send(f"/people/{contact}/edit", form)
    assert rest.get(f"/v1/contacts/{contact}").json["variables"] == {"first_name": "Ada", "note": "new"}

    refused = admin.send(f"/people/{contact}/edit", {**form, "phone": "12"})
    assert refused.status_code == 422 and 'id="e-phone"' in refused.text
    assert rest.get(f"/v1/contacts/{contact}").json["phone"] == shown["phone"]


def test_an_edit_of_a_person_keeps_what_somebody_else_has_changed_beside_it(admin: Visitor, rest: Rest) -> None:
    contact, _ = person(rest, variables={"first_name": "Ada", "note": "old", "lines": "one\ntwo"})
    form, phone = form_of(admin.get(f"/people/{contact}/edit").text), fresh_number()
    theirs = {"phone": phone, "variables": {"appointment": "Monday", "note": None}}
    rest.patch(f"/v1/contacts/{contact}", theirs)

    answer = admin.send(f"/people/{contact}/edit", form | {"variables.first_name": "Grace"})

    assert answer.status_code == 303, text_of(answer)
    after = rest.get(f"/v1/contacts/{contact}").json
    kept = {"appointment": "Monday", "lines": "one\ntwo"}
    assert (after["phone"], after["variables"]) == (phone, {"first_name": "Grace", **kept})


@pytest.mark.parametrize(
    ("field", "mine", "theirs"),
    [
        ("phone", fresh_number(), {"phone": fresh_number()}),
        ("timezone", "America/Chicago", {"timezone": "America/Denver"}),
        ("variables.first_name", "Grace", {"variables": {"first_name": "Eve"}}),
        ("variables.note", "mine", {"variables": {"note": None}}),
    ],
)
def test_an_edit_of_a_person_overwrites_nobodys_change_until_it_has_been_seen(
    admin: Visitor, rest: Rest, field: str, mine: str, theirs: dict[str, object]
) -> None:
    contact, _ = person(rest, timezone="America/New_York", variables={"first_name": "Ada", "note": "old"})
    place, form = f"/people/{contact}/edit", form_of(admin.get(f"/people/{contact}/edit").text) | {field: mine}
    rest.patch(f"/v1/contacts/{contact}", theirs)
    before = rest.get(f"/v1/contacts/{contact}").json

    refused = admin.send(place, form)

    assert refused.status_code == 412 and "Somebody has changed this person" in refused.text
    assert f'id="e-{field}"' in refused.text and "Somebody else has written here" in refused.text
    assert rest.get(f"/v1/contacts/{contact}").json == before
    again = form_of(refused.text)
    assert again[field] == mine
    assert admin.send(place, again).status_code == 303
    after = rest.get(f"/v1/contacts/{contact}").json
    assert (after["variables"].get(field.removeprefix("variables.")) or after[field]) == mine


def test_a_blocked_person_is_suppressed_at_once_and_lifting_is_on_record(admin: Visitor, rest: Rest) -> None:
    contact, _ = person(rest)
    phone = rest.get(f"/v1/contacts/{contact}").json["phone"]

    admin.send(f"/people/{contact}/block", {"reason": "asked for it"})
    assert rest.get(f"/v1/contacts/{contact}").json["status"] == "suppressed"
    listed = admin.client.get("/blocked", query_string={"phone": phone})
    assert "asked for it" in text_of(listed)
    [row] = rest.get(f"/v1/suppressions?phone=%2B{phone[1:]}").json["data"]

    admin.send(f"/blocked/{row['id']}/lift", {"because": "a mistake"})
    [lifted] = rest.get(f"/v1/suppressions?phone=%2B{phone[1:]}&include=lifted").json["data"]
    assert (lifted["because"], lifted["lifted_by"]) == ("a mistake", "link of tests")


def test_a_number_that_was_blocked_once_more_since_it_was_looked_at_stays_blocked(admin: Visitor, rest: Rest) -> None:
    phone = fresh_number()
    row = rest.post("/v1/suppressions", {"phone": phone}).json["id"]
    place, asked = f"/blocked/{row}/lift", {"because": "a mistake"}
    seen = admin.client.get("/blocked", query_string={"phone": phone}).text
    asked["seen"] = seen.partition('name="seen" value="')[2].partition('"')[0]
    rest.post("/v1/suppressions", {"phone": phone, "reason": "asked again"})

    refused = admin.follow(admin.send(place, asked))

    assert "blocked once more since you looked" in text_of(refused)
    assert rest.get(f"/v1/suppressions/{row}").json["status"] == "in_force"
    admin.send(place, asked | {"seen": "2"})
    assert rest.get(f"/v1/suppressions/{row}").json["status"] == "lifted"


@pytest.mark.parametrize("because", ["x" * 201, "a\0b"])
def test_a_reason_for_a_lift_that_is_none_is_refused(admin: Visitor, rest: Rest, because: str) -> None:
    row = rest.post("/v1/suppressions", {"phone": fresh_number()}).json["id"]

    answer = admin.send(f"/blocked/{row}/lift", {"because": because})

    assert answer.status_code == 422 and "because" in text_of(answer)
    assert rest.get(f"/v1/suppressions/{row}").json["status"] == "in_force"


def test_the_history_of_a_blocked_number_names_who_blocked_and_who_lifted(admin: Visitor, rest: Rest) -> None:
    contact, _ = person(rest)
    asked = {"phone": rest.get(f"/v1/contacts/{contact}").json["phone"], "include": "lifted"}

    admin.send(f"/people/{contact}/block", {"reason": "asked for it"})
    admin.send("/blocked", {"phone": asked["phone"], "reason": "asked again"})
    rest.post("/v1/suppressions", {"phone": asked["phone"]})
    [row] = rest.get("/v1/suppressions", query_string=asked).json["data"]

    assert [each["by"] for each in row["history"]] == ["link of tests", "link of tests", "api"]
    assert "by api" in text_of(admin.client.get("/blocked", query_string=asked))


def test_a_person_is_called_no_more_in_a_campaign_by_a_button(admin: Visitor, rest: Rest) -> None:
    contact, _ = person(rest)
    page = admin.get(f"/people/{contact}").text
    assert f'action="/people/{contact}/cancel"' in page

    said = admin.follow(admin.send(f"/people/{contact}/cancel", {"back": f"/people/{contact}"}))

    assert "called no more in this campaign" in text_of(said)
    assert f"/people/{contact}/cancel" not in said.text
    assert rest.get(f"/v1/contacts/{contact}").json["status"] == "canceled"


def test_a_number_that_is_none_is_not_blocked(admin: Visitor) -> None:
    answer = admin.send("/blocked", {"phone": "12"})

    assert answer.status_code == 422 and 'id="e-phone"' in answer.text


def test_an_erased_person_is_gone(admin: Visitor, rest: Rest) -> None:
    contact, _ = person(rest, variables={"first_name": "Gone"})

    assert "Erased" in text_of(admin.follow(admin.send(f"/people/{contact}/erase")))
    assert "Gone" not in text_of(admin.get(f"/people/{contact}"))


def test_who_may_only_look_is_shown_no_button_and_gets_none(sign_in: SignIn, rest: Rest) -> None:
    contact, _ = person(rest)
    viewer = sign_in(Role.VIEWER)

    page = viewer.get(f"/people/{contact}").text
    assert "Call now" not in page and "Block" not in page.split("</header>")[1]
    for action in ("call-now", "call-at", "done", "cancel", "block", "erase", "edit"):
        assert viewer.send(f"/people/{contact}/{action}").status_code == 403, action


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_strangers_write_stays_text(admin: Visitor, rest: Rest, payload: str) -> None:
    contact, _ = person(rest, external_id=payload, variables={"first_name": payload, "note": payload})
    rest.post("/v1/suppressions", {"phone": fresh_number(), "reason": payload})

    for path in (f"/people/{contact}", f"/people/{contact}/edit", "/people", "/blocked"):
        page = admin.get(path).text
        assert payload not in page or "{{" in payload, path
        assert "49" not in text_of(admin.get(path)) or "{{" not in payload or "7 * 7" in page, path


def test_nobody_is_a_page_that_says_so(admin: Visitor) -> None:
    for path in (f"/people/{NOBODY}", "/calls/call_01ARZ3NDEKTSV4RRFFQ69G5FAV", "/people/nonsense"):
        assert admin.get(path).status_code == 404, path
