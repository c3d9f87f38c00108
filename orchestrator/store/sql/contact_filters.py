"""Conditions that select contacts by what is stored of them, each value one of those named."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, select

from orchestrator.policy.names import forms_of
from orchestrator.store.sql.erased_calls import ERASED
from orchestrator.store.sql.tables import campaigns, contacts

_CAMPAIGNS = select(campaigns.c.id).where(campaigns.c.kind == "campaign")
_CONDITIONS: Final[Mapping[str, Callable[[Any], ColumnElement[bool]]]] = {
    "campaign_id": lambda value: contacts.c.campaign_id == value,
    "statuses": contacts.c.status.in_,
    "reasons": contacts.c.reason.in_,
    "dispositions": contacts.c.disposition.in_,
    "outcomes": contacts.c.outcome.in_,
    "phone": lambda value: contacts.c.phone == value,
    "external_id": lambda value: contacts.c.external_id.in_(forms_of(value)),
}


def matching(filters: Mapping[str, Any]) -> Sequence[ColumnElement[bool]]:
    """Return the conditions for the contacts of campaigns that match all of `filters` and were not erased."""
    asked = [_CONDITIONS[name](value) for name, value in filters.items() if value is not None]
    return (*asked, contacts.c.campaign_id.in_(_CAMPAIGNS), contacts.c.phone.not_like(f"{ERASED}%"))
