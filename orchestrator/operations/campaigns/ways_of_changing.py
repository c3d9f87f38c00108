"""Every way in which many contacts are changed at once."""

from __future__ import annotations

from typing import Final

from orchestrator.operations.campaigns.redial_campaign import REDIALING
from orchestrator.operations.contacts.bulk_changes import Way

WAYS: Final[tuple[Way, ...]] = (REDIALING,)
