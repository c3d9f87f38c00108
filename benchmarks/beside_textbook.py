"""Our stack and the textbook app, in turns, with the same flow, people and carrier: cost, lateness and pace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from statistics import median
from typing import Protocol

from benchmarks.calls import waits_ms
from benchmarks.measures import Measure, Target, share
from benchmarks.running_stack import Campaign, Outcome, running_stack
from benchmarks.textbook_stack import textbook_stack

PACE = 29.0
_PACED = Campaign(contacts=600, calls_per_second=PACE, max_live_calls=2_000)
FLAT_OUT = Campaign(contacts=2_500, calls_per_second=1_000.0, max_live_calls=5_000)
# The textbook app leaves people in silence for seconds then. Who hung up on it would cost it less, and be counted as a
# call all the same: so they wait, and both carry out whole calls.
_PATIENCE_S: Mapping[Campaign, float] = {_PACED: 0, FLAT_OUT: 60}
_MOST_CALLS = 0.8  # those who press nothing are the last
_LATEST_MS = 250.0
_PACED_TOO = f"ours at {PACE:g} calls/s"


@dataclass(frozen=True)
class Figures:
    """What one campaign showed: CPU-ms a call with the stores, ms from webhook to command, calls a second.

    These are counted from the first dial until four of five calls were over. What the simulated carrier took is told
    beside it and counted in neither side.
    """

    cpu_ms: float
    p50_ms: float
    p99_ms: float
    calls_per_s: float
    cpu_by_process: Mapping[str, float]
    carrier_ms: float


class _Running(Protocol):
    def run(self, campaign: Campaign) -> Outcome: ...


_Stack = Callable[[Campaign], AbstractContextManager[_Running]]
_Rounds = list[dict[str, Figures]]


def measure_paced(*, rounds: int) -> list[Measure]:
    """Measure both at the carrier's usual pace."""
    taken = _in_turns(_PACED, rounds)
    return [
        _beside(taken, "CPU of a call", "ms", lambda f: f.cpu_ms, 0.7, f"{PACE:g} calls/s"),
        _beside(taken, "webhook to command p50", "ms", lambda f: f.p50_ms, 0.7, f"{PACE:g} calls/s"),
        _beside(taken, "webhook to command p99", "ms", lambda f: f.p99_ms, 0.7, f"{PACE:g} calls/s"),
        *_shares(taken, f"{PACE:g} calls/s"),
    ]


def measure_flat_out(*, rounds: int) -> list[Measure]:
    """Measure both as fast as this machine goes, and ours at the usual pace again: batches must make a call cheaper."""
    taken = [{**_of_both(FLAT_OUT), _PACED_TOO: _figures(_ours, _PACED)} for _ in range(rounds)]
    latest, theirs = (median(each[side].p99_ms for each in taken) for side in ("ours", "textbook"))
    beside = f"{theirs:.0f} ms of the textbook app"
    return [
        _beside(taken, "calls", "calls/s", lambda f: f.calls_per_s, 2.0, "flat out", least=True),
        _beside(taken, "CPU of a call", "ms", lambda f: f.cpu_ms, None, "flat out"),
        _beside(taken, "CPU of a call", "ms", lambda f: f.cpu_ms, 0.6, "flat out", base=_PACED_TOO),
        _beside(taken, "webhook to command p50", "ms", lambda f: f.p50_ms, None, "flat out"),
        Measure("webhook to command p99, flat out", latest, "ms", None, Target("most", _LATEST_MS), beside),
        *_shares(taken, "flat out"),
    ]


def _in_turns(campaign: Campaign, rounds: int) -> _Rounds:
    return [_of_both(campaign) for _ in range(rounds)]


def _of_both(campaign: Campaign) -> dict[str, Figures]:
    return {name: _figures(stack, campaign) for name, stack in _STACKS.items()}


def _figures(stack: _Stack, campaign: Campaign) -> Figures:
    with stack(campaign) as running:
        return figures_of(running.run(campaign))


def figures_of(outcome: Outcome) -> Figures:
    """Return what one whole campaign showed."""
    calls = len(outcome.dials)
    waits = [wait for dial in outcome.dials for wait in waits_ms(dial)]
    dialed = sorted(dial["accepted_at"] for dial in outcome.dials)
    by_process = {name: spent * 1000 / calls for name, spent in outcome.cpu_s.items()}
    ended = sorted(dial["ended_at"] for dial in outcome.dials)
    most = int(_MOST_CALLS * calls)
    return Figures(
        cpu_ms=sum(by_process.values()),
        p50_ms=share(waits, 0.5),
        p99_ms=share(waits, 0.99),
        calls_per_s=most / (ended[most - 1] - dialed[0]),
        cpu_by_process=by_process,
        carrier_ms=outcome.carrier_s * 1000 / calls,
    )


def _beside(
    taken: _Rounds,
    name: str,
    unit: str,
    figure: Callable[[Figures], float],
    bound: float | None,
    when: str,
    *,
    least: bool = False,
    base: str = "textbook",
) -> Measure:
    ours, theirs = (median(figure(each[side]) for each in taken) for side in ("ours", base))
    ratios = ", ".join(f"{figure(each['ours']) / figure(each[base]):.2f}" for each in taken)
    target = Target("least" if least else "most", bound) if bound else None
    other = "the textbook app" if base == "textbook" else base
    return Measure(f"{name} beside {other}, {when}", ours, unit, theirs, target, f"each round: {ratios}")


def _shares(taken: _Rounds, when: str) -> list[Measure]:
    shares = [_share_of(taken, side, when) for side in ("ours", "textbook")]
    ours, theirs = (median(each[side].carrier_ms for each in taken) for side in ("ours", "textbook"))
    carrier = f"the simulated carrier: CPU of a call, counted in neither, {when}"
    return [*shares, Measure(carrier, ours, "ms", theirs)]


def _share_of(taken: _Rounds, side: str, when: str) -> Measure:
    names = taken[0][side].cpu_by_process
    spent = {name: median(each[side].cpu_by_process[name] for each in taken) for name in names}
    note = ", ".join(f"{name} {ms:.1f}" for name, ms in spent.items())
    return Measure(f"{side}: CPU by process, {when}", sum(spent.values()), "ms/call", note=note)


def _ours(campaign: Campaign) -> AbstractContextManager[_Running]:
    limits = {"calls_per_second": campaign.calls_per_second, "max_live_calls": campaign.max_live_calls}
    return running_stack(**limits, patience_s=_PATIENCE_S[campaign])


def _textbook(campaign: Campaign) -> AbstractContextManager[_Running]:
    return textbook_stack(patience_s=_PATIENCE_S[campaign])


_STACKS: Mapping[str, _Stack] = {"ours": _ours, "textbook": _textbook}
