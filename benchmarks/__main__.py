"""`make bench`: measures every part beside its bare parts and prints the table; a missed target is no failure.

Run: python -m benchmarks [--only NAME] [--full] [--json FILE]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.calls import COMMANDS_OF_A_CALL, PACE, WEBHOOKS_OF_A_CALL, measure_flat_out, measure_steady
from benchmarks.commands import measure_commands
from benchmarks.door import measure_door
from benchmarks.events import measure_events
from benchmarks.ground import Ground, ground
from benchmarks.imports import LARGE, measure_imports
from benchmarks.ledger import measure_ledger
from benchmarks.measures import Measure, Sample
from benchmarks.table import show, write_json

PARTS = ("door", "commands", "events", "steady", "flat-out", "import")
_IN_TURNS: dict[str, Callable[..., tuple[list[Measure], Sample]]] = {
    "door": measure_door,
    "commands": measure_commands,
    "events": measure_events,
}
_OF_A_CALL = {"door": WEBHOOKS_OF_A_CALL, "commands": 1 + COMMANDS_OF_A_CALL, "events": WEBHOOKS_OF_A_CALL}
_LARGE_UNLESS_FULL = 100_000
_WIDE = 200


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", action="append", choices=PARTS, help="measure this part alone; may be repeated")
    parser.add_argument("--rounds", type=int, default=5, help="how often the two sides take turns (5)")
    parser.add_argument("--full", action="store_true", help=f"import {LARGE:,} rows, which takes minutes")
    parser.add_argument("--json", type=Path, help="write the numbers into this file too")
    given = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else _WIDE)
    measures = _measure(given.only or PARTS, console, rounds=given.rounds, full=given.full)
    show(measures, console)
    if given.json:
        write_json(measures, given.json)


def _measure(only: Sequence[str], console: Console, *, rounds: int, full: bool) -> list[Measure]:
    measures: list[Measure] = []
    with ground() as stores:
        flat, paced = _bare_parts(stores, only, console, rounds=rounds, into=measures)
    # Close behind their bare parts: a shared machine is a slower one minutes later.
    if "flat-out" in only:
        console.print("measuring flat-out …")
        measures += measure_flat_out(flat)
    if "steady" in only:
        console.print("measuring steady …")
        measures += measure_steady(paced)
    if "import" in only:
        console.print("measuring import …")
        with ground() as stores:
            measures += measure_imports(stores, large=LARGE if full else _LARGE_UNLESS_FULL)
    return measures


def _bare_parts(
    stores: Ground, only: Sequence[str], console: Console, *, rounds: int, into: list[Measure]
) -> tuple[dict[str, Sample], dict[str, Sample]]:
    """Measure the parts that were asked for; return the bare ones that whole calls are held against, by their pace."""
    flat: dict[str, Sample] = {}
    paced: dict[str, Sample] = {}
    for name, measure in _IN_TURNS.items():
        if name in only or "flat-out" in only:
            console.print(f"measuring {name} …")
            told, flat[name] = measure(stores, rounds=rounds if name in only else 2, pace=None)
            into += told if name in only else []
        if "steady" in only:
            console.print(f"measuring {name} at a pace …")
            paced[name] = measure(stores, rounds=2, pace=PACE * _OF_A_CALL[name])[1]
    flat["ledger"] = measure_ledger(stores) if "flat-out" in only else Sample(0, 0)
    paced["ledger"] = measure_ledger(stores, pace=PACE) if "steady" in only else Sample(0, 0)
    return flat, paced


if __name__ == "__main__":
    main()
