"""The checks whose answer passes with time, or with somebody's action."""

from __future__ import annotations

from datetime import datetime, timedelta

from orchestrator.model.campaign_status import CampaignStatus
from orchestrator.policy.calling_hours import is_open
from orchestrator.policy.gate.answers import Hold
from orchestrator.policy.gate.caller_ids import CALLER_IDS
from orchestrator.policy.gate.caps import CAPS, RESTS, asked_law, said_by_law, us_who_say, warned_of
from orchestrator.policy.gate.check import Check, Facts
from orchestrator.policy.gate.common_hours import hold_closed
from orchestrator.policy.gate.consents import CONSENT
from orchestrator.policy.gate.facts import GateFacts
from orchestrator.policy.gate.law import LAW
from orchestrator.policy.gate.limits import Author
from orchestrator.policy.gate.lists import LISTS
from orchestrator.policy.gate.reassigned import CLEARED
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.law.kinds import Kind

_ASK_AGAIN_IN_USE = timedelta(minutes=1)
_MIN_GAP = "min_gap"


def _dialing_stopped(facts: GateFacts, now: datetime) -> Hold | None:  # noqa: ARG001 the table's shape
    return Hold(Reason.DIALING_STOPPED, None) if facts.dialing_stopped else None


def _campaign_still(facts: GateFacts, now: datetime) -> Hold | None:
    if facts.starts_at and facts.starts_at > now:
        return Hold(Reason.CAMPAIGN_NOT_STARTED, facts.starts_at)
    if facts.campaign_status in (None, CampaignStatus.RUNNING):
        return None
    return Hold(
        Reason.CAMPAIGN_PAUSED if facts.campaign_status == CampaignStatus.PAUSED else Reason.CAMPAIGN_NOT_STARTED, None
    )


def _connection_closed(facts: GateFacts, now: datetime) -> Hold | None:  # noqa: ARG001
    return Hold(facts.connection_closed, facts.connection_opens_at) if facts.connection_closed else None


def _not_yet(facts: GateFacts, now: datetime) -> Hold | None:
    early = facts.not_before is not None and facts.not_before > now
    return Hold(Reason.NOT_YET, facts.not_before) if early else None


def _closed_hours(facts: GateFacts, now: datetime) -> Hold | None:
    if facts.ignore_hours or is_open(facts.calling_hours, facts.zone_key, now):
        return None
    return hold_closed(Reason.OUTSIDE_HOURS, facts, now)


def _number_in_use(facts: GateFacts, now: datetime) -> Hold | None:
    return Hold(Reason.NUMBER_IN_USE, now + _ASK_AGAIN_IN_USE) if facts.number_in_use else None


def _number_gap(facts: GateFacts, now: datetime) -> Hold | None:
    free_at = max(_gap_ends(facts).values(), default=None)
    return Hold(Reason.NUMBER_GAP, free_at) if free_at and free_at > now else None


def _gap_ends(facts: GateFacts) -> dict[str, datetime]:
    """Return when each gap that counts ends, by who says it: the campaign, the caps, the law."""
    ends = {
        facts.gap_said_by: facts.last_dial_to_number_at and facts.last_dial_to_number_at + facts.number_gap,
        "law": facts.last_dial_at and facts.law_gap and facts.last_dial_at + facts.law_gap,
    }
    return {name: end for name, end in ends.items() if end}


def _gap_facts(facts: GateFacts, now: datetime) -> Facts:
    """Return what the gaps were judged by; `holds` is the one that ends last."""
    ends = {name: end for name, end in _gap_ends(facts).items() if end > now}
    holds = max(ends, key=lambda name: ends[name], default=None)
    ours = {"last_dial_at": facts.last_dial_to_number_at, "gap": facts.number_gap, "holds": holds}
    laws = {"last_dial_for_anybody_at": facts.last_dial_at, "gap_of_law": facts.law_gap}
    said_by = [_gap_author(facts, holds)] if holds else []
    return {**ours, "said_by": said_by, **(laws if facts.law_gap else {}), **_gap_warned_of(facts, now)}


def _gap_author(facts: GateFacts, holds: str) -> str:
    if holds == _MIN_GAP:
        return us_who_say(facts, _MIN_GAP, facts.number_gap)
    return (Author.LAW if holds == "law" else Author.CAMPAIGN).value


def _gap_warned_of(facts: GateFacts, now: datetime) -> Facts:
    law = asked_law(facts)
    gap = law.caps.min_gap if law else None
    free_at = facts.last_dial_at + gap if gap and facts.last_dial_at else now
    return warned_of(facts, gap, Hold(Reason.NUMBER_GAP, free_at) if free_at > now else None)


FOR_NOW = (
    Check("dialing_stopped", _dialing_stopped, lambda facts, _now: {"dialing_stopped": facts.dialing_stopped}),
    Check(
        "campaign_running",
        _campaign_still,
        lambda facts, _now: {"campaign_status": facts.campaign_status, "starts_at": facts.starts_at},
    ),
    Check(
        "connection_open",
        _connection_closed,
        lambda facts, _now: {"closed": facts.connection_closed and facts.connection_closed.value},
    ),
    Check("not_before", _not_yet, lambda facts, _now: {"not_before": facts.not_before}),
    Check(
        "calling_hours",
        _closed_hours,
        lambda facts, _now: {
            "calling_hours": facts.calling_hours.model_dump(mode="json"),
            "zones": facts.zone_key,
            "ignored": facts.ignore_hours,
        },
    ),
    *LAW,
    CONSENT,
    *LISTS,
    CLEARED,
    Check("number_in_use", _number_in_use, lambda facts, _now: {"is_calling_us": facts.number_in_use}),
    Check(
        "number_gap",
        _number_gap,
        _gap_facts,
        said_by_law(Kind.CAP, _MIN_GAP),
    ),
    *RESTS,
    *CAPS,
    *CALLER_IDS,
)
"""The passing checks, in the order in which they are asked."""
