"""How long closed hours hold a contact: until the campaign's hours and those of the law that binds it are both open."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from orchestrator.policy.calling_hours import Bound, is_zone_unknown, next_common_opening
from orchestrator.policy.gate.answers import Hold
from orchestrator.policy.gate.facts import GateFacts
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.law.law import Law
from orchestrator.policy.law.law_mode import LawMode
from orchestrator.policy.weekly_hours import CallingHours


def hold_closed(reason: Reason, facts: GateFacts, now: datetime) -> Hold:
    """Return the hold of a contact for which one of both is closed, for `reason`, until the first moment of both.

    Without a time for `no_common_hours` where they have no minute in common within 400 days, holidays left out, and for
    `zone_unknown` where one of them cannot be judged.
    """
    law = facts.law if is_enforced(facts) else None
    both = facts.calling_hours, facts.zone_key, law, law_zone_key(facts)
    minute = now.astimezone(UTC).replace(second=0, microsecond=0)
    until = _next_opening(*both, minute.replace(hour=0, minute=0))
    if until and until < now:
        until = _next_opening(*both, minute)
    if until:
        return Hold(reason, until)
    if any(is_zone_unknown(*bound, now) for bound in _bounds(*both)):
        return Hold(Reason.ZONE_UNKNOWN, None)
    return Hold(Reason.NO_COMMON_HOURS if law else reason, None)


def is_enforced(facts: GateFacts) -> bool:
    """Return whether the hours of the law bind the call."""
    return facts.law_mode is LawMode.ENFORCE and not facts.ignore_hours


def law_zone_key(facts: GateFacts) -> str:
    """Return the zones in all of which the hours of the law must be open."""
    return facts.law_zone_key or facts.zone_key


# Asked since midnight first: that is one search a day for all contacts of a place, also where it finds nothing.
@lru_cache(maxsize=16_384)
def _next_opening(
    hours: CallingHours, zone_key: str, law: Law | None, law_zones: str, since: datetime
) -> datetime | None:
    if law and law.is_never_open:
        return None
    return next_common_opening(_bounds(hours, zone_key, law, law_zones), since)


def _bounds(hours: CallingHours, zone_key: str, law: Law | None, law_zones: str) -> list[Bound]:
    own = Bound(hours, zone_key)
    return [own, Bound(law.hours, law_zones)] if law and law.hours else [own]
