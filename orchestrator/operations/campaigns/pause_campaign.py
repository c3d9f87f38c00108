"""Pauses a campaign: after it returns, nothing of it is sent (R9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, func, select, update

from orchestrator.errors import Conflict
from orchestrator.operations.campaigns.create_campaign import found
from orchestrator.operations.dialing.drain_dials import quiesce
from orchestrator.operations.dialing.release_attempts import WayBack
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.sql.campaigns import lock_campaign
from orchestrator.store.sql.tables import calls, campaigns

if TYPE_CHECKING:
    from orchestrator.services import House

_WAY_BACK = WayBack(Reason.CAMPAIGN_PAUSED, counts=False, held=False)
_ALLOWED = ("scheduled", "running", "paused")


def pause_campaign(house: House, campaign_id: str) -> tuple[Row[Any], int]:
    """Return the paused campaign and how many of its calls are live. Pausing a paused one asks for no change."""
    _close_the_gate(house, campaign_id)
    in_flight = quiesce(house, calls.c.campaign_id == campaign_id, _WAY_BACK)
    with house.sql.connect() as connection:
        return connection.execute(select(campaigns).where(campaigns.c.id == campaign_id)).one(), in_flight


def _close_the_gate(house: House, campaign_id: str) -> None:
    with house.sql.begin() as connection:
        status = found(lock_campaign(connection, campaign_id), campaign_id).status
        if status not in _ALLOWED:
            raise Conflict(
                "not_pausable", f"A campaign that is {status} cannot be paused.", status=status, allowed=_ALLOWED
            )
        if status == "paused":
            return
        reason = func.jsonb_build_object("code", "paused_by_user", "detail", "Paused over the API.", "at", _now_text())
        connection.execute(
            update(campaigns).where(campaigns.c.id == campaign_id).values(status="paused", status_reason=reason)
        )


def _now_text() -> Any:
    return func.to_char(func.clock_timestamp(), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
