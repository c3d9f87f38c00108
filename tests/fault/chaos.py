"""Chaos by seeds: `python -m tests.fault.chaos --seeds 1..10 --contacts 2000`; 1 is returned for a broken promise."""

from __future__ import annotations

import argparse
import math
import shutil
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from tests.fault.chaos_run import ChaosRun, run_chaos
from tests.fault.monkey import Temper

_SHOWN = 200  # lines of what is broken


def main() -> int:
    """Run each seed on a stack of its own, a run without faults before them, and print what they came to."""
    asked = _arguments()
    calm = _run(1, asked, temper=None)
    print(f"without faults: {calm.calls} calls, {calm.per_second:.1f} contacts/s", flush=True)
    _print_broken(calm)
    runs = []
    for seed in asked.seeds:
        runs.append(_run(seed, asked, temper=Temper(every_s=asked.every, outlasts=asked.outlast)))
        _print_run(runs[-1], calm)
    _print_recovery(runs)
    return 1 if calm.broken or any(run.broken for run in runs) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fault.chaos", description=__doc__)
    parser.add_argument("--seeds", type=_seeds, default=range(1, 11), help="one seed, or the first and the last: 1..10")
    parser.add_argument("--contacts", type=int, default=2000, help="people in each campaign")
    parser.add_argument("--every", type=float, default=30.0, help="the longest pause between two faults, in seconds")
    parser.add_argument("--outlast", action="store_true", help="let some faults last longer than anybody waits")
    return parser.parse_args()


def _seeds(words: str) -> Sequence[int]:
    first, _, last = words.partition("..")
    return range(int(first), int(last or first) + 1)


def _run(seed: int, asked: argparse.Namespace, *, temper: Temper | None) -> ChaosRun:
    """Run it in a folder that stays, with all its logs, only when a promise was broken."""
    folder = Path(tempfile.mkdtemp(prefix=f"chaos-{seed}-"))
    run = run_chaos(folder / "data", seed=seed, contacts=asked.contacts, temper=temper)
    if not run.broken:
        shutil.rmtree(folder)
    else:
        print(f"seed {seed}: its logs are in {folder}")
    return run


def _print_run(run: ChaosRun, calm: ChaosRun) -> None:
    print(
        f"\nseed {run.seed}: {run.contacts} contacts, {run.calls} calls in {run.took_s:.0f} s, "
        f"{run.opted_out} opted out, {run.recordings} recordings; {run.per_second:.1f} contacts/s, "
        f"{run.per_second / calm.per_second:.2f} of the run without faults"
    )
    print(f"  contacts: {', '.join(f'{n} {name}' for name, n in run.standing.items())}")
    kinds = Counter(strike.kind for strike in run.strikes)
    print(f"  {len(run.strikes)} faults: {', '.join(f'{n} {kind}' for kind, n in kinds.most_common())}")
    for strike in run.strikes:
        print(f"    {strike.began - run.began:5.0f} s {strike}, {_recovered(run.recovered_s.get(strike))}")
    unseen = len(run.strikes) - len(run.recovered_s)
    print(
        f"  recovered after {_spread(list(run.recovered_s.values()))}; {unseen} with too little left to do", flush=True
    )
    _print_broken(run)


def _recovered(after_s: float | None) -> str:
    return "with too little left to do" if after_s is None else f"recovered after {after_s:.1f} s"


def _print_broken(run: ChaosRun) -> None:
    if not run.broken:
        print("  every promise was kept", flush=True)
        return
    print(f"  BROKEN with seed {run.seed}:")
    for strike in run.strikes:
        print(f"    {strike.began:.3f} {strike}")
    print("\n".join(f"  {line}" for line in run.broken[:_SHOWN]), flush=True)


def _print_recovery(runs: Sequence[ChaosRun]) -> None:
    taken: dict[str, list[float]] = defaultdict(list)
    for strike, recovered_s in (each for run in runs for each in run.recovered_s.items()):
        taken[f"{strike.kind} {strike.whom}" if strike.kind != "kill" else "kill"].append(recovered_s)
        taken["any fault"].append(recovered_s)
    print("\ntime from the end of a fault until dials and commands reach the carrier again:")
    for kind, times in sorted(taken.items()):
        print(f"  {kind}: {_spread(times)}")


def _spread(times: list[float]) -> str:
    """Return the 50th and the 99th percentile, and how many there are."""
    if not times:
        return "nothing measured"
    ranked = sorted(times)
    p50, p99 = (ranked[min(len(ranked) - 1, math.ceil(share * len(ranked)) - 1)] for share in (0.5, 0.99))
    return f"p50 {p50:.1f} s, p99 {p99:.1f} s ({len(times)} times)"


if __name__ == "__main__":
    sys.exit(main())
