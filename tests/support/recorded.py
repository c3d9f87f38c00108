"""An ended call with one recording, put into the record as if it had been told."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from orchestrator.ids import new_id
from orchestrator.services import Services
from tests.support.rest import CALLER_ID, CONNECTION, Rest, fresh_number


def recorded(rest: Rest, services: Services, **columns: Any) -> dict[str, str]:
    """Put an ended call with one recording into the record, and return their ids."""
    campaign = rest.campaign()["id"]
    (contact,) = rest.contacts(campaign, fresh_number())
    ids = {"call": new_id("call"), "rec": new_id("rec"), "contact": contact, "campaign": campaign}
    columns = {"state": "pending", "error": None, "place": None, "size": None, "sha": None, **columns}
    with services.sql.begin() as tx:
        tx.execute(
            text(
                "INSERT INTO calls (id, campaign_id, contact_id, connection_id, to_number, from_number, attempt, state,"
                " command_id, ring_limit_s, talk_limit_s, ended_at)"
                " SELECT :call, campaign_id, id, :connection, phone, :caller, 1, 'ended', 'c', 30, 600, now()"
                " FROM contacts WHERE id = :contact"
            ),
            {**ids, "connection": CONNECTION, "caller": CALLER_ID},
        )
        tx.execute(
            text(
                "INSERT INTO recordings (id, call_id, told_as, event_id, told_at, recording_id, leg, channels, format,"
                " started_at, ended_at, urls, state, error, place, size_bytes, sha256)"
                " VALUES (:rec, :call, 'r-1', 'e-1', now(), 'r-1', 'A', 'dual', 'mp3', '2026-03-02T15:04:09.640Z',"
                " '2026-03-02T15:04:58.700Z', '{\"mp3\": \"https://r.example.test/1.mp3\"}', :state,"
                " CAST(:error AS jsonb), :place, :size, :sha)"
            ),
            {**ids, **columns},
        )
    return ids
