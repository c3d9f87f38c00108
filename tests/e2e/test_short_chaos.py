"""A short run of `make chaos`: processes die and freeze, the network and the carrier fail, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

from tests.fault.chaos_run import run_chaos
from tests.fault.monkey import Temper

SEED = 5


def test_a_campaign_under_a_monkey_calls_nobody_twice_and_loses_nobody(tmp_path: Path) -> None:
    temper = Temper(every_s=2.0, longest_s=3.0, most=8, first=("postgres",))

    run = run_chaos(tmp_path / "data", seed=SEED, contacts=80, temper=temper, pacing={"calls_per_second": 4})

    struck = [str(strike) for strike in run.strikes]
    assert "\n".join(run.broken) == "", f"seed {SEED}: {struck}"
    assert ("kill", "postgres") in {(strike.kind, strike.whom) for strike in run.strikes}
    assert len({strike.kind for strike in run.strikes}) >= 3, struck
    assert run.calls >= 80 // 2
    assert run.recordings
