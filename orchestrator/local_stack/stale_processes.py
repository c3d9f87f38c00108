"""Records the programs that were started, and ends stale processes that outlived their supervisor."""

from __future__ import annotations

import signal
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import psutil
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from orchestrator.local_stack.data_folder import write_private
from orchestrator.local_stack.process import end_session, session_members

_SAME_START_S = 2.0  # the kernel's clock of process starts drifts a little against the wall clock


class RunningProgram(NamedTuple):
    """A running program and its process id."""

    name: str
    pid: int


class _Recorded(BaseModel):
    model_config = ConfigDict(frozen=True)

    name: str
    pid: int
    started: float


_Record = TypeAdapter(list[_Recorded])


def record(file: Path, running: Iterable[RunningProgram]) -> None:
    """Record the running programs with their start times, which detect a reused process id."""
    known = [_Recorded(name=one.name, pid=one.pid, started=start) for one in running if (start := _start(one.pid))]
    write_private(file, _Record.dump_json(known).decode())


def end_stale_processes(file: Path, *, patience_s: float = 5.0) -> list[str]:
    """End every recorded program that still runs, with all processes of its session; return the names."""
    recorded = [one for one in _read(file) if abs((_start(one.pid) or one.started) - one.started) < _SAME_START_S]
    stale = [one for one in recorded if session_members(one.pid)]
    leaders = [psutil.Process(one.pid) for one in stale if psutil.pid_exists(one.pid)]
    for leader in leaders:
        leader.send_signal(signal.SIGINT if leader.name() == "postgres" else signal.SIGTERM)
    psutil.wait_procs(leaders, timeout=patience_s)
    for one in stale:
        end_session(one.pid)
    psutil.wait_procs(leaders, timeout=patience_s)
    return [one.name for one in stale]


def _read(file: Path) -> list[_Recorded]:
    try:
        return _Record.validate_json(file.read_bytes())
    except (OSError, ValidationError):  # never written, or truncated by a crash of the machine
        return []


def _start(pid: int) -> float | None:
    try:
        return psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return None
