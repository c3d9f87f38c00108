"""Contacts of a campaign are called again by REST."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from orchestrator.services import Services
from tests.support.rest import Rest, fresh_number, pointers


def ended(rest: Rest, services: Services, *results: tuple[str, str, str]) -> tuple[str, list[str]]:
    """Return a completed campaign and its contacts, which ended with these statuses, reasons and dispositions."""
    campaign_id = rest.campaign()["id"]
    ids = rest.contacts(campaign_id, *(fresh_number() for _ in results))
    with services.sql.begin() as tx:
        for contact_id, (status, reason, disposition) in zip(ids, results, strict=True):
            values = {"id": contact_id, "status": status, "reason": reason, "disposition": disposition}
            tx.execute(
                text(
                    "UPDATE contacts SET status = :status, reason = :reason, disposition = :disposition, attempts = 1, "
                    "due_at = NULL WHERE id = :id"
                ),
                values,
            )
        tx.execute(text("UPDATE campaigns SET status = 'completed', completed_at = now()"))
    return campaign_id, ids


def statuses_of(rest: Rest, ids: list[str]) -> list[str]:
    return [(rest.get(f"/v1/contacts/{ident}").json or {})["status"] for ident in ids]


# Case 33: of the results only those that failed are called again, and nobody else.
CASE = [
    ("exhausted", "attempts_spent", "busy"),
    ("exhausted", "rejected", "rejected"),
    ("exhausted", "attempts_spent", "no_answer"),
    ("completed", "human", "human"),
]


def test_those_who_failed_are_called_again_and_nobody_else(rest: Rest, services: Services) -> None:
    campaign_id, ids = ended(rest, services, *CASE)

    counted = rest.post(f"/v1/campaigns/{campaign_id}/redial", {"statuses": ["exhausted"], "dry_run": True})
    before = statuses_of(rest, ids)
    done = rest.post(f"/v1/campaigns/{campaign_id}/redial", {"statuses": ["exhausted"]})

    assert (counted.status_code, counted.json) == (
        200,
        {"id": None, "status": "completed", "contacts": 3, "error": None},
    )
    assert before == [status for status, _, _ in CASE]
    assert ((done.json or {})["status"], (done.json or {})["contacts"]) == ("completed", 3)
    assert statuses_of(rest, ids) == ["waiting"] * 3 + ["completed"]
    assert (rest.get(f"/v1/campaigns/{campaign_id}").json or {})["status"] == "running"


def test_a_repeat_under_its_key_is_the_same_redial(rest: Rest, services: Services) -> None:
    campaign_id, _ = ended(rest, services, *CASE)
    path, body, headers = f"/v1/campaigns/{campaign_id}/redial", {"dispositions": ["busy"]}, {"Idempotency-Key": "k1"}

    first = rest.post(path, body, headers=headers)
    again = rest.post(path, body, headers=headers)

    assert (again.json, again.headers["Idempotent-Replayed"]) == (first.json, "true")


def test_a_redial_shows_how_far_it_is(rest: Rest, services: Services) -> None:
    campaign_id, _ = ended(rest, services, *CASE)
    done = rest.post(f"/v1/campaigns/{campaign_id}/redial", {"outcomes": ["nothing"], "statuses": ["exhausted"]})

    shown = rest.get(f"/v1/bulk-changes/{(done.json or {})['id']}").json or {}

    assert (shown["kind"], shown["campaign_id"], shown["status"]) == ("redial", campaign_id, "completed")
    assert (shown["matched"], shown["changed"], shown["error"]) == (0, 0, None)


def test_who_is_called_later_is_held_until_then(rest: Rest, services: Services) -> None:
    campaign_id, ids = ended(rest, services, *CASE)
    body = {"dispositions": ["busy"], "not_before": "2099-01-01T09:00:00Z"}

    rest.post(f"/v1/campaigns/{campaign_id}/redial", body)

    shown = rest.get(f"/v1/contacts/{ids[0]}").json or {}
    assert (shown["status"], shown["reason"], shown["until"]) == ("held", "not_yet", "2099-01-01T09:00:00.000Z")


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, {"": "filter_required"}),
        ({"statuses": ["unknown"]}, {"/statuses/0": "literal_error"}),
        ({"statuses": ["exhausted"], "attempts": 0}, {"/attempts": "greater_than_equal"}),
        ({"dispositions": ["engaged"]}, {"/dispositions/0": "enum"}),
    ],
)
def test_a_redial_says_what_is_wrong_with_it(rest: Rest, body: dict[str, Any], wrong: dict[str, str]) -> None:
    campaign_id = rest.campaign()["id"]

    assert pointers(rest.post(f"/v1/campaigns/{campaign_id}/redial", body)) == wrong


def test_a_campaign_whose_end_has_passed_is_refused_and_takes_a_later_end(rest: Rest, services: Services) -> None:
    campaign_id, _ = ended(rest, services, *CASE)
    with services.sql.begin() as tx:
        tx.execute(text("UPDATE campaigns SET ends_at = now() - interval '1 hour'"))
    path, body = f"/v1/campaigns/{campaign_id}/redial", {"statuses": ["exhausted"]}

    refused = rest.post(path, body)
    renamed = rest.patch(f"/v1/campaigns/{campaign_id}", {"name": "another", "ends_at": None})
    rest.patch(f"/v1/campaigns/{campaign_id}", {"ends_at": "2099-01-01T00:00:00Z"})

    assert (refused.status_code, (refused.json or {})["code"]) == (409, "already_over")
    assert (renamed.status_code, (renamed.json or {})["code"]) == (409, "not_changeable")
    assert (rest.post(path, body).json or {})["contacts"] == 3
