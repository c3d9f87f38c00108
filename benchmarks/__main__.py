"""`make bench`: measures every part beside its bare parts and prints the table; a missed target is no failure.

Run: python -m benchmarks [--only NAME] [--full] [--json FILE]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.calls import measure_flat_out, measure_steady
from benchmarks.commands import measure_commands
from benchmarks.door import measure_door
from benchmarks.events import measure_events
from benchmarks.ground import ground
from benchmarks.imports import LARGE, measure_imports
from benchmarks.ledger import measure_ledger
from benchmarks.measures import Measure, Sample
from benchmarks.table import show, write_json

PARTS = ("door", "commands", "events", "steady", "flat-out", "import")
_NEED_BARE = {"steady", "flat-out"}
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
        bare: dict[str, Sample] = {}
        for name, measure in (("door", measure_door), ("commands", measure_commands), ("events", measure_events)):
            if name not in only and not _NEED_BARE & set(only):
                continue
            console.print(f"measuring {name} …")
            told, bare[name] = measure(stores, rounds=rounds if name in only else 2)
            measures += told if name in only else []
        if _NEED_BARE & set(only):
            bare["ledger"] = measure_ledger(stores)
        if "import" in only:
            console.print("measuring import …")
            stores.redis.flushall()
            measures += measure_imports(stores, large=LARGE if full else _LARGE_UNLESS_FULL)
    for name, whole in (("steady", measure_steady), ("flat-out", measure_flat_out)):
        if name in only:
            console.print(f"measuring {name} …")
            measures += whole(bare)
    return measures


if __name__ == "__main__":
    main()
