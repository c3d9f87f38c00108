"""CPU time of processes with all their children, ended ones too."""

from __future__ import annotations

from pathlib import Path

import psutil


def cpu_s(pid: int) -> float:
    """Return the CPU seconds that a process and what it started have used so far."""
    parent = psutil.Process(pid)
    times = parent.cpu_times()
    spent = times.user + times.system + times.children_user + times.children_system
    for child in parent.children(recursive=True):
        try:
            its = child.cpu_times()
        except psutil.NoSuchProcess:
            continue
        spent += its.user + its.system
    return float(spent)


def scheduled_s(pid: int) -> float:
    """Return the CPU seconds that one process has used so far, by the scheduler's count in nanoseconds (Linux)."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
