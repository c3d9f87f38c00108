"""Reads what a list of campaigns shows of each, for all of them at once: five queries, however many there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from orchestrator.model.campaign_status import CampaignStatus
from orchestrator.operations.campaigns.count_calls import calls_of, count_by, phases_of
from orchestrator.operations.campaigns.count_contacts import by_status, count_contacts
from orchestrator.operations.campaigns.why_waiting import Because, held_by_reason, held_of
from orchestrator.policy.campaign_rules import Pacing
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.hours_in_force import hours_in_force
from orchestrator.store.sql.calls import count_each_dialed_since
from orchestrator.store.sql.connections import calls_per_second
from orchestrator.store.sql.people import People
from orchestrator.store.sql.tallies import Tally, read_people_tallies, read_tallies
from orchestrator.store.sql.waiting_contacts import next_held

_RATE_OVER = timedelta(seconds=5)


@dataclass(frozen=True)
class CampaignSummary:
    """What a list shows of a campaign; the counts of `contacts` sum to their total."""

    contacts: Mapping[str, int]
    held_by_reason: Mapping[Reason, Because]
    calls: Mapping[str, int]
    people: Mapping[str, int]
    by_disposition: Mapping[str, int]
    by_outcome: Mapping[str, int]
    dials_per_s: float
    limit: float


def read_summaries(tx: Connection, campaigns: Sequence[Row[Any]], *, now: datetime) -> dict[str, CampaignSummary]:
    """Return the summaries of campaigns by their ids."""
    ids = [campaign.id for campaign in campaigns]
    running = [campaign.id for campaign in campaigns if campaign.status == CampaignStatus.RUNNING]
    tallies, people = read_tallies(tx, ids, ("contacts", "calls")), read_people_tallies(tx, ids)
    dials = count_each_dialed_since(tx, running, since=now - _RATE_OVER) if running else {}
    rates = calls_per_second(tx)
    next_at = _next_held(tx, {each: tallies.get((each, "contacts"), ()) for each in ids})
    return {
        each.id: _summary(
            each,
            contacts=tallies.get((each.id, "contacts"), ()),
            calls=tallies.get((each.id, "calls"), ()),
            people=People(people.get(each.id, ())),
            dials=dials.get(each.id, 0),
            rate=rates.get(each.connection_id),
            next_at=next_at.get(each.id, {}),
            now=now,
        )
        for each in campaigns
    }


def _next_held(tx: Connection, contacts: Mapping[str, Sequence[Tally]]) -> dict[str, dict[str, datetime]]:
    """Return when the next who is held is due, by campaign and reason."""
    found: dict[str, dict[str, datetime]] = {}
    held = [(campaign_id, reason) for campaign_id, tally in contacts.items() for reason in held_of(tally)]
    for (campaign_id, reason), at in next_held(tx, held).items():
        found.setdefault(campaign_id, {})[reason] = at
    return found


def _summary(
    campaign: Row[Any],
    *,
    contacts: Sequence[Tally],
    calls: Sequence[Tally],
    people: People,
    dials: int,
    rate: float | None,
    next_at: Mapping[str, datetime],
    now: datetime,
) -> CampaignSummary:
    hours = hours_in_force(campaign.calling_hours, campaign.purpose)
    counted_calls = calls_of(calls)
    pace = Pacing.model_validate(campaign.pacing).calls_per_second
    return CampaignSummary(
        contacts=by_status(count_contacts(contacts, hours, now)),
        held_by_reason=held_by_reason(contacts, hours, now, next_at),
        calls=phases_of(counted_calls),
        people=people.counts(),
        by_disposition=count_by("disposition", counted_calls),
        by_outcome=count_by("outcome", counted_calls),
        dials_per_s=round(dials / _RATE_OVER.total_seconds(), 2),
        limit=min([each for each in (pace, rate) if each], default=0.0),
    )
