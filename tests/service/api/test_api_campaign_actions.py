"""Starting, pausing, resuming and canceling a campaign over REST, each as its status allows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from orchestrator.services import Services
from tests.support.rest import Rest, fresh_number, pointers


def _set_status(services: Services, campaign_id: str, status: str) -> None:
    with services.sql.begin() as tx:
        tx.execute(text("UPDATE campaigns SET status = :s WHERE id = :id"), {"s": status, "id": campaign_id})


def test_a_start_without_contacts_is_refused(rest: Rest) -> None:
    campaign = rest.campaign()["id"]

    refused = rest.post(f"/v1/campaigns/{campaign}/start")

    assert refused.status_code == 409
    assert refused.json["code"] == "no_contacts" and refused.json["current_status"] == "draft"


def test_a_campaign_with_contacts_starts_and_starting_again_changes_nothing(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    rest.contacts(campaign, fresh_number())

    started = rest.post(f"/v1/campaigns/{campaign}/start")
    again = rest.post(f"/v1/campaigns/{campaign}/start")

    assert (started.status_code, started.json["status"], started.json["in_flight"]) == (200, "running", 0)
    assert (again.status_code, again.json["started_at"]) == (200, started.json["started_at"])


def test_a_campaign_that_is_kept_open_starts_without_contacts(rest: Rest) -> None:
    campaign = rest.campaign(keep_open=True)["id"]

    assert rest.post(f"/v1/campaigns/{campaign}/start").json["status"] == "running"


def test_a_campaign_whose_time_has_not_come_is_scheduled(rest: Rest) -> None:
    campaign = rest.campaign(keep_open=True, starts_at="2031-01-01T00:00:00Z")["id"]

    started = rest.post(f"/v1/campaigns/{campaign}/start")
    again = rest.post(f"/v1/campaigns/{campaign}/start")

    assert started.json["status"] == again.json["status"] == "scheduled"


def test_a_campaign_whose_time_is_over_does_not_start(rest: Rest, services: Services) -> None:
    ended = (services.clock() - timedelta(minutes=1)).isoformat()
    campaign = rest.campaign(keep_open=True, ends_at=ended)["id"]

    refused = rest.post(f"/v1/campaigns/{campaign}/start")

    assert refused.status_code == 409 and refused.json["code"] == "already_over"


def test_pause_and_resume_are_idempotent(rest: Rest) -> None:
    campaign = rest.campaign(keep_open=True)["id"]
    rest.post(f"/v1/campaigns/{campaign}/start")

    paused = [rest.post(f"/v1/campaigns/{campaign}/pause").json for _ in range(2)]
    resumed = [rest.post(f"/v1/campaigns/{campaign}/resume").json for _ in range(2)]

    assert [answer["status"] for answer in paused] == ["paused", "paused"]
    assert paused[0]["status_reason"]["code"] == "paused_by_user"
    assert [answer["status"] for answer in resumed] == ["running", "running"]
    assert resumed[0]["status_reason"] is None


@pytest.mark.parametrize(
    ("status", "action", "code"),
    [
        ("paused", "start", "not_started"),
        ("completed", "start", "not_started"),
        ("canceled", "start", "not_started"),
        ("draft", "resume", "not_resumed"),
        ("completed", "resume", "not_resumed"),
        ("draft", "pause", "not_pausable"),
        ("completed", "pause", "not_pausable"),
        ("completed", "cancel", "not_cancelable"),
    ],
)
def test_an_action_its_status_does_not_allow_says_what_would(
    rest: Rest, services: Services, status: str, action: str, code: str
) -> None:
    campaign = rest.campaign()["id"]
    _set_status(services, campaign, status)

    refused = rest.post(f"/v1/campaigns/{campaign}/{action}")

    assert refused.status_code == 409
    assert refused.json["code"] == code
    assert refused.json["current_status"] == status and status not in refused.json["allowed"]


def test_a_canceled_campaign_cancels_its_contacts(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    rest.contacts(campaign, fresh_number(), fresh_number())
    rest.post(f"/v1/campaigns/{campaign}/start")

    canceled = rest.post(f"/v1/campaigns/{campaign}/cancel", {"live_calls": "hangup"})
    again = rest.post(f"/v1/campaigns/{campaign}/cancel")

    assert canceled.json["status"] == again.json["status"] == "canceled"
    contacts = rest.get(f"/v1/contacts?campaign_id={campaign}").json["data"]
    assert {contact["status"] for contact in contacts} == {"canceled"}


def test_a_cancellation_with_a_wrong_word_is_refused(rest: Rest) -> None:
    campaign = rest.campaign()["id"]

    refused = rest.post(f"/v1/campaigns/{campaign}/cancel", {"live_calls": "explode"})

    assert list(pointers(refused)) == ["/live_calls"]
