"""The simulator's collaborators and switches in one place, handed to whatever acts on a call."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from simulator.callees.population import CalleePopulation
from simulator.clock import Clock
from simulator.seeded_random import SeededRandom
from simulator.settings import Settings, StreamFrames
from simulator.state.account_resources import ResourceOverrides
from simulator.state.counters import Counters
from simulator.state.faults import ActiveFaults
from simulator.state.leg_registry import LegRegistry
from simulator.state.queues import Queues
from simulator.state.rate_limits import AcceptedCommands, SlidingWindowCount
from simulator.state.recordings import RecordingStore
from simulator.state.refused_dials import RefusedDials
from simulator.time_scale import TimeScale
from simulator.webhooks.delivery_slots import DeliverySlots
from simulator.webhooks.sender import TIMEOUT_S, WebhookSender
from simulator.webhooks.signing import Signer


@dataclass(slots=True, kw_only=True)
class World:
    """The collaborators of one simulator, and the settings that can change while it runs."""

    settings: Settings
    clock: Clock
    counters: Counters
    webhook_sender: WebhookSender
    population: CalleePopulation
    random: SeededRandom
    faults: ActiveFaults
    legs: LegRegistry
    queues: Queues
    refused_dials: RefusedDials
    accepted_commands: AcceptedCommands
    recordings: RecordingStore
    signer: Signer
    time_scale: TimeScale
    dials: SlidingWindowCount
    dial_requests: SlidingWindowCount
    started_at: float
    channels: int | None
    dials_per_5s: int | None
    resource_overrides: ResourceOverrides = field(default_factory=ResourceOverrides)
    dialogflow_agents: dict[str, dict[str, Any]] = field(default_factory=dict)  # by connection
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
            "webhooks_under_way": self.webhook_sender.under_way,
            "dials_in_last_5s": self.dials.count(),
            "most_dials_in_5s": self.dials.maximum,
            "most_dial_requests_in_5s": self.dial_requests.maximum,
            "counters": self.counters.as_json(),
        }


def build_world(settings: Settings) -> World:
    """Return a world without calls; needs a running event loop."""
    clock, counters, random = Clock(), Counters(), SeededRandom(settings.seed)
    signer = Signer(settings.signing_seed)
    population = CalleePopulation(
        random=random,
        mix={str(kind): weight for kind, weight in settings.mix.items()},
        with_test_numbers=settings.cards,
        patience_s=settings.patience,
    )
    faults = ActiveFaults(settings.faults, of_test_number=population.faults)
    return World(
        settings=settings,
        clock=clock,
        counters=counters,
        webhook_sender=WebhookSender(
            clock=clock,
            counters=counters,
            random=random,
            signer=signer,
            faults=faults,
            slots=DeliverySlots(),
            failover_url=settings.webhook_failover_url,
            timeout_s=settings.webhook_timeout or TIMEOUT_S,
        ),
        population=population,
        random=random,
        faults=faults,
        legs=LegRegistry(keep=settings.keep_calls),
        queues=Queues(),
        refused_dials=RefusedDials(),
        accepted_commands=AcceptedCommands(),
        recordings=RecordingStore(),
        signer=signer,
        time_scale=TimeScale(settings.time_scale),
        dials=SlidingWindowCount(),
        dial_requests=SlidingWindowCount(),
        started_at=clock.now(),
        channels=settings.channels or None,
        dials_per_5s=settings.dials_per_5s or None,
        stream_frames=settings.stream_frames,
    )
