"""The rate_limits a dial takes: the account's, and inside it the campaign's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.policy.campaign_rules import Pacing
from orchestrator.policy.pacing import dispatch_limits
from orchestrator.store.redis.rate_limiter import RateLimit


def account_rate_limit(connection_id: str, *, calls_per_second: float, max_live_calls: int) -> RateLimit:
    """Return the rate_limit of a connection with these limits."""
    pace = dispatch_limits(calls_per_second)
    # The law counts whole sends: of a rate of 0.5 it lets through two in 5 s, and would refuse each fifth of them.
    rate = min(pace.pace_per_s, pace.law_sends / pace.law_window_s)
    return RateLimit(connection_id, rate, pace.burst, max_live_calls)


def campaign_rate_limit(campaign_id: str, pacing: Mapping[str, Any]) -> RateLimit:
    """Return the rate_limit of a campaign; without limits of its own it is bounded by the connection's alone."""
    own = Pacing.model_validate(pacing)
    channels = own.max_live_calls or 0
    if own.calls_per_second is None:
        return RateLimit(campaign_id, channels=channels)
    pace = dispatch_limits(own.calls_per_second)
    return RateLimit(campaign_id, pace.pace_per_s, pace.burst, channels)
