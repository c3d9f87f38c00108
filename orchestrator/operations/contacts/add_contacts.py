"""Adds contacts to a campaign, with a result for each; sending them again adds nobody twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from orchestrator.clock import Clock
from orchestrator.contact_files.contact_rows import ContactProblem, NewContact, read_contact
from orchestrator.ids import new_id
from orchestrator.operations.contacts.upload_target import UploadTarget, hold_open, upload_target_of
from orchestrator.store.sql.campaigns import add_zones
from orchestrator.store.sql.contact_staging import StagedContact, insert_contacts
from orchestrator.store.sql.flow_cache import FlowCache


@dataclass(frozen=True)
class AddResult:
    """The result for one contact: `contact_id` (accepted), `problem`, or neither (a duplicate)."""

    contact_id: str | None = None
    problem: ContactProblem | None = None


def add_contacts(
    campaign_id: str, documents: Sequence[Any], *, sql: Engine, flows: FlowCache, clock: Clock
) -> list[AddResult]:
    """Add what can be added and return a result for each document, in order.

    Raises NotFound, and Conflict for a campaign that is completed or canceled.
    """
    place = upload_target_of(campaign_id, sql=sql, flows=flows, clock=clock)
    read = [read_contact(document, place.form) for document in documents]
    staged = [_staged(place, contact, n) for n, contact in enumerate(read) if isinstance(contact, NewContact)]
    with sql.begin() as tx:
        accepted = insert_contacts(tx, staged, campaign_id=campaign_id)
        hold_open(tx, place, contact_ids=accepted)
        add_zones(tx, campaign_id, list({row.zone for row in staged if row.contact_id in accepted}))
    ids = {row.position: row.contact_id for row in staged if row.contact_id in accepted}
    problems = {n: contact for n, contact in enumerate(read) if isinstance(contact, ContactProblem)}
    return [AddResult(ids.get(n), problems.get(n)) for n in range(len(documents))]


def _staged(place: UploadTarget, contact: NewContact, position: int) -> StagedContact:
    return StagedContact(new_id("con"), contact, place.zone_of(contact), position)
