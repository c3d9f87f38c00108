"""What an older version stored by the name of a zone that is refused today goes on, by the right clock."""

from __future__ import annotations

from sqlalchemy import text

from orchestrator.services import Services
from tests.support.rest import Rest, fresh_number


def _stored_as(services: Services, campaign: str, zone: str) -> None:
    with services.sql.begin() as tx:
        values = {"campaign": campaign, "zone": zone}
        tx.execute(
            text(
                "UPDATE campaigns SET default_timezone = :zone, "
                "calling_hours = jsonb_set(calling_hours::jsonb, '{timezone}', to_jsonb(CAST(:zone AS text))) "
                "WHERE id = :campaign"
            ),
            values,
        )
        tx.execute(text("UPDATE contacts SET timezone = :zone, zone = :zone WHERE campaign_id = :campaign"), values)


def test_a_campaign_and_its_contacts_stored_by_est_are_shown_changed_and_counted(
    rest: Rest, services: Services
) -> None:
    campaign = rest.campaign(calling_hours={"timezone": "contact"})["id"]
    [contact] = rest.contacts(campaign, fresh_number())
    _stored_as(services, campaign, "EST")

    shown = rest.get(f"/v1/campaigns/{campaign}")
    changed = rest.patch(f"/v1/contacts/{contact}", {"variables": {"first_name": "Ada"}})
    added = rest.contacts(campaign, fresh_number())
    stats = rest.get(f"/v1/campaigns/{campaign}/stats")

    assert (shown.status_code, shown.json["calling_hours"]["timezone"]) == (200, "EST")
    assert (changed.status_code, changed.json["timezone"], changed.json["zone"]) == (200, "EST", "EST")
    assert len(added) == 1 and stats.status_code == 200


def test_a_zone_that_is_refused_today_is_refused_by_patch_with_what_to_write(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    [contact] = rest.contacts(campaign, fresh_number())

    by_contact = rest.patch(f"/v1/contacts/{contact}", {"timezone": "EST"})
    by_campaign = rest.patch(f"/v1/campaigns/{campaign}", {"default_timezone": "Etc/GMT+5"})

    assert (by_contact.status_code, by_campaign.status_code) == (422, 422)
    assert "America/New_York" in by_contact.text and "the other way round" in by_campaign.text
