"""`make bench`: measures every part beside its base and prints the table; a missed target is no failure.

Run: python -m benchmarks [--only NAME] [--full] [--json FILE]
`--only growth` (`make growth`) measures how the cost of a call grows, which takes half an hour.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from rich.console import Console

from benchmarks import beside_textbook
from benchmarks.calls import COMMANDS_OF_A_CALL, WEBHOOKS_OF_A_CALL, measure_flat_out, measure_steady
from benchmarks.commands import measure_commands
from benchmarks.crowd import measure_crowd
from benchmarks.door import measure_door
from benchmarks.events import measure_events
from benchmarks.ground import Ground, ground
from benchmarks.growth import Sizes, measure_growth
from benchmarks.growth_table import as_measures, show_growth
from benchmarks.idle import measure_idle
from benchmarks.imports import LARGE, measure_imports
from benchmarks.ledger import measure_ledger
from benchmarks.lists import measure_lists
from benchmarks.measures import Measure, Sample
from benchmarks.media import measure_media
from benchmarks.notify import measure_notify
from benchmarks.polling import measure_polling
from benchmarks.redials import measure_redial
from benchmarks.searches import measure_searches
from benchmarks.table import show, write_json
from benchmarks.viewers import measure_viewers

PARTS = (
    "door",
    "commands",
    "events",
    "crowd",
    "steady",
    "flat-out",
    "import",
    "media",
    "notify",
    "polling",
    "searches",
    "lists",
    "redials",
    "viewers",
    "idle",
    "textbook",
    "textbook-flat-out",
)
_IN_TURNS: dict[str, Callable[..., tuple[list[Measure], Sample]]] = {
    "door": measure_door,
    "commands": measure_commands,
    "events": measure_events,
}
_OF_A_CALL = {"door": WEBHOOKS_OF_A_CALL, "commands": 1 + COMMANDS_OF_A_CALL, "events": WEBHOOKS_OF_A_CALL}
_WHOLE = {"steady": measure_steady, "flat-out": measure_flat_out}
_ON_THE_STORES: dict[str, Callable[[Ground], list[Measure]]] = {"media": measure_media, "notify": measure_notify}
_TEXTBOOK = {"textbook": beside_textbook.measure_paced, "textbook-flat-out": beside_textbook.measure_flat_out}
_LARGE_UNLESS_FULL = 100_000
_WIDE = 200


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only", action="append", choices=(*PARTS, "growth"), help="measure this part alone; may be repeated"
    )
    parser.add_argument("--rounds", type=int, default=5, help="how often the two sides take turns (5)")
    parser.add_argument("--full", action="store_true", help=f"import and poll {LARGE:,} contacts, which takes minutes")
    parser.add_argument("--json", type=Path, help="write the numbers into this file too")
    growth = parser.add_argument_group("growth")
    growth.add_argument("--contacts", type=_numbers, help="contacts that wait (1000,100000,2000000)")
    growth.add_argument("--held", type=_numbers, help="calls held on the line meanwhile (50,2000)")
    growth.add_argument("--workers", type=_numbers, help="workers of each kind (1,4)")
    growth.add_argument("--seconds", type=float, help="how long each is measured (20)")
    growth.add_argument("--flat-out", type=int, help="contacts of the runs flat out (1500)")
    growth.add_argument("--flat-out-workers", type=_numbers, help="workers of each kind, flat out (1,2,4)")
    given = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else _WIDE)
    measures = _measure(given.only or PARTS, console, rounds=given.rounds, full=given.full)
    if measures:
        show(measures, console)
    if "growth" in (given.only or ()):
        measures += _measure_growth(given, console)
    if given.json:
        write_json(measures, given.json)


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def _measure_growth(given: argparse.Namespace, console: Console) -> list[Measure]:
    chosen = {name: vars(given)[name] for name in Sizes.__dataclass_fields__ if vars(given)[name] is not None}
    grown, scaled = measure_growth(Sizes(**chosen), console)
    show_growth(grown, scaled, console)
    return list(as_measures(grown, scaled))


def _measure(only: Sequence[str], console: Console, *, rounds: int, full: bool) -> list[Measure]:
    measures: list[Measure] = []
    with ground() as stores:
        for name, measure in _IN_TURNS.items():
            if name in only:
                console.print(f"measuring {name} …")
                measures += measure(stores, rounds=rounds, pace=None)[0]
        if "crowd" in only:
            console.print("measuring crowd …")
            measures += measure_crowd(stores, rounds=rounds)
        for name, measure_calls in _WHOLE.items():
            if name in only:
                console.print(f"measuring {name} …")
                measures += measure_calls(partial(_bare_parts, stores))
        if "import" in only:  # behind whole calls, whose bare parts use the same stores: it leaves a million rows
            console.print("measuring import …")
            stores.redis.flushall()
            measures += measure_imports(stores, large=LARGE if full else _LARGE_UNLESS_FULL)
        measures += _measure_on(stores, only, console)
    on_their_own: dict[str, Callable[[], list[Measure]]] = {
        "polling": partial(measure_polling, contacts=LARGE if full else _LARGE_UNLESS_FULL, rounds=rounds),
        "searches": partial(measure_searches, contacts=2 * LARGE if full else _LARGE_UNLESS_FULL),
        "lists": partial(measure_lists, contacts=2 * LARGE if full else _LARGE_UNLESS_FULL),
        "redials": measure_redial,
        "viewers": partial(measure_viewers, rounds=rounds),
        "idle": measure_idle,
    }
    for name, measure_alone in on_their_own.items():
        if name in only:
            console.print(f"measuring {name} …")
            measures += measure_alone()
    for name, measure_beside in _TEXTBOOK.items():
        if name in only:
            console.print(f"measuring {name} …")
            measures += measure_beside(rounds=rounds)
    return measures


def _measure_on(stores: Ground, only: Sequence[str], console: Console) -> list[Measure]:
    measures: list[Measure] = []
    for name, measure in _ON_THE_STORES.items():
        if name in only:
            console.print(f"measuring {name} …")
            measures += measure(stores)
    return measures


def _bare_parts(stores: Ground, pace: float) -> dict[str, Sample]:
    """Return what each bare part costs at this pace, in calls/s: a process that has less to do does it less cheaply."""
    stores.redis.flushall()
    parts = {name: measure(stores, rounds=2, pace=pace * _OF_A_CALL[name])[1] for name, measure in _IN_TURNS.items()}
    return {**parts, "ledger": measure_ledger(stores, pace=pace)}


if __name__ == "__main__":
    main()
