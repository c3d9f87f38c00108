"""The whole service while nothing is called: what it takes of one core, by process."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.measures import Measure, Target
from benchmarks.running_stack import Campaign, running_stack

OVER_S = 25.0
_SETTLED_AFTER_S = 10.0
_MOST_PERCENT = 3.0
_PAUSED = Campaign(contacts=1_000, calls_per_second=10, max_live_calls=100)
_APART = "flower"  # a view that can be left out, and no part of what makes the calls


def measure_idle() -> list[Measure]:
    """Measure a stack without a campaign, and once more with one that is paused."""
    with running_stack(calls_per_second=30, max_live_calls=2_000, everything=True) as running:
        running.stay(_SETTLED_AFTER_S)
        without = running.stay(OVER_S)
        running.pause(_PAUSED)
        running.stay(_SETTLED_AFTER_S)
        paused = running.stay(OVER_S)
    return [
        *_of_a_core(without, "idle, no campaign"),
        *_of_a_core(paused, f"idle, {_PAUSED.contacts:,} contacts paused"),
    ]


def _of_a_core(cpu_s: Mapping[str, float], when: str) -> list[Measure]:
    percent = {name: spent / OVER_S * 100 for name, spent in cpu_s.items()}
    apart = percent.pop(_APART)
    by_name = ", ".join(f"{name} {part:.2f}" for name, part in percent.items())
    return [
        Measure(f"CPU of one core, {when}", sum(percent.values()), "%", None, Target("most", _MOST_PERCENT), by_name),
        Measure(f"Flower beside it, {when}", apart, "%"),
    ]
