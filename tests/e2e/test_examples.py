"""The scripts of examples/ run each campaign of examples/ to its end, on real processes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.stack_run import API_KEY, StackRun

EXAMPLES = Path(__file__).parents[2] / "examples"
# Instead of what would let a test wait for the next morning.
_BECAUSE = "a test at any hour"
AT_ONCE = {
    "calling_hours": {"always": True, "because": _BECAUSE},
    "law": {"mode": "off", "because": _BECAUSE},
    "number_gap": "1s",
    "retry": {"max_attempts": 1},
}


def without_waiting(example: Path, folder: Path) -> Path:
    copy = Path(shutil.copytree(example, folder / example.name))
    campaign = json.loads((copy / "campaign.json").read_text())
    (copy / "campaign.json").write_text(json.dumps({**campaign, **AT_ONCE}))
    return copy


def environment_of(stack: StackRun) -> dict[str, str]:
    return {**os.environ, "ORCHESTRATOR_API_URL": stack.rest.url, "ORCHESTRATOR_API_KEY": API_KEY}


def test_the_async_script_runs_several_at_once_to_their_end(stack: StackRun, tmp_path: Path) -> None:
    copies = [without_waiting(EXAMPLES / name, tmp_path) for name in ("on-call-alert", "visit-survey")]
    command = [sys.executable, str(EXAMPLES / "run_campaigns.py"), *map(str, copies)]

    ran = subprocess.run(command, env=environment_of(stack), capture_output=True, text=True, timeout=200, check=False)

    assert ran.returncode == 0, ran.stderr
    for copy in copies:
        people = (copy / "contacts.csv").read_text().splitlines()[1:]
        assert f"{copy.name}: {len(people)} people, 0 rows refused" in ran.stdout
        assert (copy / "results.csv").read_text().count("\ncon_") == len(people)


def test_the_script_runs_every_example_to_its_end(stack: StackRun, tmp_path: Path) -> None:
    copies = [without_waiting(flow.parent, tmp_path) for flow in sorted(EXAMPLES.glob("*/flow.yaml"))]
    environment = environment_of(stack)
    command = [sys.executable, str(EXAMPLES / "run_campaign.py")]

    runs = [
        subprocess.Popen(
            [*command, str(copy)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for copy in copies
    ]
    outputs = [run.communicate(timeout=200) for run in runs]

    assert [run.returncode for run in runs] == [0] * len(copies), outputs
    for copy, (printed, _) in zip(copies, outputs, strict=True):
        people = (copy / "contacts.csv").read_text().splitlines()[1:]
        assert "contact_id,phone" in printed
        assert printed.count("\ncon_") == len(people), printed
