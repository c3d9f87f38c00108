"""A seeded monkey: it kills, freezes, spoils the network and fills the carrier, one after the other, and notes when."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import Any

from tests.support.network import NetworkFault
from tests.support.networked_stack import LINKS, NetworkedStack
from tests.support.simulator import SimulatorProcess

PROCESSES = ("dials", "commands", "engine", "dispatch", "webhooks", "api", "valkey", "postgres")
CARRIER_TROUBLE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "full": ({"channels": 5}, {"channels": 0}),
    "down": ({"down": "reset"}, {"down": False}),
    "untold": ({"hold_webhooks": True}, {"hold_webhooks": False}),
}
# A deck that is dealt out before it is shuffled anew: so a short run meets every kind.
_DECK = ["kill"] * 4 + ["freeze"] * 2 + [*NetworkFault, NetworkFault.MUTE] + ["carrier"]


@dataclass(frozen=True)
class Strike:
    """One fault: what was done to whom, in Unix seconds."""

    kind: str
    whom: str
    began: float
    ended: float

    def __str__(self) -> str:
        return f"{self.kind} {self.whom} for {self.ended - self.began:.1f} s"


@dataclass(frozen=True, kw_only=True)
class Temper:
    """How it rages: the longest pause between two strikes, the longest strike, and how many there are at most."""

    every_s: float
    longest_s: float = 8.0
    most: int = 10_000


class Monkey:
    """What the seed draws is always the same; when exactly it hits is the machine's affair."""

    def __init__(self, stack: NetworkedStack, simulator: SimulatorProcess, *, seed: int, temper: Temper) -> None:
        self.strikes: list[Strike] = []
        self._stack, self._simulator, self._chance, self._temper = stack, simulator, random.Random(seed), temper
        self._over = threading.Event()

    def rage(self) -> None:
        """Strike until it is told to stop, or has struck often enough."""
        deck: list[str] = []
        while len(self.strikes) < self._temper.most and not self._over.wait(
            self._chance.uniform(0.5, self._temper.every_s)
        ):
            if not deck:
                deck = self._chance.sample(_DECK, len(_DECK))
            self._strike(deck.pop())

    def stop(self) -> None:
        self._over.set()

    def _strike(self, kind: str) -> None:
        began = time.time()
        whom, fault = self._prepared(kind)
        lasts_s = (
            0.0 if kind in ("kill", NetworkFault.HALF_CLOSE) else self._chance.uniform(1.0, self._temper.longest_s)
        )
        with suppress(KeyError, ProcessLookupError), fault:  # who has just died is started again
            self._over.wait(lasts_s)
        self.strikes.append(Strike(kind, whom, began, time.time()))

    def _prepared(self, kind: str) -> tuple[str, AbstractContextManager[Any]]:
        match kind:
            case "kill":
                names = self._chance.sample(PROCESSES, self._chance.choice((1, 1, 2)))
                return " and ".join(names), self._killed(names)
            case "freeze":
                name = self._chance.choice(PROCESSES)
                return name, self._stack.frozen(name)
            case "carrier":
                trouble = self._chance.choice(list(CARRIER_TROUBLE))
                return trouble, self._in_trouble(trouble)
            case _:
                link = self._chance.choice(LINKS)
                return link, self._stack.network.broken(link, NetworkFault(kind))

    def _killed(self, names: list[str]) -> AbstractContextManager[None]:
        running = self._stack.pids()
        for name in names:
            with suppress(KeyError, ProcessLookupError):
                os.kill(running[name], signal.SIGKILL)
        return nullcontext()

    @contextmanager
    def _in_trouble(self, trouble: str) -> Iterator[None]:
        begin, end = CARRIER_TROUBLE[trouble]
        self._simulator.control(**begin)
        try:
            yield
        finally:
            self._simulator.control(**end)


@contextmanager
def monkey(stack: NetworkedStack, simulator: SimulatorProcess, *, seed: int, temper: Temper) -> Iterator[Monkey]:
    """Let a monkey rage until the block ends; then everything is mended."""
    raging = Monkey(stack, simulator, seed=seed, temper=temper)
    thread = threading.Thread(target=raging.rage)
    thread.start()
    try:
        yield raging
    finally:
        raging.stop()
        thread.join()
