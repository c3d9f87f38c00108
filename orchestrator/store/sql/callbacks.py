"""Promises to call people back: asked for now, and kept by the record of a live call when it ends."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, text

from orchestrator.model.contact_status import ContactStatus
from orchestrator.model.live_call import CallbackWish, LiveCall
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.sql.consent_facts import is_revoked
from orchestrator.store.sql.listed_numbers import is_listed
from orchestrator.store.sql.opt_outs import IN_FORCE
from orchestrator.store.sql.state_lists import IS_CLAIMABLE

FIRST_IN_LINE: Final = 1001
"""The priority of whom is called back: above every other, for nobody may ask for more than 1000."""

USUAL_PRIORITY: Final = f"""
    CASE WHEN c.priority = {FIRST_IN_LINE} THEN coalesce((c.callback->>'priority')::int, 0) ELSE c.priority END
"""
"""SQL of the priority of a contact `c` without its callback; one that was changed meanwhile stays."""

_PROMISE = text(
    f"""
    UPDATE contacts c SET updated_at = now(),
        callback = jsonb_build_object('at', CAST(:at AS timestamptz), 'note', CAST(:note AS text),
            'call_id', coalesce(c.current_call_id, c.last_call_id), 'priority', {USUAL_PRIORITY}),
        not_before = CASE WHEN c.not_before <= CAST(:at AS timestamptz) THEN c.not_before END
    WHERE c.id = :contact_id
    """  # noqa: S608 built from constants
)
_WAIT = text(
    f"""
    UPDATE contacts c SET status = '{ContactStatus.HELD}', reason = '{Reason.CALLBACK}', due_at = :at,
        priority = {FIRST_IN_LINE}, redialed_after = c.last_call_id
    WHERE c.id = :contact_id AND c.{IS_CLAIMABLE}
    """  # noqa: S608 built from constants
)
_IS_SUPPRESSED = text(
    f"""
    SELECT EXISTS (SELECT 1 FROM suppressions s
                   WHERE s.phone = c.phone AND s.scope IN ('global', c.campaign_id) AND {IN_FORCE})
        OR {is_listed("c.phone", "g", number_key="k.number_key")} OR {is_revoked("k.number_key", campaign="g")}
    FROM calls k, contacts c JOIN campaigns g ON g.id = c.campaign_id
    WHERE k.id = :call_id AND c.id = :contact_id
    """  # noqa: S608 built from constants
)


def is_kept_from(tx: Connection, contact_id: str, call_id: str) -> bool:
    """Return whether the person of a contact, and of a call with it, has opted out or is on a list."""
    return bool(tx.execute(_IS_SUPPRESSED, {"contact_id": contact_id, "call_id": call_id}).scalar())


def promise(tx: Connection, contact_id: str, *, at: datetime, note: str | None) -> None:
    """Write that a contact, which the caller has locked, is to be called back."""
    tx.execute(_PROMISE, {"contact_id": contact_id, "at": at, "note": note})


def wait_for_callback(tx: Connection, contact_id: str, *, at: datetime) -> None:
    """Let a contact that is not being called wait for its callback, first in line."""
    tx.execute(_WAIT, {"contact_id": contact_id, "at": at})


def callback_in_record(row: Any, call: LiveCall) -> CallbackWish | None:
    """Return when the contact of a record is to be called back, if that was asked for in this call.

    What was asked for over REST comes before the wish of the flow.
    """
    asked = row["callback"]
    if asked and asked["call_id"] == call.call_id:
        return CallbackWish(at=datetime.fromisoformat(asked["at"]), note=asked["note"])
    return call.callback if row["kind"] == "campaign" and not row["is_single"] else None
