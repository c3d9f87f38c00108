"""Makes the hidden campaigns of a connection: one for single calls, one for inbound calls."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, Literal

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert

from orchestrator.ids import seeded_id
from orchestrator.model.campaign_status import CampaignStatus
from orchestrator.policy.campaign_rules import CallingHours, RetryRules
from orchestrator.store.sql.tables import campaigns

_BEGINNING: Final = datetime(2020, 1, 1, tzinfo=UTC)
_BY_KIND: Final = {
    "direct": {"name": "single calls", "status": CampaignStatus.RUNNING},
    "inbound": {"name": "calls that come in", "status": CampaignStatus.COMPLETED},  # it never dials
}


def ensure_system_campaign(tx: Connection, connection_id: str, *, kind: Literal["direct", "inbound"]) -> str:
    """Return the id of a connection's hidden campaign of this kind; it exists from now on."""
    ident = seeded_id("cmp", f"{kind}/{connection_id}", made_at=_BEGINNING)
    values = {
        "id": ident,
        "kind": kind,
        "connection_id": connection_id,
        "keep_open": True,
        "calling_hours": CallingHours().model_dump(mode="json"),
        "retry": RetryRules(max_attempts=1, on={}).model_dump(mode="json"),
        "number_gap_s": 0,
        **_BY_KIND[kind],
    }
    tx.execute(insert(campaigns).values(values).on_conflict_do_nothing())
    return ident
