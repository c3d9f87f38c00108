"""The lanes a dial takes: the account's, and inside it the campaign's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.policy.campaign_rules import Pacing
from orchestrator.policy.pacing import dispatch_limits
from orchestrator.store.redis.rate_limiter import Lane


def account_lane(connection_id: str, *, calls_per_second: float, max_live_calls: int) -> Lane:
    """Return the lane of a connection with these limits."""
    pace = dispatch_limits(calls_per_second)
    return Lane(connection_id, pace.pace_per_s, pace.burst, max_live_calls)


def campaign_lane(campaign_id: str, pacing: Mapping[str, Any]) -> Lane:
    """Return the lane of a campaign; without limits of its own it is bounded by the connection's alone."""
    own = Pacing.model_validate(pacing)
    channels = own.max_live_calls or 0
    if own.calls_per_second is None:
        return Lane(campaign_id, channels=channels)
    pace = dispatch_limits(own.calls_per_second)
    return Lane(campaign_id, pace.pace_per_s, pace.burst, channels)
