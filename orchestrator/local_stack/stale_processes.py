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
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class RunningProgram(NamedTuple):
    """A running program and its process id."""

    name: str
    pid: int


class _Recorded(BaseModel):
    model_config = ConfigDict(frozen=True)

    name: str
    pid: int
    started: float  # in seconds since that boot, which nobody changes who sets the clock
    boot: str | None = None  # the version before wrote none, and Unix seconds


_Record = TypeAdapter(list[_Recorded])


def record(file: Path, running: Iterable[RunningProgram]) -> None:
    """Record the running programs with their start times, which detect a reused process id."""
    boot = _boot()
    known = [
        _Recorded(name=one.name, pid=one.pid, started=start, boot=boot)
        for one in running
        if (start := _start(one.pid)) is not None
    ]
    write_private(file, _Record.dump_json(known).decode())


def end_stale_processes(file: Path, *, patience_s: float = 5.0) -> list[str]:
    """End every recorded program that still runs, with all processes of its session; return the names."""
    stale = [one for one in _read(file) if _is_the_same(one) and session_members(one.pid)]
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


def _is_the_same(recorded: _Recorded) -> bool:
    """Say whether what has the process id now is what was recorded, or nothing has it."""
    if recorded.boot not in (None, _boot()):
        return False
    since = psutil.boot_time() if recorded.boot is None else 0.0
    start = _start(recorded.pid)
    return start is None or abs(since + start - recorded.started) < _SAME_START_S


def _start(pid: int) -> float | None:
    """Return when a process began, in seconds since boot; None if it is gone."""
    try:
        return psutil.Process(pid).create_time() - psutil.boot_time()
    except psutil.NoSuchProcess:
        return None


def _boot() -> str:
    """Return what names this boot; empty where the system does not say."""
    return _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else ""
