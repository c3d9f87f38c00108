"""Pauses a campaign: after it returns, nothing of it is sent (R9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, func, select, update

from orchestrator.errors import Conflict
from orchestrator.operations.campaigns.create_campaign import found
from orchestrator.operations.dialing.drain_dials import drain_dials
from orchestrator.operations.dialing.release_attempts import ReleaseReason
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.sql.campaigns import lock_campaign
from orchestrator.store.sql.tables import calls, campaigns

if TYPE_CHECKING:
    from orchestrator.services import Services

_WAY_BACK = ReleaseReason(Reason.CAMPAIGN_PAUSED, counts=False, held=False)
_ALLOWED = ("scheduled", "running", "paused")


def pause_campaign(services: Services, campaign_id: str) -> tuple[Row[Any], int]:
    """Return the paused campaign and how many of its calls are live. Pausing a paused one asks for no change."""
    _close_the_gate(services, campaign_id)
    in_flight = drain_dials(services, calls.c.campaign_id == campaign_id, _WAY_BACK)
    with services.sql.connect() as tx:
        return tx.execute(select(campaigns).where(campaigns.c.id == campaign_id)).one(), in_flight


def _close_the_gate(services: Services, campaign_id: str) -> None:
    with services.sql.begin() as tx:
        status = found(lock_campaign(tx, campaign_id), campaign_id).status
        if status not in _ALLOWED:
            raise Conflict(
                "not_pausable", f"A campaign that is {status} cannot be paused.", status=status, allowed=_ALLOWED
            )
        if status == "paused":
            return
        reason = func.jsonb_build_object("code", "paused_by_user", "detail", "Paused over the API.", "at", _now_text())
        tx.execute(update(campaigns).where(campaigns.c.id == campaign_id).values(status="paused", status_reason=reason))


def _now_text() -> Any:
    return func.to_char(func.clock_timestamp(), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
