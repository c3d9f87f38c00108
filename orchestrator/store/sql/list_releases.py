"""Releases contacts that are held until a list changes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, func, select, text, update

from orchestrator.model.contact_status import ContactStatus
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.lists.list_fields import ListKind
from orchestrator.store.sql.listed_numbers import holds_for
from orchestrator.store.sql.state_changes import change_state
from orchestrator.store.sql.state_lists import WAITS_FOR_LIST
from orchestrator.store.sql.tables import contacts, lists

IS_TO_RELEASE = "is_to_release"
_WAITS = text(WAITS_FOR_LIST)
# One probe for each campaign with such contacts, whatever ever waited. A registry may have covered others before.
_CAMPAIGNS = text(
    f"""
    WITH RECURSIVE waiting (id) AS (
        SELECT min(campaign_id) FROM contacts WHERE {WAITS_FOR_LIST}
        UNION ALL
        SELECT (SELECT min(campaign_id) FROM contacts WHERE {WAITS_FOR_LIST} AND campaign_id > waiting.id)
        FROM waiting WHERE waiting.id IS NOT NULL
    )
    SELECT k.id FROM waiting JOIN campaigns k ON k.id = waiting.id JOIN lists l ON l.id = :list_id
    WHERE l.kind = 'registry' OR {holds_for("k")}
    """  # noqa: S608 built from constants
)


def lists_to_release(tx: Connection) -> Sequence[Any]:
    """Return id, kind and time of the last change of each list whose change has released nobody yet."""
    return tx.execute(select(lists.c.id, lists.c.kind, lists.c.updated_at).where(text(IS_TO_RELEASE))).all()


def campaigns_that_wait(tx: Connection, list_id: str) -> Sequence[str]:
    """Return the campaigns with contacts that wait for a list to change, and may have waited for this one."""
    return tx.execute(_CAMPAIGNS, {"list_id": list_id}).scalars().all()


def release_of_campaign(tx: Connection, campaign_id: str, kind: str, *, most: int) -> int:
    """Release up to `most` contacts of a campaign that wait for a list of this kind; return how many.

    They are to be checked again at once.
    """
    reason = Reason.NOT_ON_ALLOW_LIST if kind == ListKind.ALLOW else Reason.LIST_STALE
    waits = (contacts.c.campaign_id == campaign_id, _WAITS, contacts.c.reason == reason.value)
    which = select(contacts.c.id).where(*waits).order_by(contacts.c.id)
    return _release(tx, which.limit(most).with_for_update())


def release_numbers(tx: Connection, numbers: Collection[str]) -> int:
    """Release the contacts with these numbers, in every campaign; return how many."""
    which = select(contacts.c.id).where(contacts.c.phone.in_(numbers), _WAITS).order_by(contacts.c.id)
    return _release(tx, which.with_for_update())


def mark_released(tx: Connection, list_id: str, *, changed_at: Any) -> None:
    """Note that all who waited for a list's change of that time are released."""
    same = (lists.c.id == list_id, lists.c.updated_at == changed_at)
    tx.execute(update(lists).where(*same).values(is_to_release=False))


def _release(tx: Connection, which: Any) -> int:
    released = change_state(ContactStatus.WAITING, among=(ContactStatus.HELD,)).where(contacts.c.id.in_(which))
    return tx.execute(released.values(reason=None, due_at=func.now(), updated_at=func.now())).rowcount
