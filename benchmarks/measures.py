"""A number, what it is held against, and whether it is good enough."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Literal


@dataclass(frozen=True)
class Target:
    """What must hold of a measure: of its ratio to the bare value where there is one, else of its value."""

    at: Literal["least", "most"]
    bound: float

    def holds(self, number: float) -> bool:
        """Return whether `number` is good enough."""
        return number >= self.bound if self.at == "least" else number <= self.bound

    def __str__(self) -> str:
        """Write it as the table shows it."""
        return f"{'≥' if self.at == 'least' else '≤'} {self.bound:g}"


@dataclass(frozen=True)
class Measure:
    """One line of the table; without a target it is for orientation only."""

    name: str
    value: float
    unit: str
    bare: float | None = None
    target: Target | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Return value over bare value."""
        return self.value / self.bare if self.bare else None

    @property
    def is_ok(self) -> bool | None:
        """Return whether the target is met; None without one."""
        if self.target is None:
            return None
        return self.target.holds(self.value if self.ratio is None else self.ratio)


@dataclass(frozen=True)
class Sample:
    """One round of one side: how many a second, and what one cost in CPU-ms of the process itself and of the stores."""

    per_s: float
    cpu_ms: float
    store_cpu_ms: float = 0.0


Side = Callable[[], Sample]


def in_turns(sides: Mapping[str, Side], *, rounds: int) -> dict[str, Sample]:
    """Run the sides ABAB… and return each one's medians: a noisy neighbour disturbs both alike."""
    taken: dict[str, list[Sample]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            taken[name].append(side())
    return {name: _middle(samples) for name, samples in taken.items()}


def share(values: list[float], part: float) -> float:
    """Return the value below which this part of `values` lies (0.99: p99)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else float("nan")


def _middle(samples: list[Sample]) -> Sample:
    return Sample(
        median(s.per_s for s in samples), median(s.cpu_ms for s in samples), median(s.store_cpu_ms for s in samples)
    )
