"""One call to whoever sets a campaign up, as a contact of it would hear it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from werkzeug.test import TestResponse

from orchestrator.services import Services
from tests.support.rest import CALLER_ID, Rest, fresh_number, pointers

TO = "+13105550123"


def called(rest: Rest, campaign_id: str, key: str = "k", **body: Any) -> TestResponse:
    path = f"/v1/campaigns/{campaign_id}/test-call"
    return rest.post(path, {"to": TO, **body}, headers={"Idempotency-Key": key})


def placed(services: Services) -> Any:
    with services.sql.connect() as tx:
        return tx.execute(text("SELECT * FROM contacts WHERE is_single")).one()


def test_whoever_asks_hears_what_the_contact_would_at_any_hour_and_in_no_stats(rest: Rest, services: Services) -> None:
    nobody_home = {"timezone": "UTC", "windows": [{"days": ["mon"], "start": "00:00", "end": "00:01"}]}
    campaign = rest.campaign(calling_hours=nobody_home, variables={"language": "de"})
    [contact_id] = rest.contacts(campaign["id"], fresh_number(), external_id="a-1")

    answer = called(rest, campaign["id"], contact_id=contact_id)

    call, contact = answer.json or {}, placed(services)
    assert (answer.status_code, call["to"], call["from"], call["flow"]["id"]) == (
        202,
        TO,
        CALLER_ID,
        campaign["flow"]["id"],
    )
    assert contact.variables == {"first_name": "Ann", "language": "de"}
    assert (contact.external_id, contact.ignore_hours, contact.ignore_hours_because) == (
        "a-1",
        True,
        f"a test call of {campaign['id']}",
    )
    stats = rest.get(f"/v1/campaigns/{campaign['id']}/stats").json or {}
    assert (stats["contacts"]["total"], stats["calls"]["dialed"], call["campaign_id"]) == (1, 0, None)


def test_a_test_call_may_bring_its_own_values(rest: Rest, services: Services) -> None:
    campaign_id = rest.campaign()["id"]

    lacking = called(rest, campaign_id)
    answer = called(rest, campaign_id, "k2", variables={"first_name": "Bob"})

    assert pointers(lacking) == {"/variables/first_name": "missing_input"}
    assert (answer.status_code, placed(services).variables) == (202, {"first_name": "Bob"})


def test_a_repeat_is_the_same_call_and_one_without_a_key_is_refused(rest: Rest) -> None:
    campaign_id = rest.campaign()["id"]
    path, body = f"/v1/campaigns/{campaign_id}/test-call", {"to": TO, "variables": {"first_name": "Bob"}}

    first, again = (called(rest, campaign_id, variables={"first_name": "Bob"}) for _ in range(2))

    assert (again.json or {})["id"] == (first.json or {})["id"]
    assert rest.post(path, body).status_code == 400


def test_nobody_is_tried_out_on_a_stranger_who_must_not_be_called(rest: Rest) -> None:
    campaign_id = rest.campaign()["id"]
    rest.post("/v1/suppressions", {"phone": TO})

    refused = called(rest, campaign_id, variables={"first_name": "Bob"})

    assert (refused.status_code, (refused.json or {})["code"]) == (409, "suppressed")


def test_nobody_is_tried_out_on_who_has_asked_this_campaign_to_stop(rest: Rest) -> None:
    campaign_id = rest.campaign()["id"]
    rest.post("/v1/suppressions", {"phone": TO, "scope": campaign_id})

    refused = called(rest, campaign_id, variables={"first_name": "Bob"})

    assert (refused.status_code, (refused.json or {})["code"]) == (409, "suppressed")


def test_a_contact_of_another_campaign_is_refused(rest: Rest) -> None:
    [contact_id] = rest.contacts(rest.campaign()["id"], fresh_number())
    campaign_id = rest.campaign()["id"]

    assert pointers(called(rest, campaign_id, contact_id=contact_id)) == {"/contact_id": "unknown"}
    assert pointers(called(rest, campaign_id, "k2", contact_id=contact_id, variables={})) == {"/variables": "variables"}
