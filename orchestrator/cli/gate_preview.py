"""Asks the gate offline whether a call would be made: by the number, its place and the hour, under usual settings."""

from __future__ import annotations

from datetime import datetime

from orchestrator.policy.dial_gate import GateFacts, Go, Hold, may_dial
from orchestrator.policy.law.law import law_for
from orchestrator.policy.law.regions import regions_of
from orchestrator.policy.phone.number_kind import number_kind
from orchestrator.policy.purposes import DEFAULT_PURPOSE, Purpose, Voice
from orchestrator.policy.weekly_hours import CallingHours
from orchestrator.policy.zones.contact_zones import law_zones_for, zones_for


def why_not_called(
    phone: str, at: datetime, *, purpose: Purpose | None, voice: Voice | None, blocked: bool
) -> str | None:
    """Return why a campaign with the hours of one that says none would not call `phone` at that time; None if it would.

    Caps, consents and lists are not known offline and count as open.
    """
    facts = GateFacts(
        campaign_status=None,
        calling_hours=CallingHours(),
        zone_key=zones_for(phone, now=at).key,
        law_zone_key=law_zones_for(phone, now=at),
        law=law_for(regions_of(phone), purpose or Purpose(DEFAULT_PURPOSE), voice),
        number_kind=number_kind(phone),
        suppressed=blocked,
        attempts_spent=0,
        max_attempts=1,
    )
    answer = may_dial(facts, at)
    if isinstance(answer, Go):
        return None
    until = answer.until if isinstance(answer, Hold) else None
    later = f" It may be made from {until:%Y-%m-%d %H:%M:%S} UTC on." if until else ""
    return f"this call would not be made ({answer.reason}): {answer.reason.sentence}{later}"
