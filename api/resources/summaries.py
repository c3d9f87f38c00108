"""What a list of campaigns shows of each when it is asked for `include=stats`."""

from __future__ import annotations

from dataclasses import asdict

from pydantic import BaseModel, Field

from orchestrator.operations.campaigns.read_summaries import CampaignSummary
from orchestrator.policy.timestamps import Moment


class ContactCounts(BaseModel):
    """Contacts by status; they sum to `total`."""

    total: int
    waiting: int
    held: int
    calling: int
    completed: int
    exhausted: int
    suppressed: int
    canceled: int
    expired: int
    unknown: int


class CallTotals(BaseModel):
    """Calls by state and result; of the `people` who answered, how many heard nothing in time or opted out."""

    dialed: int
    live: int
    ended: int
    people: int
    abandoned: int
    silent: int
    opted_out: int
    by_disposition: dict[str, int]
    by_outcome: dict[str, int]


class WaitView(BaseModel):
    """How many contacts wait for one reason, and when the next of them may be dialed; null where nobody knows."""

    contacts: int
    next_at: Moment | None
    sentence: str


class SummaryView(BaseModel):
    """The statistics of a campaign in a list; `GET /v1/campaigns/{id}/stats` has more of them."""

    contacts: ContactCounts
    held_by_reason: dict[str, WaitView]
    calls: CallTotals
    dials_per_s: float = Field(description="Over the last 5 s.")
    limit: float = Field(description="The allowed maximum of dials per second.")


def summary_of(summary: CampaignSummary) -> SummaryView:
    """Return a summary as it is shown."""
    results = {"by_disposition": summary.by_disposition, "by_outcome": summary.by_outcome}
    return SummaryView.model_validate(
        {
            "contacts": summary.contacts,
            "held_by_reason": {reason: asdict(why) for reason, why in summary.held_by_reason.items()},
            "calls": {**summary.calls, **summary.people, **results},
            "dials_per_s": summary.dials_per_s,
            "limit": summary.limit,
        }
    )
