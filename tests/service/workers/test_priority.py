"""On a machine with more to do than it can, calls that are not yet made wait, and nobody on the line."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest
import redis

from orchestrator.local_stack import command_lines
from orchestrator.local_stack.process import ChildProcess
from orchestrator.local_stack.program import Program


@pytest.mark.parametrize(("queue", "yields"), [("dials", True), ("commands", False)])
def test_a_worker_of_dials_yields_to_those_who_serve_live_calls(
    broker: redis.Redis, redis_url: str, tmp_path: Path, queue: command_lines.Queue, yields: bool
) -> None:
    argv = command_lines.worker(queue, name=f"{queue}-test")
    program = Program(name=queue, argv=argv, env={"ORCHESTRATOR_REDIS_URL": redis_url}, ready_line=" ready.")
    worker = ChildProcess(program, tmp_path / "worker.log")
    try:
        worker.wait_until_ready()

        assert psutil.Process(worker.pid).nice() == (
            psutil.Process().nice() + 10 if yields else psutil.Process().nice()
        )
    finally:
        worker.end()
