"""The stats of a large campaign while it dials, asked for ten times a second: their time, and whether calls feel it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from statistics import median

from benchmarks.beside_textbook import PACE
from benchmarks.measures import Measure, Target, share
from benchmarks.running_stack import Campaign, RunningStack, running_stack
from benchmarks.waiting_contacts import WaitingContacts
from benchmarks.windows import PausableCampaign, measure_window

_EVERY_S = 0.1
_WINDOW_S = 15.0
_CHANNELS = 2_000


def measure_polling(*, contacts: int, rounds: int) -> list[Measure]:
    """Measure the answers, and webhook to command with the polls and without them, in turns."""
    times: list[float] = []
    alone, beside = [], []
    with running_stack(calls_per_second=PACE, max_live_calls=_CHANNELS) as stack:
        campaign = PausableCampaign(stack, stack.create(Campaign(0, PACE, _CHANNELS)))
        with closing(WaitingContacts(stack.stores[0], campaign.campaign_id)) as waiting:
            for _ in range(rounds):
                waiting.fill_up_to(contacts)
                alone.append(measure_window(stack, campaign, _WINDOW_S)[1].p99_ms)
                waiting.fill_up_to(contacts)
                polls = _polls(stack, campaign.campaign_id, times)
                beside.append(measure_window(stack, campaign, _WINDOW_S, beside=polls)[1].p99_ms)
    what = f"stats of {contacts:,} contacts, {1 / _EVERY_S:g} times a second"
    ratios = ", ".join(f"{one / other:.2f}" for one, other in zip(beside, alone, strict=True))
    return [
        Measure(f"{what}: p50", share(times, 0.5), "ms", None, Target("most", 20)),
        Measure(f"{what}: p99", share(times, 0.99), "ms"),
        Measure(
            f"webhook to command p99 beside {what}",
            median(beside),
            "ms",
            median(alone),
            Target("most", 1.1),
            f"each round: {ratios}",
        ),
    ]


@contextmanager
def _polls(stack: RunningStack, campaign_id: str, times: list[float]) -> Iterator[None]:
    """Ask for the stats until the block ends; adds to `times` how many milliseconds each answer took."""
    stop = threading.Event()

    def poll() -> None:
        while not stop.wait(_EVERY_S):
            began = time.perf_counter()
            stack.rest.campaigns.stats(campaign_id)
            times.append((time.perf_counter() - began) * 1000)

    thread = threading.Thread(target=poll)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
