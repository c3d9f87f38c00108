"""Finds what forbids the start of a campaign; quick, whatever its size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any, Final

from sqlalchemy import Connection, Row, RowMapping

from orchestrator.errors import InvalidFlow, NotFound
from orchestrator.flow import Flow
from orchestrator.model.campaign_status import CampaignStatus
from orchestrator.model.contact_status import CLAIMABLE
from orchestrator.operations.contacts.explained import voice_of
from orchestrator.policy.caps import Caps
from orchestrator.policy.dial_gate import GateFacts, Go, Hold, Never, may_dial
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.lists.campaign_lists import CampaignLists
from orchestrator.policy.phone.number_kind import why_never_shown
from orchestrator.policy.phone.parse_phone import PhoneProblem, read_phone
from orchestrator.policy.preflight import Finding, StartError
from orchestrator.policy.purposes import Voice
from orchestrator.policy.ring_time import why_ring_too_short
from orchestrator.store.sql.campaigns import has_open_import
from orchestrator.store.sql.contacts_ahead import lists_of, some_open
from orchestrator.store.sql.dial_checks import gate_facts, read_facts
from orchestrator.store.sql.dial_counts import Dials
from orchestrator.store.sql.flow_cache import FlowCache
from orchestrator.store.sql.tallies import read_tally

NEVER: Final[Reason] = Reason.NO_COMMON_HOURS
"""A hold that ends only if somebody changes what is said of hours or places: it is told as one for ever."""

_LOOKED_AT = 500  # of more contacts it is not told that nobody may be dialed, but by a preflight


def find_start_errors(tx: Connection, campaign: Row[Any], *, flows: FlowCache, caps: Caps) -> list[Finding]:
    """Return what forbids the start of a campaign that has not ended."""
    found = (_of_flow(campaign, flows), _of_caller_ids(campaign), _of_lists(tx, campaign))
    return [
        *chain.from_iterable(found),
        *_of_contacts(tx, campaign, caps, flow_voice=voice_of(flows, campaign.flow_id)),
    ]


def as_if_running(facts: GateFacts) -> GateFacts:
    """Return the facts of a campaign that is under way: only what is of the contact is asked."""
    return replace(facts, campaign_status=CampaignStatus.RUNNING, dialing_stopped=False, starts_at=None)


def _of_flow(campaign: Row[Any], flows: FlowCache) -> Iterator[Finding]:
    try:
        flow: Flow = flows.get(campaign.flow_id)
    except (InvalidFlow, NotFound) as err:
        yield Finding("/flow", StartError.FLOW_INVALID, f"this version cannot run the flow: {err}")
        return
    if why := why_ring_too_short(flow.dial_fields()["timeout_secs"]):
        yield Finding("/flow", StartError.RING_FLOOR, why)


def _of_caller_ids(campaign: Row[Any]) -> Iterator[Finding]:
    for n, number in enumerate(campaign.caller_ids):
        read = read_phone(number)
        why = read.detail if isinstance(read, PhoneProblem) else why_never_shown(read)
        if why:
            yield Finding(f"/caller_ids/{n}", StartError.CALLER_ID, why)


def _of_lists(tx: Connection, campaign: Row[Any]) -> Iterator[Finding]:
    """Yield the lists of a campaign that are not there: an older version may have deleted one."""
    named = CampaignLists.model_validate(campaign.lists or {}).references
    known = {each.name for each in lists_of(tx, campaign.id)}
    for pointer, name in named.items():
        if name not in known:
            yield Finding(f"/lists{pointer}", StartError.UNKNOWN_LIST, f"there is no list {name}")


def _of_contacts(tx: Connection, campaign: Row[Any], caps: Caps, *, flow_voice: Voice | None) -> Iterator[Finding]:
    """Yield that nobody may ever be dialed, where there are few enough contacts to be sure of it at once."""
    undone = sum(n for (status, _), n in read_tally(tx, campaign.id, "contacts") if status in CLAIMABLE)
    if campaign.keep_open or not 0 < undone <= _LOOKED_AT or has_open_import(tx, campaign.id):
        return
    rows = read_facts(tx, some_open(tx, campaign.id, limit=_LOOKED_AT), caps).values()
    reasons = {_why_never(row, flow_voice) for row in rows}
    if reasons and None not in reasons:
        yield Finding("/contacts", StartError.NOBODY_DIALABLE, nobody_dialable(sorted(filter(None, reasons))))


def _why_never(row: RowMapping, flow_voice: Voice | None) -> Reason | None:
    """Return why a contact may never be dialed; None where it may, at once or later."""
    facts = gate_facts(row, contact_status_ok=True, from_caller_id=Dials(), flow_voice=flow_voice)
    answer = may_dial(as_if_running(facts), row["db_now"])
    is_for_ever = isinstance(answer, Never) or (isinstance(answer, Hold) and answer.reason is NEVER)
    return answer.reason if is_for_ever and not isinstance(answer, Go) else None


def nobody_dialable(reasons: Sequence[str]) -> str:
    """Return the words for a campaign of which nobody may be dialed, for these reasons."""
    return f"none of its contacts may ever be dialed: {', '.join(reasons)}"
