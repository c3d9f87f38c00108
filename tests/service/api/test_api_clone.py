"""A campaign is cloned: a new draft with its rules, and with the contacts that are wanted."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from orchestrator.operations.campaigns.ways_of_changing import WAYS
from orchestrator.operations.contacts import bulk_changes
from orchestrator.operations.contacts.bulk_changes import Stores, carry_on_interrupted
from orchestrator.services import Services
from tests.support.rest import Rest, fresh_number, pointers

OWN = {
    "id",
    "name",
    "status",
    "created_at",
    "started_at",
    "completed_at",
    "in_flight",
    "waits_for",
    "copying",
    "ends_at",
}


def clone(rest: Rest, campaign_id: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    answer = rest.post(f"/v1/campaigns/{campaign_id}/clone", body, headers=headers)
    assert answer.status_code == 201, answer.text
    return dict(answer.json or {})


def people(rest: Rest, campaign_id: str) -> list[dict[str, Any]]:
    found = (rest.get(f"/v1/contacts?campaign_id={campaign_id}").json or {})["data"]
    return sorted(found, key=lambda contact: str(contact["phone"]))


def test_a_clone_is_a_draft_with_all_the_rules_and_nothing_of_the_history(rest: Rest, services: Services) -> None:
    rules = {
        "retry": {"max_attempts": 5},
        "variables": {"language": "de"},
        "tags": ["spring"],
        "description": "the first",
        "pacing": {"calls_per_second": 3},
        "number_gap": "3h",
        "ends_at": "2099-01-01T00:00:00.000Z",
        "spend": {"currency": "USD", "total": "10.00"},
    }
    source = rest.campaign(**rules)
    with services.sql.begin() as tx:
        tx.execute(
            text(
                "UPDATE campaigns SET status = 'completed', started_at = now(), completed_at = now(), "
                "heard_webhooks = true, ends_at = now() - interval '1 day'"
            )
        )

    made = clone(rest, source["id"], {})

    kept = {name: value for name, value in source.items() if name not in OWN}
    assert {name: made[name] for name in kept} == kept
    assert (made["name"], made["status"], made["copying"]) == ("test (copy)", "draft", None)
    assert (made["started_at"], made["completed_at"], made["ends_at"]) == (None, None, None)  # that has passed
    assert people(rest, made["id"]) == []


def test_contacts_come_along_with_what_people_said_of_them_and_without_their_history(
    rest: Rest, services: Services
) -> None:
    source = rest.campaign()["id"]
    said = {"timezone": "America/Denver", "priority": 4, "external_id": "a-1", "not_before": "2099-01-01T09:00:00.000Z"}
    rest.contacts(source, fresh_number(), **said)
    with services.sql.begin() as tx:
        tx.execute(
            text("UPDATE contacts SET status = 'completed', attempts = 2, disposition = 'human', answers = '{}'")
        )

    made = clone(rest, source, {"name": "again", "contacts": "all"})

    [[before], [after]] = people(rest, source), people(rest, made["id"])
    names = (*said, "phone", "variables", "zone", "region", "timezone_source")
    assert [after[name] for name in names] == [before[name] for name in names]
    assert (after["status"], after["reason"], after["attempts"], after["disposition"]) == ("held", "not_yet", 0, None)
    assert (made["name"], made["copying"]["status"], made["copying"]["changed"]) == ("again", "completed", 1)


def test_the_contacts_of_a_filter_come_along_and_the_suppressed_are_not_called(rest: Rest, services: Services) -> None:
    source = rest.campaign()["id"]
    phones = sorted(fresh_number() for _ in range(3))
    ids = rest.contacts(source, *phones)
    with services.sql.begin() as tx:
        ended = text("UPDATE contacts SET status = 'exhausted', disposition = 'busy' WHERE id = ANY(:ids)")
        tx.execute(ended, {"ids": ids[:2]})
    rest.post("/v1/suppressions", {"phone": phones[0]})

    made = clone(rest, source, {"contacts": {"dispositions": ["busy"]}})

    assert [(row["phone"], row["status"]) for row in people(rest, made["id"])] == [
        (phones[0], "suppressed"),
        (phones[1], "waiting"),
    ]


def test_a_clone_that_is_too_large_to_wait_for_is_finished_by_an_engine_and_copies_nobody_twice(
    rest: Rest, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = rest.campaign()["id"]
    rest.contacts(source, *(fresh_number() for _ in range(5)))
    monkeypatch.setattr(bulk_changes, "BATCH", 2)
    monkeypatch.setattr(bulk_changes, "_IN_A_REQUEST_S", 0.0)

    made = clone(rest, source, {"contacts": "all"}, **{"Idempotency-Key": "one"})
    again = clone(rest, source, {"contacts": "all"}, **{"Idempotency-Key": "one"})
    half = people(rest, made["id"])
    carried = carry_on_interrupted(Stores(services.sql, services.redis, services.keys), ways=WAYS)

    assert (made["copying"]["status"], again["id"], half, carried) == ("running", made["id"], [], 1)
    assert [row["phone"] for row in people(rest, made["id"])] == [row["phone"] for row in people(rest, source)]
    shown = rest.get(f"/v1/bulk-changes/{made['copying']['id']}").json or {}
    assert (shown["kind"], shown["status"], shown["changed"]) == ("copy", "completed", 5)


def test_a_half_made_clone_that_is_canceled_takes_no_more_contacts(
    rest: Rest, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = rest.campaign()["id"]
    rest.contacts(source, fresh_number())
    monkeypatch.setattr(bulk_changes, "_IN_A_REQUEST_S", 0.0)
    made = clone(rest, source, {"contacts": "all"})

    rest.post(f"/v1/campaigns/{made['id']}/cancel")
    carry_on_interrupted(Stores(services.sql, services.redis, services.keys), ways=WAYS)

    shown = rest.get(f"/v1/bulk-changes/{made['copying']['id']}").json or {}
    assert (shown["status"], shown["changed"], shown["error"]["code"]) == ("stopped", 0, "campaign_over")
    assert people(rest, made["id"]) == []


def test_a_clone_says_what_is_wrong_with_it(rest: Rest) -> None:
    source = rest.campaign()["id"]

    assert "/name" in pointers(rest.post(f"/v1/campaigns/{source}/clone", {"name": ""}))
    assert rest.post("/v1/campaigns/cmp_01ARZ3NDEKTSV4RRFFQ69G5FAV/clone", {}).status_code == 404
