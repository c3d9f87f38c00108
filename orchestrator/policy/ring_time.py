"""The minimum ring time of a dial, so that people can reach the phone: the longest that any pack of rules asks for.

A campaign may call everywhere, so that no pack is left out. Sources stand in the packs: 47 CFR 64.1200(a)(6),
16 CFR 310.4(b)(4)(ii): 15 s or four rings; Ofcom's statement of 2016-12-20: 15 s.
"""

from __future__ import annotations

from functools import cache

from orchestrator.policy.law.kinds import Kind
from orchestrator.policy.law.packs import all_packs


@cache
def min_ring_s() -> int:
    """Return the seconds for which every dial must let the phone ring."""
    rules = (rule.row for pack in all_packs().values() for rule in pack.rules)
    return max(int(rule.value.at_least.total_seconds()) for rule in rules if rule.kind is Kind.RING)


def why_ring_too_short(ring_s: int) -> str | None:
    """Return why a dial may not end after ringing for `ring_s` seconds; None if it may."""
    if ring_s >= min_ring_s():
        return None
    return f"it gives up after ringing for {ring_s} s; dial.timeout_secs must be at least {min_ring_s()}"
