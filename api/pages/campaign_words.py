"""What a campaign does at this moment, in words: what it dials, what its contacts wait for, and until when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from api.pages import words
from api.resources.campaigns import CampaignView
from api.resources.stats import StatsView
from api.resources.summaries import ContactCounts
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.timestamps import parse_timestamp
from orchestrator.policy.weekly_hours import CONTACT

_AT_ITS_LIMIT = 0.9
_ENOUGH = 2


@dataclass(frozen=True)
class Saying:
    """Words, and a moment behind them if there is one; `before_time` stands between the two."""

    words: str
    at: datetime | None = None
    before_time: str = ","


def says(campaign: CampaignView, stats: StatsView | None) -> list[Saying]:
    """Return what a campaign does, the most important first; `stats` are known of one that runs."""
    reason = campaign.status_reason
    match campaign.status:
        case "draft":
            return [Saying("not started yet")]
        case "scheduled":
            return [Saying("starts", campaign.starts_at, before_time="")]
        case "completed":
            return [Saying("done", campaign.completed_at)]
        case "canceled":
            return [Saying("ended for good: contacts that were not done are canceled")]
        case "paused":
            said = reason.detail.removesuffix(".") if reason else "paused by a person"
            return [Saying(said, parse_timestamp(reason.at) if reason and reason.at else None)]
        case _:
            if reason is not None:
                return [Saying("waits: all dialing is stopped")]
            return list(_running(stats))[:_ENOUGH] if stats else [Saying("runs")]


def _running(stats: StatsView) -> Iterator[Saying]:
    if stats.rate.dials_per_s:
        yield Saying(f"dials {stats.rate.dials_per_s:.1f}/s")
    elif stats.calls.live:
        yield Saying("1 call under way" if stats.calls.live == 1 else f"{stats.calls.live} calls under way")
    waiting = [*stats.held_by_reason.items(), *stats.waiting_by_reason.items()]
    for reason, wait in sorted(waiting, key=lambda each: -each[1].contacts):
        at = None if reason == Reason.RATE else wait.next_at  # whose turn it is is called within seconds
        yield Saying(f"{wait.contacts:,} {words.waits(reason, wait.contacts)}", at)
    if not stats.contacts.total:
        yield Saying("has no contacts yet")
    elif not (stats.contacts.waiting or stats.contacts.held or stats.contacts.calling):
        yield Saying("everybody is done; it stays open for more")


def why_not_faster(stats: StatsView) -> Saying | None:
    """Return the one sentence that says what the pace of a running campaign is bounded by; None if it does not run."""
    if stats.status != "running":
        return None
    if stats.status_reason is not None:
        return Saying(stats.status_reason.detail)
    pace = stats.rate
    if pace.max_live_calls and stats.calls.live >= pace.max_live_calls:
        busy = f"All {pace.max_live_calls} lines that it may use are busy"
        return Saying(f"{busy}; a call that ends makes room for the next.")
    if pace.limit and pace.dials_per_s >= _AT_ITS_LIMIT * pace.limit:
        return Saying(f"It dials as fast as it may: {pace.limit:g} calls a second.")
    waiting = [*stats.held_by_reason.values(), *stats.waiting_by_reason.values()]
    if not waiting:
        return None
    most = max(waiting, key=lambda wait: wait.contacts)
    return Saying(most.sentence, most.next_at)


def zone_of(campaign: CampaignView) -> str | None:
    """Return the zone by whose clock a campaign calls; None where it is each contact's own."""
    return campaign.calling_hours.timezone if campaign.calling_hours.timezone != CONTACT else campaign.default_timezone


_DONE = ("completed", "exhausted", "suppressed", "canceled", "expired", "unknown")


def count_done(contacts: ContactCounts) -> int:
    """Return how many contacts are done, whatever came of it."""
    return sum(getattr(contacts, name) for name in _DONE)
