"""Everything the carrier has, in one place: handed to whatever acts on a call."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from simulator.callees.population import Crowd
from simulator.clock import Clock
from simulator.seeded_random import Dice
from simulator.settings import Settings, StreamFrames
from simulator.state.account_resources import Arrangements
from simulator.state.counters import Counters
from simulator.state.faults import FaultSwitch
from simulator.state.leg_registry import Legs
from simulator.state.queues import Queues
from simulator.state.rate_limits import Repeats, TrailingCount
from simulator.state.recordings import Shelf
from simulator.state.refused_dials import Refusals
from simulator.time_scale import Tempo
from simulator.webhooks.delivery_slots import Lanes
from simulator.webhooks.sender import TIMEOUT_S, Courier
from simulator.webhooks.signing import Signer


@dataclass(slots=True, kw_only=True)
class World:
    """The collaborators of one simulator, and the few switches that may be turned while it runs."""

    settings: Settings
    clock: Clock
    counters: Counters
    courier: Courier
    crowd: Crowd
    dice: Dice
    faults: FaultSwitch
    legs: Legs
    queues: Queues
    refusals: Refusals
    repeats: Repeats
    shelf: Shelf
    signer: Signer
    tempo: Tempo
    dials: TrailingCount
    dial_requests: TrailingCount
    started_at: float
    channels: int | None
    dials_per_5s: int | None
    arrangements: Arrangements = field(default_factory=Arrangements)
    agents: dict[str, dict[str, Any]] = field(default_factory=dict)  # of Dialogflow, by connection
    stream_frames: StreamFrames = "today"
    most_live: int = 0
    down: bool | str = False
    address: str = ""

    def summary(self) -> dict[str, Any]:
        """Return the totals, ready for JSON."""
        return {
            "now": self.clock.now(),
            "monotonic": time.monotonic(),
            "started_at": self.started_at,
            "seed": self.settings.seed,
            "time_scale": self.settings.time_scale,
            "revision": self.legs.revision,
            "live": self.legs.live_count,
            "most_live": self.most_live,
            "webhooks_under_way": self.courier.under_way,
            "dials_in_last_5s": self.dials.now(),
            "most_dials_in_5s": self.dials.most,
            "most_dial_requests_in_5s": self.dial_requests.most,
            "counters": self.counters.shape(),
        }


def build_world(settings: Settings) -> World:
    """Return a world with nobody on the phone yet; needs a running event loop."""
    clock, counters, dice = Clock(), Counters(), Dice(settings.seed)
    signer = Signer(settings.signing_seed)
    crowd = Crowd(dice=dice, mix={str(kind): weight for kind, weight in settings.mix.items()}, cards=settings.cards)
    faults = FaultSwitch(settings.faults, cards=crowd.faults)
    return World(
        settings=settings,
        clock=clock,
        counters=counters,
        courier=Courier(
            clock=clock,
            counters=counters,
            dice=dice,
            signer=signer,
            faults=faults,
            lanes=Lanes(),
            failover_url=settings.webhook_failover_url,
            timeout_s=settings.webhook_timeout or TIMEOUT_S,
        ),
        crowd=crowd,
        dice=dice,
        faults=faults,
        legs=Legs(keep=settings.keep_calls),
        queues=Queues(),
        refusals=Refusals(),
        repeats=Repeats(),
        shelf=Shelf(),
        signer=signer,
        tempo=Tempo(settings.time_scale),
        dials=TrailingCount(),
        dial_requests=TrailingCount(),
        started_at=clock.now(),
        channels=settings.channels or None,
        dials_per_5s=settings.dials_per_5s or None,
        stream_frames=settings.stream_frames,
    )
