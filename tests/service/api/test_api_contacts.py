"""Contacts over REST: each told its own result, changed and erased on a person's word."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import text

from orchestrator.ids import new_id
from orchestrator.services import Services
from tests.support.rest import CONNECTION, Rest, fresh_number, pointers

MONDAY_NOON_IN_NEW_YORK = datetime(2031, 3, 3, 17, tzinfo=UTC)
ANN = {"first_name": "Ann"}


def _call(services: Services, contact_id: str, state: str) -> str:
    """Put an attempt of a contact into the ledger as if it had got so far."""
    call_id = new_id("call")
    with services.sql.begin() as tx:
        tx.execute(
            text(
                "INSERT INTO calls (id, campaign_id, contact_id, connection_id, to_number, from_number, attempt, state,"
                " command_id, ring_limit_s, talk_limit_s, request, answers)"
                " SELECT :id, campaign_id, id, :connection, phone, '+12125550100', 1, :state, 'c', 30, 600,"
                " jsonb_build_object('to', phone), '{\"confirmed\": true}' FROM contacts WHERE id = :contact"
            ),
            {"id": call_id, "connection": CONNECTION, "state": state, "contact": contact_id},
        )
        tx.execute(
            text("UPDATE contacts SET status = 'calling', current_call_id = :call WHERE id = :id"),
            {"call": call_id, "id": contact_id},
        )
    return call_id


def test_each_contact_is_told_its_own_result(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    number = fresh_number()
    contacts: list[Any] = [
        {"phone": number, "variables": ANN},
        {"phone": number, "variables": ANN},
        {"phone": number, "external_id": "a", "variables": ANN},
        {"phone": number, "external_id": "b", "variables": ANN},
        {"phone": fresh_number(), "external_id": "b", "variables": ANN},
        {"phone": "12", "variables": ANN},
        {"phone": number, "variables": {}},
        {"phone": number, "colour": "red"},
        {"variables": ANN},
        "not a contact",
        None,
        {"phone": number, "timezone": "Mars/Olympus", "variables": ANN},
        {"phone": number, "priority": "high", "variables": ANN},
        {"phone": number, "not_before": "tomorrow", "variables": ANN},
    ]

    added = rest.post(f"/v1/campaigns/{campaign}/contacts", {"contacts": contacts})

    assert added.status_code == 200
    assert (added.json["accepted"], added.json["duplicates"], added.json["invalid"]) == (3, 2, 9)
    results = added.json["results"]
    assert [result["index"] for result in results] == list(range(len(contacts)))
    assert [result["status"] for result in results[:5]] == [
        "accepted",
        "duplicate",
        "accepted",
        "accepted",
        "duplicate",
    ]
    assert results[0]["id"].startswith("con_") and results[1]["id"] is None
    assert [result["error"]["pointer"] for result in results[5:]] == [
        "/contacts/5/phone",
        "/contacts/6/variables/first_name",
        "/contacts/7/colour",
        "/contacts/8/phone",
        "/contacts/9",
        "/contacts/10",
        "/contacts/11/timezone",
        "/contacts/12/priority",
        "/contacts/13/not_before",
    ]
    assert "first_name" in results[6]["error"]["detail"]


def test_sending_contacts_again_adds_nobody_twice(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    documents = {"contacts": [{"phone": fresh_number(), "variables": ANN} for _ in range(10)]}
    rest.post(f"/v1/campaigns/{campaign}/contacts", documents)

    again = rest.post(f"/v1/campaigns/{campaign}/contacts", documents)

    assert (again.json["accepted"], again.json["duplicates"]) == (0, 10)
    assert rest.get(f"/v1/campaigns/{campaign}/stats").json["contacts"]["total"] == 10


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/contacts"),
        ({"contacts": []}, "/contacts"),
        ({"contacts": {}}, "/contacts"),
        ({"contacts": [{}] * 1001}, "/contacts"),
        ({"contacts": [{}], "more": 1}, "/more"),
    ],
)
def test_a_wrong_list_of_contacts_is_refused(rest: Rest, body: dict[str, Any], pointer: str) -> None:
    campaign = rest.campaign()["id"]

    refused = rest.post(f"/v1/campaigns/{campaign}/contacts", body)

    assert list(pointers(refused)) == [pointer]


def test_a_thousand_contacts_fit_and_five_megabytes_do_not(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    many = [{"phone": "+12125550123", "external_id": str(n), "variables": ANN} for n in range(1000)]

    added = rest.post(f"/v1/campaigns/{campaign}/contacts", {"contacts": many})
    refused = rest.post(f"/v1/campaigns/{campaign}/contacts", {"contacts": [{"phone": "1" * 5_300_000}]})

    assert added.json["accepted"] == 1000
    assert refused.status_code == 413


@pytest.mark.parametrize("status", ["completed", "canceled"])
def test_r22_a_campaign_that_is_over_takes_no_contacts(rest: Rest, services: Services, status: str) -> None:
    campaign = rest.campaign()["id"]
    with services.sql.begin() as tx:
        tx.execute(text("UPDATE campaigns SET status = :s"), {"s": status})

    refused = rest.post(
        f"/v1/campaigns/{campaign}/contacts", {"contacts": [{"phone": "+12125550123", "variables": ANN}]}
    )

    assert refused.status_code == 409
    assert refused.json["code"] == "campaign_over" and refused.json["current_status"] == status


def test_a_contact_is_found_by_everything_that_names_it(rest: Rest) -> None:
    campaign, other = rest.campaign()["id"], rest.campaign()["id"]
    number = fresh_number()
    (wanted,) = rest.contacts(campaign, number, external_id="order/7")
    rest.contacts(campaign, fresh_number())
    rest.contacts(other, number)

    found = [
        rest.get(f"/v1/contacts?{query}").json["data"]
        for query in (
            f"campaign_id={campaign}&phone=%2B{number[1:]}",
            "external_id=order/7",
            f"campaign_id={campaign}&external_id=order/7&status=waiting",
        )
    ]

    assert [[contact["id"] for contact in contacts] for contacts in found] == [[wanted]] * 3


def test_a_contact_tells_why_it_waits_and_until_when(rest: Rest) -> None:
    with time_machine.travel(MONDAY_NOON_IN_NEW_YORK, tick=False):
        campaign = rest.campaign(calling_hours={"timezone": "contact"})["id"]
        (open_now,) = rest.contacts(campaign, "+12125550123")
        (asleep,) = rest.contacts(campaign, "+12125550124", timezone="Asia/Tokyo")
        (later,) = rest.contacts(campaign, "+12125550125", not_before="2036-01-01T00:00:00Z")
        (nowhere,) = rest.contacts(campaign, "+18005550123")

        shown = {c: rest.get(f"/v1/contacts/{c}").json for c in (open_now, asleep, later, nowhere)}
        held = rest.get(f"/v1/contacts?campaign_id={campaign}&status=held").json["data"]
        waiting = rest.get(f"/v1/contacts?campaign_id={campaign}&status=waiting").json["data"]

    standing = {c: (shown[c]["status"], shown[c]["reason"], shown[c]["until"]) for c in shown}
    assert standing[open_now] == ("waiting", "campaign_not_started", None)
    assert standing[asleep] == ("held", "outside_hours", "2031-03-04T00:00:00.000Z")
    assert standing[later] == ("held", "not_yet", "2036-01-01T00:00:00.000Z")
    assert standing[nowhere] == ("held", "zone_unknown", None)
    assert "calling hours" in shown[asleep]["reason_detail"] and "time zone" in shown[nowhere]["reason_detail"]
    assert "has not been started" in shown[open_now]["reason_detail"]
    assert {contact["id"] for contact in held} == {asleep, later, nowhere}
    assert [contact["id"] for contact in waiting] == [open_now]


@pytest.mark.parametrize("status", ["canceled", "completed"])
def test_a_contact_is_ended_by_a_person(rest: Rest, status: str) -> None:
    (contact,) = rest.contacts(rest.campaign()["id"], fresh_number())

    ended = rest.patch(f"/v1/contacts/{contact}", {"status": status})
    again = rest.patch(f"/v1/contacts/{contact}", {"status": status})

    assert ended.status_code == again.status_code == 200
    assert (ended.json["status"], ended.json["reason"], ended.json["until"]) == (status, "by_request", None)


def test_a_person_can_say_what_was_achieved(rest: Rest) -> None:
    (contact,) = rest.contacts(rest.campaign()["id"], fresh_number())

    ended = rest.patch(f"/v1/contacts/{contact}", {"status": "completed", "outcome": "paid_online"})

    assert (ended.json["status"], ended.json["outcome"]) == ("completed", "paid_online")


def test_a_contact_that_has_ended_stays_ended(rest: Rest) -> None:
    (contact,) = rest.contacts(rest.campaign()["id"], fresh_number())
    rest.patch(f"/v1/contacts/{contact}", {"status": "completed"})

    refused = rest.patch(f"/v1/contacts/{contact}", {"status": "canceled"})

    assert refused.status_code == 409
    assert refused.json["code"] == "contact_closed" and refused.json["current_status"] == "completed"


def test_variables_are_merged_and_checked_against_the_flow(rest: Rest) -> None:
    (contact,) = rest.contacts(rest.campaign()["id"], fresh_number())

    changed = rest.patch(f"/v1/contacts/{contact}", {"variables": {"First Name": "Bob", "room": 7}})
    removed = rest.patch(f"/v1/contacts/{contact}", {"variables": {"room": None}})
    refused = rest.patch(f"/v1/contacts/{contact}", {"variables": {"first_name": None}})

    assert changed.json["variables"] == {"first_name": "Bob", "room": 7}
    assert removed.json["variables"] == {"first_name": "Bob"}
    assert pointers(refused) == {"/variables/first_name": "missing_input"}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"status": "held"}, "/status"),
        ({"status": 1}, "/status"),
        ({"outcome": "x"}, "/outcome"),
        ({"status": "canceled", "outcome": "x"}, "/outcome"),
        ({"status": "completed", "outcome": ""}, "/outcome"),
        ({"variables": []}, "/variables"),
        ({"variables": {"a": {"b": 1}}}, "/variables/a"),
        ({"timezone": "Mars/Olympus"}, "/timezone"),
        ({"phone": "12"}, "/phone"),
        ({"external_id": "a"}, "/external_id"),
    ],
)
def test_a_wrong_change_of_a_contact_names_its_field(rest: Rest, change: dict[str, Any], pointer: str) -> None:
    (contact,) = rest.contacts(rest.campaign()["id"], fresh_number())

    refused = rest.patch(f"/v1/contacts/{contact}", change)

    assert pointer in pointers(refused)


def test_a_contact_whose_call_was_only_claimed_is_withdrawn_with_it(rest: Rest, services: Services) -> None:
    (contact,) = rest.contacts(rest.campaign()["id"], fresh_number())
    call = _call(services, contact, "reserved")

    ended = rest.patch(f"/v1/contacts/{contact}", {"status": "canceled"})

    assert ended.json["status"] == "canceled" and ended.json["current_call_id"] is None
    assert rest.get(f"/v1/calls/{call}").json["status"] == "withdrawn"


def test_r18_a_contact_ended_during_its_call_is_left_to_finish_it(rest: Rest, services: Services) -> None:
    (contact,) = rest.contacts(rest.campaign()["id"], fresh_number())
    call = _call(services, contact, "accepted")

    ended = rest.patch(f"/v1/contacts/{contact}", {"status": "completed"})

    assert ended.json["status"] == "completed" and ended.json["current_call_id"] is None
    assert rest.get(f"/v1/calls/{call}").json["status"] == "accepted"


def test_an_erased_contact_leaves_nothing_personal_and_keeps_the_ledger(rest: Rest, services: Services) -> None:
    campaign, number = rest.campaign()["id"], fresh_number()
    (contact,) = rest.contacts(campaign, number, external_id="order-7")
    call = _call(services, contact, "ended")
    with services.sql.begin() as tx:
        tx.execute(text("UPDATE contacts SET status = 'completed', answers = '{\"confirmed\": true}'"))
        tx.execute(
            text(
                "INSERT INTO call_events (call_id, event_id, position, kind, type, occurred_at, recorded_at, payload)"
                " VALUES (:call, 'e', 1, 'event', 'call.initiated', now(), now(), jsonb_build_object('to', :n ::text))"
            ),
            {"call": call, "n": number},
        )

    erased = rest.delete(f"/v1/contacts/{contact}")
    again = rest.delete(f"/v1/contacts/{contact}")

    assert erased.status_code == again.status_code == 204
    everything = rest.get(f"/v1/contacts/{contact}").text + rest.get(f"/v1/calls/{call}").text
    assert number not in everything and "order-7" not in everything and "Ann" not in everything
    assert "true" not in rest.get(f"/v1/calls/{call}").text.replace('"kept": true', "")
    assert rest.get(f"/v1/calls/{call}").json["status"] == "ended"
    assert rest.get(f"/v1/contacts/{contact}").json["status"] == "completed"


def test_a_contact_in_a_call_is_not_erased(rest: Rest, services: Services) -> None:
    (contact,) = rest.contacts(rest.campaign()["id"], fresh_number())
    _call(services, contact, "accepted")

    refused = rest.delete(f"/v1/contacts/{contact}")

    assert refused.status_code == 409 and refused.json["code"] == "call_in_progress"


def test_a_contact_that_was_erased_may_be_added_again(rest: Rest) -> None:
    campaign, number = rest.campaign()["id"], fresh_number()
    (contact,) = rest.contacts(campaign, number)
    rest.delete(f"/v1/contacts/{contact}")

    (again,) = rest.contacts(campaign, number)

    assert again is not None and again != contact
    assert rest.get(f"/v1/contacts/{contact}").json["status"] == "canceled"


def test_a_contact_with_a_time_to_come_is_not_due_before(rest: Rest, services: Services) -> None:
    soon = services.clock() + timedelta(days=2)
    (contact,) = rest.contacts(rest.campaign()["id"], fresh_number(), not_before=soon.isoformat())

    with services.sql.connect() as tx:
        due = tx.execute(text("SELECT due_at FROM contacts WHERE id = :id"), {"id": contact}).scalar_one()

    assert abs((due - soon).total_seconds()) < 0.01
