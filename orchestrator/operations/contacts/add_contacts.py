"""Adds contacts to a campaign, each told its own result; sending them again adds nobody twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.contact_files.contact_rows import ContactProblem, NewContact, read_contact
from orchestrator.ids import new_id
from orchestrator.operations.contacts.upload_target import UploadPlace, hold_open, place_for_upload
from orchestrator.store.sql.campaigns import add_zones
from orchestrator.store.sql.contact_staging import StagedContact, insert_contacts

if TYPE_CHECKING:
    from orchestrator.services import Services


@dataclass(frozen=True)
class AddResult:
    """What became of one contact of a request: exactly one of `contact_id` (accepted), `problem`, or neither."""

    contact_id: str | None = None
    problem: ContactProblem | None = None


def add_contacts(services: Services, campaign_id: str, documents: Sequence[Any]) -> list[AddResult]:
    """Add what can be added and return a result for each document, in order.

    Raises NotFound, and Conflict for a campaign that is completed or canceled.
    """
    place = place_for_upload(services, campaign_id)
    read = [read_contact(document, place.form) for document in documents]
    staged = [_staged(place, contact, n) for n, contact in enumerate(read) if isinstance(contact, NewContact)]
    with services.sql.begin() as tx:
        accepted = insert_contacts(tx, staged, campaign_id=campaign_id)
        add_zones(tx, campaign_id, list({row.zone for row in staged if row.contact_id in accepted}))
        hold_open(tx, campaign_id)
    ids = {row.position: row.contact_id for row in staged if row.contact_id in accepted}
    problems = {n: contact for n, contact in enumerate(read) if isinstance(contact, ContactProblem)}
    return [AddResult(ids.get(n), problems.get(n)) for n in range(len(documents))]


def _staged(place: UploadPlace, contact: NewContact, position: int) -> StagedContact:
    return StagedContact(new_id("con"), contact, place.zone_of(contact), position)
