"""What a person changes of a contact: number, times, priority, and whether it is called once more."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from orchestrator.services import Services
from tests.support.rest import Rest, fresh_number, pointers

SOON, LATER = "2098-01-01T09:00:00.000Z", "2099-01-01T09:00:00.000Z"
NOT_STARTED = "campaign_not_started"
DENVER, NEW_YORK = "+13035550123", "+12125550123"


def stand(services: Services, contact_id: str, **columns: Any) -> None:
    with services.sql.begin() as tx:
        for name, value in columns.items():
            tx.execute(text(f"UPDATE contacts SET {name} = :value WHERE id = :id"), {"value": value, "id": contact_id})


def changed(rest: Rest, contact_id: str, **change: Any) -> TestResponse:
    return rest.patch(f"/v1/contacts/{contact_id}", change)


def shown(answer: TestResponse, *names: str) -> tuple[Any, ...]:
    assert answer.status_code == 200, answer.text
    return tuple((answer.json or {})[name] for name in names)


def code_of(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, (answer.json or {})["code"]


def one(rest: Rest, phone: str = NEW_YORK, **fields: Any) -> tuple[str, str]:
    campaign_id = rest.campaign()["id"]
    return campaign_id, rest.contacts(campaign_id, phone, **fields)[0]


def test_a_new_number_is_judged_where_it_is_and_released_from_what_held_the_other(
    rest: Rest, services: Services
) -> None:
    campaign_id, contact_id = one(rest)
    stand(services, contact_id, status="held", reason="number_day_limit", due_at=None)

    answer = changed(rest, contact_id, phone="+1 (303) 555-0123")

    assert shown(answer, "phone", "zone", "status", "reason") == (DENVER, "America/Denver", "waiting", NOT_STARTED)
    with services.sql.connect() as tx:
        zones = tx.execute(text("SELECT zone FROM campaign_zones WHERE campaign_id = :id"), {"id": campaign_id})
        assert "America/Denver" in zones.scalars().all()


def test_a_time_zone_that_is_taken_away_follows_from_the_number_again(rest: Rest, services: Services) -> None:
    _, contact_id = one(rest, timezone="America/Denver", timezone_source="address")
    stand(services, contact_id, status="held", reason="outside_hours", due_at=None)

    kept = changed(rest, contact_id, priority=1)
    assert shown(kept, "timezone", "timezone_source", "zone") == ("America/Denver", "address", "America/Denver")
    taken = changed(rest, contact_id, timezone=None)

    as_new = shown(rest.get(f"/v1/contacts/{one(rest)[1]}"), "timezone", "timezone_source", "zone")
    assert shown(taken, "timezone", "timezone_source", "zone") == as_new
    assert as_new[::2] == (None, "America/New_York")
    assert shown(taken, "status", "reason") == ("waiting", NOT_STARTED)


def test_a_new_number_that_is_suppressed_ends_the_contact(rest: Rest) -> None:
    _, contact_id = one(rest)
    rest.post("/v1/suppressions", {"phone": DENVER})

    assert shown(changed(rest, contact_id, phone=DENVER), "phone", "status") == (DENVER, "suppressed")


def test_a_number_that_the_campaign_has_already_is_refused(rest: Rest) -> None:
    campaign_id, contact_id = one(rest)
    rest.contacts(campaign_id, DENVER)

    assert code_of(changed(rest, contact_id, phone=DENVER)) == (409, "duplicate")
    assert shown(rest.get(f"/v1/contacts/{contact_id}"), "phone") == (NEW_YORK,)


def test_a_number_that_is_none_is_refused_by_its_field(rest: Rest) -> None:
    _, contact_id = one(rest)

    assert list(pointers(changed(rest, contact_id, phone="12"))) == ["/phone"]


def test_times_and_priority_are_changed_and_times_are_taken_away(rest: Rest) -> None:
    _, contact_id = one(rest)

    put_off = changed(rest, contact_id, not_before=SOON, not_after=LATER, priority=9)
    freed = changed(rest, contact_id, not_before=None, not_after=None)

    names = ("status", "until", "not_before", "not_after", "priority")
    assert shown(put_off, *names) == ("held", SOON, SOON, LATER, 9)
    assert shown(freed, "status", "not_before", "not_after", "priority") == ("waiting", None, None, 9)
    assert pointers(changed(rest, contact_id, not_before=LATER, not_after=SOON)) == {"/not_after": "not_after"}
    changed(rest, contact_id, not_after=SOON)
    assert pointers(changed(rest, contact_id, not_before=LATER)) == {"/not_after": "not_after"}


@pytest.mark.parametrize("reason", ["record_failed", "carrier_fault"])
def test_a_contact_that_is_held_for_something_else_stays_held_when_its_time_is_taken_away(
    rest: Rest, services: Services, reason: str
) -> None:
    _, contact_id = one(rest)
    stand(services, contact_id, status="held", reason=reason, due_at=None, not_before="2020-01-01T00:00:00Z")

    assert shown(changed(rest, contact_id, not_before=None), "status", "reason") == ("held", reason)


@pytest.mark.parametrize("status", ["completed", "exhausted", "canceled", "expired"])
def test_one_that_has_ended_waits_for_one_more_attempt_and_its_campaign_runs_again(
    rest: Rest, services: Services, status: str
) -> None:
    campaign_id, contact_id = one(rest)
    stand(services, contact_id, status=status, attempts=3, due_at=None)
    with services.sql.begin() as tx:
        tx.execute(text("UPDATE campaigns SET status = 'completed'"))

    answer = changed(rest, contact_id, status="waiting", phone=DENVER, priority=5)

    names = ("status", "phone", "attempts", "attempts_limit", "priority")
    assert shown(answer, *names) == ("waiting", DENVER, 3, 4, 5)
    assert shown(rest.get(f"/v1/campaigns/{campaign_id}"), "status") == ("running",)
    assert shown(changed(rest, contact_id, status="waiting"), "status", "attempts_limit") == ("waiting", 4)


def test_one_that_cannot_be_called_again_stays_as_it_is(rest: Rest, services: Services) -> None:
    campaign_id, contact_id = one(rest)
    stand(services, contact_id, status="unknown", due_at=None)
    unknown = changed(rest, contact_id, status="waiting", priority=5)
    stand(services, contact_id, status="exhausted")
    rest.post("/v1/suppressions", {"phone": NEW_YORK})
    suppressed = changed(rest, contact_id, status="waiting")
    rest.post(f"/v1/campaigns/{campaign_id}/cancel")
    over = changed(rest, contact_id, status="waiting")

    assert [code_of(answer) for answer in (unknown, suppressed, over)] == [
        (409, "not_called_again"),
        (409, "not_called_again"),
        (409, "campaign_over"),
    ]
    assert shown(rest.get(f"/v1/contacts/{contact_id}"), "status", "priority") == ("exhausted", 0)


def test_while_it_is_being_called_its_number_stays_and_the_rest_holds_from_the_next_attempt_on(
    rest: Rest, services: Services
) -> None:
    _, contact_id = one(rest)
    stand(services, contact_id, status="calling", due_at=None)

    number = changed(rest, contact_id, phone=DENVER)
    again = changed(rest, contact_id, status="waiting")
    rest_of_it = changed(rest, contact_id, phone=NEW_YORK, not_before=SOON, priority=2, timezone="America/Denver")

    assert (code_of(number), code_of(again)) == ((409, "contact_in_call"), (409, "contact_in_call"))
    names = ("status", "not_before", "priority", "timezone")
    assert shown(rest_of_it, *names) == ("calling", SOON, 2, "America/Denver")


def test_one_that_has_ended_takes_no_other_change_without_waiting_again(rest: Rest, services: Services) -> None:
    _, contact_id = one(rest, fresh_number())
    stand(services, contact_id, status="exhausted")

    assert code_of(changed(rest, contact_id, priority=5)) == (409, "contact_closed")
