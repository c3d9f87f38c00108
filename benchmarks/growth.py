"""How the cost of a call grows: with contacts that wait, with calls that are held beside it, and with workers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from benchmarks.beside_textbook import FLAT_OUT, PACE, Figures, figures_of
from benchmarks.running_stack import Campaign, RunningStack, running_stack
from benchmarks.volumes import read_volumes
from benchmarks.waiting_contacts import WaitingContacts
from benchmarks.windows import PausableCampaign, live_calls, measure_window

_HOLD = Path(__file__).parent / "hold.yaml"
_ANSWERED_S = 8.0  # who still rings has answered by then
_SOME_LEAVE = 1.2  # of those who are to be held, some hang up while the others are being dialed
_CHANNELS = 5_000


@dataclass(frozen=True)
class Sizes:
    """What is tried in every combination, and how long each is measured."""

    contacts: Sequence[int] = (1_000, 100_000, 2_000_000)
    held: Sequence[int] = (50, 2_000)
    workers: Sequence[int] = (1, 4)
    seconds: float = 20.0
    flat_out: int = FLAT_OUT.contacts
    flat_out_workers: Sequence[int] = (1, 2, 4)


@dataclass(frozen=True)
class Grown:
    """The figures of one combination; `live` are the calls at the same time, those that are held among them."""

    contacts: int
    held: int
    workers: int
    live: int
    figures: Figures


@dataclass(frozen=True)
class Scaled:
    """The figures of so many workers of each kind, as fast as they go, and what a call took besides CPU."""

    workers: int
    figures: Figures
    volumes: Mapping[str, float]


def measure_growth(sizes: Sizes, console: Console) -> tuple[list[Grown], list[Scaled]]:
    """Measure every combination at the carrier's usual pace, and then the workers flat out; takes minutes."""
    grown: list[Grown] = []
    for contacts in sizes.contacts:
        for workers in sizes.workers:
            console.print(f"measuring {contacts:,} contacts with {workers} worker(s) of each kind …")
            grown += _grown(contacts, workers, sizes)
    scaled = []
    for workers in sizes.flat_out_workers:
        console.print(f"measuring {workers} worker(s) of each kind flat out …")
        scaled.append(_scaled(workers, sizes.flat_out))
    return grown, scaled


def _grown(contacts: int, workers: int, sizes: Sizes) -> Iterator[Grown]:
    with running_stack(calls_per_second=PACE, max_live_calls=_CHANNELS, workers=workers) as stack:
        most_held = int(max(sizes.held) * _SOME_LEAVE) + 1
        holding = PausableCampaign(stack, stack.create(Campaign(most_held, PACE, _CHANNELS), flow=_HOLD))
        measured = PausableCampaign(stack, stack.create(Campaign(0, PACE, _CHANNELS)))
        with closing(WaitingContacts(stack.stores[0], measured.campaign_id)) as waiting:
            for held in sorted(sizes.held):
                waiting.fill_up_to(contacts)
                _hold(stack, holding, held)
                live, figures = measure_window(stack, measured, sizes.seconds)
                yield Grown(contacts, held, workers, live, figures)


def _hold(stack: RunningStack, holding: PausableCampaign, count: int) -> None:
    """Call people who stay on the line until there are so many."""
    holding.may_hold(count)
    with holding.dialing():
        stack.wait_until(lambda: live_calls(stack) >= count)
    stack.run_for(_ANSWERED_S)


def _scaled(workers: int, contacts: int) -> Scaled:
    campaign = replace(FLAT_OUT, contacts=contacts)
    rate, channels = campaign.calls_per_second, campaign.max_live_calls
    with running_stack(calls_per_second=rate, max_live_calls=channels, workers=workers) as stack:
        before = read_volumes(*stack.stores)
        outcome = stack.run(campaign)
        volumes = read_volumes(*stack.stores).of_a_call(before, len(outcome.dials))
        return Scaled(workers, figures_of(outcome), volumes)
