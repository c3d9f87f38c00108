"""Asks, before a leg to somebody else is dialed, whether that person may be called: the target of a transfer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine

from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.sql.transfer_targets import why_not_transferred
from orchestrator.telnyx.commands.called_number import number_called_by


def why_target_refused(command: Mapping[str, Any], *, campaign_id: str | None, sql: Engine) -> Reason | None:
    """Return why a command's target must not be called for a campaign; None where it may be, or has no number."""
    phone = number_called_by(command["action"], command.get("body", {}))
    if phone is None:
        return None
    with sql.connect() as tx:
        return why_not_transferred(tx, phone, campaign_id=campaign_id)
