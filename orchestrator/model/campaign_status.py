"""The statuses of a campaign and the table of its transitions."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from orchestrator.model.transitions import Transition, TransitionTable


class CampaignStatus(StrEnum):
    """Where a campaign is between its creation and its end."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    CANCELED = "canceled"


FINAL_CAMPAIGN: Final = (CampaignStatus.COMPLETED, CampaignStatus.CANCELED)

OPEN_CAMPAIGN: Final = tuple(status for status in CampaignStatus if status not in FINAL_CAMPAIGN)
"""Takes contacts and changes."""

STARTED: Final = (CampaignStatus.SCHEDULED, CampaignStatus.RUNNING)

_Row = Transition[CampaignStatus]

CAMPAIGN_TRANSITIONS: Final = TransitionTable(
    "campaign",
    CampaignStatus,
    (
        _Row(CampaignStatus.DRAFT, CampaignStatus.SCHEDULED, "a person starts it before its starts_at"),
        _Row(CampaignStatus.DRAFT, CampaignStatus.RUNNING, "a person starts it"),
        _Row(CampaignStatus.DRAFT, CampaignStatus.CANCELED, "a person", "R22"),
        _Row(CampaignStatus.SCHEDULED, CampaignStatus.RUNNING, "sweeper: its starts_at has come", "R22"),
        _Row(CampaignStatus.SCHEDULED, CampaignStatus.PAUSED, "a person", "R9"),
        _Row(CampaignStatus.SCHEDULED, CampaignStatus.CANCELED, "a person", "R9"),
        _Row(
            CampaignStatus.RUNNING,
            CampaignStatus.PAUSED,
            "a person; the carrier refuses it; no webhooks come; a guard",
            "R9",
        ),
        _Row(CampaignStatus.RUNNING, CampaignStatus.COMPLETED, "sweeper: nobody is left to call", "R22"),
        _Row(CampaignStatus.RUNNING, CampaignStatus.CANCELED, "a person", "R9"),
        _Row(
            CampaignStatus.COMPLETED,
            CampaignStatus.RUNNING,
            "a person has some of its contacts called again",
            "R22",
            on_request=True,
        ),
        _Row(CampaignStatus.PAUSED, CampaignStatus.SCHEDULED, "a person resumes it before its starts_at"),
        _Row(CampaignStatus.PAUSED, CampaignStatus.RUNNING, "a person resumes it"),
        _Row(CampaignStatus.PAUSED, CampaignStatus.CANCELED, "a person", "R9"),
    ),
)
