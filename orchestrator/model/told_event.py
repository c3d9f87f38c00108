"""What the outside is told: the types of the events that `GET /v1/events` lists and webhook endpoints receive."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class ToldEvent(StrEnum):
    """A type of event; each is written in the transaction of the change that it tells of."""

    CALL_ANSWERED = "call.answered"
    CALL_ENDED = "call.ended"
    CONTACT_FINISHED = "contact.finished"
    CAMPAIGN_PAUSED = "campaign.paused"
    CAMPAIGN_COMPLETED = "campaign.completed"
    GUARD_TRIPPED = "guard.tripped"
    RECORDING_READY = "recording.ready"
    SUPPRESSION_ADDED = "suppression.added"
    ENDPOINT_TEST = "endpoint.test"


KEPT_DAYS: Final = 30
"""How long events, and what became of their deliveries, are kept."""
