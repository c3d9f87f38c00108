"""Asks, before a leg to somebody else is dialed, whether that person may be called: the target of a transfer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Engine

from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.sql.transfer_targets import why_not_transferred

CALL_OTHERS: Final = MappingProxyType({"transfer": "to", "refer": "sip_address"})
"""The commands that let somebody else's phone ring, and the field that says whose."""

# Of `+13125550150,123` the digits behind are keyed; of a SIP address the user may be a number.
_NUMBER: Final = re.compile(r"(?:sips?:)?(\+[1-9][0-9]{1,14})(?![0-9])", re.IGNORECASE)


def number_called_by(command: Mapping[str, Any]) -> str | None:
    """Return the number at which a command lets somebody else's phone ring; None where that has none."""
    field = CALL_OTHERS.get(command["action"])
    found = _NUMBER.match(str(command.get("body", {}).get(field, "")))
    return found[1] if found else None


def why_target_refused(command: Mapping[str, Any], *, campaign_id: str | None, sql: Engine) -> Reason | None:
    """Return why a command's target must not be called for a campaign; None where it may be, or has no number."""
    phone = number_called_by(command)
    if phone is None:
        return None
    with sql.connect() as tx:
        return why_not_transferred(tx, phone, campaign_id=campaign_id)
