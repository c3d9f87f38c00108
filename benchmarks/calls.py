"""Whole calls: what one costs beside its bare parts, how late its commands are, and whether the pace is kept."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from benchmarks.hops import measure_hops
from benchmarks.measures import Measure, Sample, Target, share
from benchmarks.running_stack import Campaign, Outcome, running_stack

PACE = 30.0
_PROVING_S = 2.0
_STEADY = Campaign(contacts=900, calls_per_second=PACE, max_live_calls=2_000)
_FLAT_OUT = Campaign(contacts=1_500, calls_per_second=1_000.0, max_live_calls=5_000)
_CAUSES = (
    "call.machine.premium.detection.ended",
    "call.machine.premium.greeting.ended",
    "call.gather.ended",
    "call.speak.ended",
)

Bare = Mapping[str, Sample]
BareAt = Callable[[float], Bare]  # the bare parts of a call at a pace in calls/s
WEBHOOKS_OF_A_CALL, COMMANDS_OF_A_CALL = 7.5, 2.5  # of these callees with this flow, for the pace of the bare parts


def measure_steady(bare_at: BareAt) -> list[Measure]:
    """Measure calls at the carrier's usual pace, and behind them their bare parts."""
    with running_stack(calls_per_second=PACE, max_live_calls=2_000) as running:
        outcome = running.run(_STEADY)
        hops = measure_hops(running.stores[1], f"{PACE:g} calls/s")
    return [
        *_cost(outcome, bare_at(PACE), f"{PACE:g} calls/s"),
        *_lateness(outcome, f"{PACE:g} calls/s", 10, 40),
        *hops,
        *_pace(outcome),
    ]


def measure_flat_out(bare_at: BareAt) -> list[Measure]:
    """Measure calls as fast as this machine makes them, and behind them their bare parts at that pace."""
    with running_stack(calls_per_second=1_000, max_live_calls=5_000) as running:
        outcome = running.run(_FLAT_OUT)
    dialed = sorted(dial["accepted_at"] for dial in outcome.dials)
    rate = (len(dialed) - 1) / (dialed[-1] - dialed[0])
    return [
        Measure("whole calls, flat out", rate, "calls/s", note=f"{len(dialed)} calls in {outcome.took_s:.0f} s"),
        *_cost(outcome, bare_at(rate), "flat out"),
        *_lateness(outcome, "flat out"),
    ]


def _cost(outcome: Outcome, bare: Bare, when: str) -> list[Measure]:
    calls = len(outcome.dials)
    webhooks = sum(len(dial["webhooks"]) for dial in outcome.dials) / calls
    posts = sum(len(dial["commands"]) for dial in outcome.dials) / calls  # the carrier lists the dial among them
    parts = webhooks * (bare["door"].cpu_ms + bare["events"].cpu_ms) + posts * bare["commands"].cpu_ms
    parts += bare["ledger"].cpu_ms
    made = f"{webhooks:.1f} webhooks, {posts - 1:.1f} commands"
    by_name = ", ".join(f"{name} {spent * 1000 / calls:.1f}" for name, spent in outcome.cpu_s.items())
    return [
        Measure(f"CPU of a call, {when}", outcome.ours_s * 1000 / calls, "ms", parts, Target("most", 1.1), made),
        Measure(f"CPU of the stores, {when}", outcome.stores_s * 1000 / calls, "ms/call", note=by_name),
    ]


def _lateness(outcome: Outcome, when: str, p50: float | None = None, p99: float | None = None) -> list[Measure]:
    waits = [wait for dial in outcome.dials for wait in waits_ms(dial)]
    return [
        Measure(f"webhook to command p50, {when}", share(waits, 0.5), "ms", None, Target("most", p50) if p50 else None),
        Measure(
            f"webhook to command p99, {when}", share(waits, 0.99), "ms", None, Target("most", p99) if p99 else None
        ),
    ]


def waits_ms(dial: Mapping[str, Any]) -> list[float]:
    """Return for each command how long after the webhook that caused it the carrier received it."""
    sent = sorted(hook["sent_at"] for hook in dial["webhooks"] if hook["type"] in _CAUSES and hook["sent_at"])
    commands = [command["at"] for command in dial["commands"] if not command["duplicate"]]
    found = [(at, bisect_right(sent, at)) for at in commands]
    return [(at - sent[place - 1]) * 1000 for at, place in found if place]


def _pace(outcome: Outcome) -> list[Measure]:
    dialed = sorted(dial["accepted_at"] for dial in outcome.dials)
    worst = most_within(dialed, 5.0)
    # A campaign makes five calls and waits for a first webhook: by design, and before its pace begins.
    steady = [at for at in dialed if at > dialed[0] + _PROVING_S]
    rate = (len(steady) - 1) / (steady[-1] - steady[0])
    return [
        Measure("dials in any trailing 5 s", worst, "dials", None, Target("most", 5 * PACE)),
        Measure("dials/s while contacts wait", rate, "dials/s", PACE, Target("least", 0.97)),
    ]


def most_within(moments: Sequence[float], window_s: float) -> int:
    """Return the most of these ascending moments that lie in any window of this length."""
    return max(n - bisect_right(moments, moment - window_s) + 1 for n, moment in enumerate(moments))
