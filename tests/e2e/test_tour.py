"""The tour: what a newcomer types in the first ten minutes, typed into a shell beside a demo that was left running."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.local_stack.process import session_members
from orchestrator.settings import child_environment
from tests.support.page import Page
from tests.support.poll import eventually
from tests.support.up import command

ROOT = Path(__file__).resolve().parents[2]
PAGE = Page.of("tour.md")
BOXES = PAGE.blocks("sh")
_IN_ANOTHER_TERMINAL = ["make demo STAY=1"]
_DEMO_S, _TYPED_S = 300.0, 300.0
# Words of the trade below the surface: a newcomer need not know them.
INSIDE = (
    "Celery",
    "Lua",
    "PostgreSQL",
    "Redis",
    "SQL",
    "Valkey",
    "broker",
    "daemon",
    "dispatcher",
    "epoch",
    "gate",
    "idempotent",
)
INSIDE += ("lease", "ledger", "outbox", "payload", "queue", "shard", "stack", "stream", "sweeper", "webhook", "worker")


class DemoThatStays:
    """`make demo STAY=1` in a folder with the examples in it, once it has called everybody."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.data = folder, folder / "data" / "demo"
        (folder / "examples").symlink_to(ROOT / "examples")
        started = command("demo", "--port", str(port), "--stay")
        started["env"] |= {"ORCHESTRATOR_DATA_DIR": "./data"}  # as make has it
        with (folder / "demo.out").open("wb") as output:
            self.process = subprocess.Popen(**started, cwd=folder, stdout=output, stderr=subprocess.STDOUT)

    @property
    def output(self) -> str:
        return (self.folder / "demo.out").read_text()

    @property
    def is_over(self) -> bool:
        return self.process.poll() is not None

    @property
    def address(self) -> str:
        return str(json.loads((self.data / "addresses.json").read_text())["api"])

    def types(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run lines in a shell that ends at the first one that fails; a refused request is a failure."""
        (self.folder / ".curlrc").write_text("fail\nsilent\nshow-error\n")
        env = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "CURL_HOME": str(self.folder)}
        return subprocess.run(
            ["bash", "-euc", script],
            cwd=self.folder,
            env=child_environment(env | dict.fromkeys(("ORCHESTRATOR_API_URL", "ORCHESTRATOR_API_KEY"), "")),
            capture_output=True,
            text=True,
            timeout=_TYPED_S,
        )

    def clear_away(self) -> None:
        children = json.loads((self.data / "children.json").read_text())
        for session in (self.process.pid, *(child["pid"] for child in children)):
            for pid in session_members(session):
                os.kill(pid, 9)
        self.process.wait()


@pytest.fixture
def demo(tmp_path: Path, free_port: int) -> Iterator[DemoThatStays]:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed, with which the tour asks over REST")
    demo = DemoThatStays(tmp_path, free_port)
    yield demo
    demo.clear_away()


def test_every_command_of_the_tour_does_what_the_tour_says(demo: DemoThatStays) -> None:
    assert BOXES[0].splitlines() == _IN_ANOTHER_TERMINAL
    eventually(lambda: demo.is_over or "Ctrl-C stops everything" in demo.output, within=_DEMO_S)
    assert not demo.is_over, demo.output
    link = re.search(r"this link signs you in once:\n +(\S+)", demo.output)
    found = demo.types("ORCHESTRATOR_DATA_DIR=data/demo orchestrator contact find Ada --json")
    adas = [json.loads(line) for line in found.stdout.splitlines()]
    reached = next(ada for ada in adas if ada["last_call_id"])

    listed = demo.types("ORCHESTRATOR_DATA_DIR=data/demo orchestrator recording list --json").stdout.splitlines()
    recorded = [json.loads(line)["id"] for line in listed]
    assert recorded

    lines = _as_a_reader_types_them(demo, never_called=adas[0]["id"], reached=reached)
    typed = demo.types(lines.replace("rec_…", recorded[0]))

    assert typed.returncode == 0, typed.stdout + typed.stderr
    assert link and link[1].startswith(f"{demo.address}/sign-in/link/")
    for said in ("6  outside_hours", "2  number_day_limit", "suppressed yes", "would be called again", "lunch"):
        assert said in typed.stdout, typed.stdout
    assert (demo.folder / f"{recorded[0]}.wav").read_bytes().startswith(b"RIFF")
    assert (demo.folder / "results.xlsx").stat().st_size > 1_000


def _as_a_reader_types_them(demo: DemoThatStays, *, never_called: str, reached: dict[str, Any]) -> str:
    """Return the lines of all boxes behind the first, with ids for the placeholders, and this demo's address."""
    lines = "\n".join(BOXES[1:]).replace(". .venv/bin/activate\n", "").replace("http://127.0.0.1:8000", demo.address)
    lines = lines.replace("contact explain con_…", f"contact explain {never_called}")
    return lines.replace("con_…", reached["id"]).replace("call_…", reached["last_call_id"])


def test_the_tour_says_nothing_of_what_is_inside() -> None:
    inside = re.compile(rf"\b({'|'.join(INSIDE)})(?:s|es|ed)?\b", re.IGNORECASE)

    assert inside.findall(PAGE.prose) == []
    assert len(PAGE.commands) > 12
