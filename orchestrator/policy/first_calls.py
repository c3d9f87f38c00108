"""The first calls of a campaign: no more than a few are made before a webhook has shown that the carrier reaches us."""

from __future__ import annotations

from datetime import datetime
from typing import Final

FIRST_CALLS: Final = 5


def is_heard_since(proving_since: datetime | None, *, last_webhook_ms: int) -> bool:
    """Return whether a webhook has come in since a campaign was started or resumed, of whatever campaign."""
    return proving_since is not None and last_webhook_ms > proving_since.timestamp() * 1000
