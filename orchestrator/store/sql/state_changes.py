"""UPDATEs that change a state: each is built from the table of transitions, and raises where that has no row for it.

A row in another state is left alone, so that every change is a compare-and-set. The target's type says which column
changes: `calls.state`, `contacts.status` or `campaigns.status`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any, Final, TypeVar

from sqlalchemy import Column, Update, update

from orchestrator.model.attempt_state import ATTEMPT_TRANSITIONS, AttemptState
from orchestrator.model.campaign_status import CAMPAIGN_TRANSITIONS, CampaignStatus
from orchestrator.model.contact_status import CONTACT_TRANSITIONS, ContactStatus
from orchestrator.model.transitions import TransitionTable
from orchestrator.store.sql.state_lists import one_of
from orchestrator.store.sql.tables import calls, campaigns, contacts

S = TypeVar("S", bound=StrEnum)

_KEPT_IN: Final[Mapping[type[StrEnum], tuple[Column[Any], TransitionTable[Any]]]] = {
    AttemptState: (calls.c.state, ATTEMPT_TRANSITIONS),
    ContactStatus: (contacts.c.status, CONTACT_TRANSITIONS),
    CampaignStatus: (campaigns.c.status, CAMPAIGN_TRANSITIONS),
}


def change_state(target: S, *, among: Collection[S] | None = None, on_request: bool = False) -> Update:
    """Return the UPDATE that moves rows to `target` from every state that may precede it, or those `among` these.

    The caller adds which rows, and what else changes; `on_request` says that a person asks for this change. Raises
    ForbiddenTransition where the table has no such row.
    """
    column, table = _KEPT_IN[type(target)]
    found = table.sources(target, among=among, on_request=on_request)
    return update(column.table).where(column.in_(found)).values({column: target})


def sources_of(*targets: S, among: Collection[S] | None = None, on_request: bool = False) -> str:
    """Return the states that each of `targets` may follow as the list after IN, for an UPDATE written as text.

    Raises ForbiddenTransition where the table has no such row.
    """
    _, table = _KEPT_IN[type(targets[0])]
    found = [table.sources(target, among=among, on_request=on_request) for target in targets]
    return one_of(state for state in found[0] if all(state in others for others in found))
