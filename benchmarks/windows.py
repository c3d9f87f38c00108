"""A campaign that dials while it is told to, and its figures over a window of time in which it dials steadily."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from benchmarks.beside_textbook import PACE, Figures
from benchmarks.calls import waits_ms
from benchmarks.measures import share
from benchmarks.running_stack import RunningStack

_ENDED_FIRST = 60  # by then as many calls end as begin
_DRAINED_S = 60.0


class PausableCampaign:
    """A campaign that dials only while it is told to."""

    def __init__(self, stack: RunningStack, campaign_id: str) -> None:
        self.campaign_id = campaign_id
        self._rest, self._first = stack.rest, True

    @contextmanager
    def dialing(self) -> Iterator[None]:
        """Let it dial until the block ends; nothing is dialed after that."""
        self._do("start" if self._first else "resume")
        self._first = False
        yield
        self._do("pause")

    def may_hold(self, calls: int) -> None:
        """Bound its live calls."""
        pacing = {"calls_per_second": PACE, "max_live_calls": calls}
        self._rest.campaigns.update(self.campaign_id, pacing=pacing)

    def _do(self, what: str) -> None:
        getattr(self._rest.campaigns, what)(self.campaign_id)


def measure_window(
    stack: RunningStack,
    campaign: PausableCampaign,
    seconds: float,
    *,
    beside: AbstractContextManager[object] | None = None,
) -> tuple[int, Figures]:
    """Measure while as many calls end as begin; return how many live at its end, and the figures of a call.

    What happens `beside` it happens in these seconds alone.
    """
    held, revision = live_calls(stack), stack.carrier.ledger("summary=1")["revision"]

    def dials() -> list[dict[str, Any]]:
        return list(stack.carrier.ledger(f"since={revision}")["dials"])

    with campaign.dialing():
        stack.wait_until(lambda: sum(map(_is_over, dials())) >= _ENDED_FIRST)
        before, carrier_before, began = stack.cpu_s(), stack.carrier.cpu_s(), time.time()
        with beside or nullcontext():
            stack.run_for(seconds)
        after, carrier_after, ended, live = stack.cpu_s(), stack.carrier.cpu_s(), time.time(), live_calls(stack)
    stack.wait_until(lambda: live_calls(stack) <= held, most_s=_DRAINED_S)
    dialed = [dial for dial in dials() if began <= dial["accepted_at"] < ended]
    spent = {name: (after[name] - before[name]) * 1000 / len(dialed) for name in before}
    waits = [wait for dial in dialed for wait in waits_ms(dial)]
    return live, Figures(
        cpu_ms=sum(spent.values()),
        p50_ms=share(waits, 0.5),
        p99_ms=share(waits, 0.99),
        calls_per_s=len(dialed) / (ended - began),
        cpu_by_process=spent,
        carrier_ms=(carrier_after - carrier_before) * 1000 / len(dialed),
    )


def _is_over(dial: dict[str, Any]) -> bool:
    return dial["ended_at"] is not None


def live_calls(stack: RunningStack) -> int:
    """Return how many calls the carrier has under way."""
    return int(stack.carrier.ledger("summary=1")["live"])
