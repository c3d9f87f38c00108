"""The arithmetic of pacing: how a rate becomes limits, how campaigns share it, how it gives way and comes back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

# The carrier counts dials in a trailing 5 s, as they arrive: one may take 50 ms longer than the next.
CARRIER_WINDOW_S = 5.0
LAW_WINDOW_S = CARRIER_WINDOW_S + 0.05
LAW_PERMITS_FOR_S = 0.025  # the law is asked again about a send that left later: the rest of the 50 ms is the network's
# Pace and burst stay below the law, so that it rarely has to refuse a send.
_PACE = 0.98
_BURST_S = 0.15


@dataclass(frozen=True, slots=True)
class DispatchLimits:
    """What the dispatcher's GCRA and the law of sends are given for one `calls_per_second`."""

    pace_per_s: float
    burst: float
    law_sends: int
    law_window_s: float


@dataclass(frozen=True, slots=True)
class Shares:
    """How many dials each campaign may claim now, and the balance each carries into the next round."""

    grants: dict[str, int]
    carried: dict[str, float]


def dispatch_limits(calls_per_second: float) -> DispatchLimits:
    """Return pace, burst and law: at most floor(5 r) sends in any 5.05 s; below 0.2/s one send in 1/r seconds."""
    sends = math.floor(CARRIER_WINDOW_S * calls_per_second + 1e-9)
    return DispatchLimits(
        pace_per_s=_PACE * calls_per_second,
        burst=max(1.0, _BURST_S * calls_per_second),
        law_sends=max(1, sends),
        law_window_s=LAW_WINDOW_S if sends else 1 / calls_per_second,
    )


def share_by_weight(
    available: int, wanted: Mapping[str, int], weights: Mapping[str, int], carried: Mapping[str, float] | None = None
) -> Shares:
    """Share `available` dials among campaigns by weight, none getting more than it wants.

    Smooth weighted round robin: hand what was carried in again, and over rounds every campaign that keeps wanting
    gets its weight's part, however few dials a round has. A campaign that stops wanting keeps no claim on the past.
    """
    balance = {name: (carried or {}).get(name, 0.0) for name, want in wanted.items() if want > 0}
    grants = dict.fromkeys(wanted, 0)
    for _ in range(min(available, sum(max(0, want) for want in wanted.values()))):
        hungry = [name for name in balance if grants[name] < wanted[name]]
        grants[_next_in_turn(hungry, weights, balance)] += 1
    return Shares(grants=grants, carried=balance)


def _next_in_turn(hungry: list[str], weights: Mapping[str, int], balance: dict[str, float]) -> str:
    for name in hungry:
        balance[name] += weights[name]
    chosen = max(hungry, key=lambda name: (balance[name], name))
    balance[chosen] -= sum(weights[name] for name in hungry)
    return chosen
