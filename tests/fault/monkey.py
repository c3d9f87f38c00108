"""A seeded monkey: it kills, freezes, spoils the network and fills the carrier, one after the other, and notes when."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import Any

from tests.support.network import NetworkFault
from tests.support.networked_stack import LINKS, NetworkedStack
from tests.support.simulator import SimulatorProcess

PROCESSES = ("dials", "commands", "engine", "dispatch", "webhooks", "api", "media", "valkey", "postgres")
CARRIER_TROUBLE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "full": ({"channels": 5}, {"channels": 0}),
    "down": ({"down": "reset"}, {"down": False}),
    "untold": ({"hold_webhooks": True}, {"hold_webhooks": False}),
}
# A deck that is dealt out before it is shuffled anew: so a short run meets every kind.
_DECK = ["kill"] * 4 + ["freeze"] * 2 + [*NetworkFault, NetworkFault.MUTE] + ["carrier"]
# Longer than anybody waits for a store (10 s), and than a send goes unanswered (15 s) and is repeated.
_OUTLAST, _OUTLASTS_S, _OUTLASTING = "outlast", (12.0, 15.0), ("freeze", NetworkFault.MUTE, NetworkFault.SWALLOW)
_MUTE_CARRIER, _MUTE_CARRIER_S = "mute carrier", 35.0


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
    """How it rages: the longest pause between two strikes, the longest strike, and how many there are at most.

    It begins by killing those of `first`, one by one. With `outlasts`, some strikes last longer than any bound.
    """

    every_s: float
    longest_s: float = 8.0
    most: int = 10_000
    first: Sequence[str] = ()
    outlasts: bool = False


class Monkey:
    """What the seed draws is always the same; when exactly it hits is the machine's affair."""

    def __init__(self, stack: NetworkedStack, simulator: SimulatorProcess, *, seed: int, temper: Temper) -> None:
        self.strikes: list[Strike] = []
        self._stack, self._simulator, self._chance, self._temper = stack, simulator, random.Random(seed), temper
        self._over = threading.Event()

    def rage(self) -> None:
        """Strike until it is told to stop, or has struck often enough."""
        deck, first = list[str](), list(self._temper.first)
        while len(self.strikes) < self._temper.most and not self._over.wait(
            self._chance.uniform(0.5, self._temper.every_s)
        ):
            if first:
                self._strike("kill", [first.pop(0)])
                continue
            if not deck:
                whole = [*_DECK, *([_OUTLAST, _MUTE_CARRIER] if self._temper.outlasts else [])]
                deck = self._chance.sample(whole, len(whole))
            self._strike(*self._drawn(deck.pop()))

    def stop(self) -> None:
        self._over.set()

    def _drawn(self, card: str) -> tuple[str, Sequence[str], float]:
        """Return what is done to whom, and for how long."""
        if card == "kill":
            return card, self._chance.sample(PROCESSES, self._chance.choice((1, 1, 2))), 0.0
        if card == _MUTE_CARRIER:
            return NetworkFault.MUTE, ["carrier"], _MUTE_CARRIER_S
        kind, lasts_s = card, self._chance.uniform(1.0, self._temper.longest_s)
        if card == _OUTLAST:
            kind, lasts_s = self._chance.choice(_OUTLASTING), self._chance.uniform(*_OUTLASTS_S)
        among = {"freeze": PROCESSES, "carrier": [*CARRIER_TROUBLE]}.get(kind, LINKS)
        return kind, [self._chance.choice(among)], 0.0 if kind == NetworkFault.HALF_CLOSE else lasts_s

    def _strike(self, kind: str, names: Sequence[str], lasts_s: float = 0.0) -> None:
        began = time.time()
        with suppress(KeyError, ProcessLookupError), self._fault(kind, names):  # who has just died is started again
            self._over.wait(lasts_s)
        self.strikes.append(Strike(kind, " and ".join(names), began, time.time()))

    def _fault(self, kind: str, names: Sequence[str]) -> AbstractContextManager[Any]:
        match kind:
            case "kill":
                return self._killed(names)
            case "freeze":
                return self._stack.frozen(*names)
            case "carrier":
                return self._in_trouble(names[0])
            case _:
                return self._stack.network.broken(names[0], NetworkFault(kind))

    def _killed(self, names: Sequence[str]) -> AbstractContextManager[None]:
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
