"""The record of who did what, when, and what it changed."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from orchestrator.services import Services
from tests.support.rest import Rest, fresh_number


def audit(rest: Rest, query: str = "") -> list[dict[str, Any]]:
    return list(rest.get(f"/v1/audit{query}").json["data"])


def test_a_change_is_recorded_with_its_author_and_the_values_before_and_after(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    key = rest.post("/v1/keys", {"name": "Ada", "role": "operator"}).json
    ada = {"Authorization": f"Bearer {key['key']}"}

    rest.request("PATCH", f"/v1/campaigns/{campaign}", json={"name": "spring"}, headers=ada)

    newest, *_ = audit(rest, f"?subject={campaign}")
    assert (newest["by"], newest["key_id"], newest["action"]) == ("Ada", key["id"], "PATCH /v1/campaigns/{campaign_id}")
    assert newest["changes"]["name"] == ["test", "spring"]
    assert audit(rest, "?by=Ada") == [newest]


def test_an_action_is_recorded_with_the_status_that_it_changed(rest: Rest) -> None:
    rest.post("/v1/dialing/stop", {"reason": "complaints"})

    newest, *_ = audit(rest, "?subject=dialing")
    assert newest["action"] == "POST /v1/dialing/stop"
    assert (newest["changes"]["status"], newest["changes"]["reason"]) == (["running", "stopped"], [None, "complaints"])


def test_what_was_made_is_recorded_by_its_id(rest: Rest) -> None:
    campaign = rest.campaign()["id"]

    assert [each["action"] for each in audit(rest, f"?subject={campaign}")] == ["POST /v1/campaigns"]


def test_what_was_changed_is_told_by_the_name_that_it_has_now(rest: Rest, services: Services) -> None:
    campaign = rest.campaign(name="spring")["id"]
    [contact] = rest.contacts(campaign, phone := fresh_number())
    key = rest.post("/v1/keys", {"name": "Ada", "role": "operator"}).json["id"]
    rest.patch(f"/v1/campaigns/{campaign}", {"name": "summer"})
    rest.patch(f"/v1/contacts/{contact}", {"priority": 3})
    rest.post("/v1/dialing/stop", {"reason": "complaints"})
    gone = rest.post("/v1/webhook-endpoints", {"url": "https://hooks.example.com/"}).json["id"]
    with services.sql.begin() as tx:
        tx.execute(text("DELETE FROM webhook_endpoints"))

    names = {each["subject"]: each["subject_name"] for each in audit(rest)}

    assert {each: names[each] for each in (campaign, contact, key, "dialing", gone)} == {
        campaign: "summer",
        contact: phone,
        key: "Ada",
        "dialing": None,
        gone: None,
    }


def test_what_was_refused_or_only_read_is_not_recorded(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    known = audit(rest)

    rest.patch(f"/v1/campaigns/{campaign}", {"nmae": "x"})
    rest.post("/v1/explain", {"phone": fresh_number()})
    rest.get(f"/v1/campaigns/{campaign}")
    rest.post(f"/v1/campaigns/{campaign}/preflight")
    redial, bulk = f"/v1/campaigns/{campaign}/redial", "/v1/contacts/bulk"
    cancel = {"action": "cancel", "filter": {"campaign_id": campaign}, "dry_run": True}
    assert rest.post(redial, {"statuses": ["exhausted"], "dry_run": True}).status_code == 200
    assert rest.post(bulk, cancel).status_code == 200

    assert audit(rest) == known
    assert rest.post(redial, {"statuses": ["exhausted"]}).status_code == 200
    assert audit(rest) != known


def test_a_repeat_that_gets_the_first_answer_is_no_second_change(rest: Rest) -> None:
    flow = rest.flow()["id"]
    body = {"name": "once", "flow": flow, "caller_ids": ["+12125550100"]}
    header = {"Idempotency-Key": "once"}

    first = rest.post("/v1/campaigns", body, headers=header).json["id"]
    rest.post("/v1/campaigns", body, headers=header)

    assert len(audit(rest, f"?subject={first}")) == 1


def test_who_lifted_which_suppression_is_recorded(rest: Rest) -> None:
    phone = fresh_number()
    suppression = (rest.post("/v1/suppressions", {"phone": phone}).json or {})["id"]

    lifted = rest.request("DELETE", "/v1/suppressions", query_string={"phone": phone, "because": "asked again"})

    assert lifted.status_code == 204
    actions = [each["action"] for each in audit(rest, f"?subject={suppression}")]
    assert actions == ["DELETE /v1/suppressions", "POST /v1/suppressions"]


def test_personal_data_is_told_by_its_name_alone(rest: Rest, services: Services) -> None:
    campaign = rest.campaign()["id"]
    phone = fresh_number()
    [contact] = rest.contacts(campaign, phone)

    changed = rest.patch(f"/v1/contacts/{contact}", {"variables": {"first_name": "Zebedee"}})
    rest.post("/v1/suppressions", {"phone": phone, "reason": "asked us"})

    assert changed.status_code == 200, changed.text
    [newest] = audit(rest, f"?subject={contact}")
    assert newest["changes"]["variables"] == ["(not kept)", "(not kept)"]
    with services.sql.connect() as tx:
        everything = str(tx.execute(text("SELECT to_jsonb(a) FROM audit_events a")).scalars().all())
    assert "Zebedee" not in everything and phone not in everything


def test_what_is_recorded_is_never_changed(rest: Rest, services: Services) -> None:
    rest.post("/v1/dialing/stop")

    for statement in ("UPDATE audit_events SET by = 'nobody'", "DELETE FROM audit_events"):
        with pytest.raises(DBAPIError, match="never changed"), services.sql.begin() as tx:
            tx.execute(text(statement))


def test_the_record_is_read_page_by_page(rest: Rest) -> None:
    for _ in range(3):
        rest.post("/v1/dialing/stop")

    first = rest.get("/v1/audit?limit=2").json
    second = rest.get(f"/v1/audit?limit=2&cursor={first['next_cursor']}").json

    assert (len(first["data"]), len(second["data"]), second["next_cursor"]) == (2, 1, None)


def test_a_new_zone_of_a_contact_is_part_of_its_change_and_of_none_that_was_refused(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    [contact] = rest.contacts(campaign, fresh_number())
    elsewhere = {"phone": "+18085550101", "priority": 5}  # in a zone that the campaign does not have yet

    refused = rest.request("PATCH", f"/v1/contacts/{contact}", json=elsewhere, headers={"If-Match": '"another"'})
    of_refused = audit(rest, f"?subject={contact}")
    changed = rest.patch(f"/v1/contacts/{contact}", elsewhere)

    assert (refused.status_code, of_refused, changed.status_code) == (412, [], 200)
    [newest] = audit(rest, f"?subject={contact}")
    assert set(newest["changes"]) >= {"phone", "priority"}
