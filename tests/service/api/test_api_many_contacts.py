"""The same is done to all contacts that a filter selects."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from orchestrator.services import Services
from tests.support.rest import Rest, fresh_number, pointers

PATH = "/v1/contacts/bulk"
LATER = "2099-01-01T09:00:00.000Z"


def three(rest: Rest, services: Services) -> tuple[str, list[str]]:
    """Return a campaign and its contacts: one waits, one was busy and ended, one is being called."""
    campaign_id = rest.campaign()["id"]
    ids = rest.contacts(campaign_id, *(fresh_number() for _ in range(3)))
    with services.sql.begin() as tx:
        change = text("UPDATE contacts SET status = :status, disposition = :end, due_at = NULL WHERE id = :id")
        tx.execute(change, {"id": ids[1], "status": "exhausted", "end": "busy"})
        tx.execute(change, {"id": ids[2], "status": "calling", "end": None})
    return campaign_id, ids


def done(rest: Rest, campaign_id: str, action: str, **more: Any) -> tuple[str, int, int]:
    body = {"filter": {"campaign_id": campaign_id}, "action": action, **more}
    answer = rest.post(PATH, body)
    assert answer.status_code == 200, answer.text
    told = answer.json or {}
    return told["status"], told["matched"], told["changed"]


def shown(rest: Rest, ids: list[str], name: str) -> list[Any]:
    return [(rest.get(f"/v1/contacts/{ident}").json or {})[name] for ident in ids]


def test_contacts_are_canceled_also_those_who_are_being_called(rest: Rest, services: Services) -> None:
    campaign_id, ids = three(rest, services)

    counted = done(rest, campaign_id, "cancel", dry_run=True)
    before = shown(rest, ids, "status")

    assert (counted, before) == (("completed", 3, 2), ["waiting", "exhausted", "calling"])
    assert done(rest, campaign_id, "cancel") == ("completed", 3, 2)
    assert shown(rest, ids, "status") == ["canceled", "exhausted", "canceled"]


def test_a_filter_takes_one_of_the_values_of_each_of_its_fields(rest: Rest, services: Services) -> None:
    campaign_id, ids = three(rest, services)
    narrow = {"campaign_id": campaign_id, "statuses": ["exhausted", "waiting"], "dispositions": ["busy"]}

    answer = rest.post(PATH, {"filter": narrow, "action": "redial", "attempts": 2})

    told = answer.json or {}
    assert (told["matched"], told["changed"]) == (1, 1)
    assert shown(rest, ids, "status") == ["waiting", "waiting", "calling"]


def test_a_filter_that_matches_nobody_changes_nobody(rest: Rest, services: Services) -> None:
    campaign_id, _ = three(rest, services)

    answer = rest.post(PATH, {"filter": {"campaign_id": campaign_id, "outcomes": ["none"]}, "action": "cancel"})

    assert ((answer.json or {})["matched"], (answer.json or {})["changed"]) == (0, 0)


def test_the_numbers_of_contacts_are_suppressed(rest: Rest, services: Services) -> None:
    campaign_id, ids = three(rest, services)
    phones = shown(rest, ids, "phone")

    told = done(rest, campaign_id, "suppress", scope="campaign", reason="wrong list", by="anna")
    again = done(rest, campaign_id, "suppress", scope="campaign", dry_run=True)

    listed = (rest.get("/v1/suppressions").json or {})["data"]
    assert (told, again) == (("completed", 3, 3), ("completed", 3, 0))
    assert {(row["phone"], row["scope"], row["reason"]) for row in listed} == {
        (phone, campaign_id, "wrong list") for phone in phones
    }
    assert shown(rest, ids, "status") == ["suppressed", "exhausted", "calling"]


def test_priorities_of_those_who_are_not_over_are_set(rest: Rest, services: Services) -> None:
    campaign_id, ids = three(rest, services)

    assert done(rest, campaign_id, "set_priority", priority=7) == ("completed", 3, 2)
    assert shown(rest, ids, "priority") == [7, 0, 7]


def test_contacts_are_put_off_and_called_at_once_after_all(rest: Rest, services: Services) -> None:
    campaign_id, ids = three(rest, services)

    put_off = done(rest, campaign_id, "set_not_before", not_before=LATER)
    held = [shown(rest, ids, name) for name in ("status", "until", "not_before")]
    freed = done(rest, campaign_id, "set_not_before", not_before=None)

    assert (put_off, freed) == (("completed", 3, 2), ("completed", 3, 2))
    assert held == [["held", "exhausted", "calling"], [LATER, None, None], [LATER, None, LATER]]
    assert shown(rest, ids, "status") == ["waiting", "exhausted", "calling"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"action": "cancel"}, "filter_required"),
        ({"action": "cancel", "filter": {}}, "filter_required"),
        ({"action": "redial", "all": True}, "campaign_required"),
        ({"action": "set_priority", "all": True}, "required"),
        ({"action": "set_priority", "all": True, "priority": None}, "required"),
        ({"action": "set_not_before", "all": True}, "required"),
        ({"action": "cancel", "all": True, "priority": 1}, "not_of_action"),
    ],
)
def test_a_request_that_could_mean_everybody_or_nothing_is_refused(rest: Rest, body: dict[str, Any], code: str) -> None:
    assert list(pointers(rest.post(PATH, body)).values()) == [code]


def test_everybody_is_changed_when_that_is_said(rest: Rest, services: Services) -> None:
    _, ids = three(rest, services)

    answer = rest.post(PATH, {"all": True, "action": "set_priority", "priority": 3})

    assert (answer.json or {})["changed"] == 2
    assert shown(rest, ids, "priority") == [3, 0, 3]


def test_an_erased_person_is_in_no_change(rest: Rest, services: Services) -> None:
    campaign_id, ids = three(rest, services)
    rest.delete(f"/v1/contacts/{ids[0]}")

    assert done(rest, campaign_id, "redial", filter={"campaign_id": campaign_id, "statuses": ["canceled"]})[2] == 0
