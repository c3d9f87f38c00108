"""Puts contacts that have ended back in line, with their history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, text

from orchestrator.model.attempt_state import AttemptState
from orchestrator.model.campaign_status import CampaignStatus
from orchestrator.model.contact_status import ContactStatus
from orchestrator.model.disposition import Disposition
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.sql.callbacks import USUAL_PRIORITY
from orchestrator.store.sql.opt_outs import IN_FORCE
from orchestrator.store.sql.state_changes import change_state, sources_of
from orchestrator.store.sql.tables import campaigns

# The ledger knows of attempts that the contact does not: of the last one of a contact that was canceled meanwhile.
_LAST_ATTEMPT = f"""
    SELECT k.attempt, k.state, k.disposition FROM calls k
    WHERE k.contact_id = c.id AND k.state <> '{AttemptState.WITHDRAWN}' ORDER BY k.attempt DESC LIMIT 1
"""  # noqa: S608 built from constants
_IS_SURELY_OVER = f"""
    (l.state IS NULL OR (l.state = '{AttemptState.ENDED}' AND l.disposition IS DISTINCT FROM '{Disposition.UNKNOWN}'))
"""
_WHO = f"""
    SELECT c.id, greatest(c.attempts, l.attempt) AS attempts,
        greatest(now(), coalesce(CAST(:not_before AS timestamptz), c.not_before)) AS due_at
    FROM contacts c LEFT JOIN LATERAL ({_LAST_ATTEMPT}) l ON true
    WHERE c.id = ANY(:ids)
        AND c.status IN {sources_of(ContactStatus.WAITING, ContactStatus.HELD, on_request=True)}
        AND c.reason IS DISTINCT FROM '{Reason.IMPORT_WITHDRAWN}' AND {_IS_SURELY_OVER}
        AND (c.not_after IS NULL OR c.not_after > greatest(now(), CAST(:not_before AS timestamptz)))
        AND NOT EXISTS (SELECT 1 FROM suppressions s
            WHERE s.phone = c.phone AND s.scope IN ('global', c.campaign_id) AND {IN_FORCE})
"""  # noqa: S608 built from constants
_COUNT = text(f"SELECT count(*) FROM ({_WHO}) t")  # noqa: S608 built from constants
_WAIT_AGAIN = text(
    f"""
    UPDATE contacts c SET
        status = CASE WHEN t.due_at > now() THEN '{ContactStatus.HELD}' ELSE '{ContactStatus.WAITING}' END,
        reason = CASE WHEN t.due_at > now() THEN '{Reason.NOT_YET}' END, due_at = t.due_at,
        not_before = coalesce(CAST(:not_before AS timestamptz), c.not_before), attempts = t.attempts,
        attempts_limit = t.attempts - coalesce((c.tally->>'unspent')::int, 0) + :more, redialed_after = c.last_call_id,
        unspent_tries = 0, current_call_id = NULL, callback = NULL, priority = {USUAL_PRIORITY}, updated_at = now()
    FROM ({_WHO} ORDER BY c.id FOR UPDATE OF c) t WHERE c.id = t.id
    """  # noqa: S608 built from constants
)


def count_redialable(tx: Connection, contact_ids: Sequence[str], *, not_before: datetime | None) -> int:
    """Return how many of these contacts would wait again."""
    return int(tx.execute(_COUNT, {"ids": list(contact_ids), "not_before": not_before}).scalar_one())


def wait_again(tx: Connection, contact_ids: Sequence[str], *, more: int, not_before: datetime | None) -> int:
    """Let those of these contacts that may be called again wait for up to `more` attempts; return how many.

    Those stay as they are whose number is suppressed, and those of whom a call lives or may have been carried out.
    """
    params = {"ids": list(contact_ids), "more": more, "not_before": not_before}
    return tx.execute(_WAIT_AGAIN, params).rowcount


def run_again(tx: Connection, campaign_id: str) -> None:
    """Let a completed campaign run again; whether its webhooks arrive is to be proven anew."""
    again = change_state(CampaignStatus.RUNNING, on_request=True)
    fresh = {"completed_at": None, "status_reason": None, "proving_since": func.now(), "heard_webhooks": False}
    tx.execute(again.where(campaigns.c.id == campaign_id).values(fresh))
