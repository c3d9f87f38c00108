"""Memory that is over: a group of processes (cgroup) of which the kernel kills the largest, as in a container."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import pytest

_GROUPS = Path("/sys/fs/cgroup")
_LIMIT = 4 * 2**20  # of what is taken within the group: what a program had before does not count
_TAKES_ALL = """
import sys
with open(sys.argv[1], "w") as group:
    group.write("0")
taken = []
while True:
    taken.append(bytearray(2**18))
"""


class _Files(NamedTuple):
    """Where a version of cgroups has its groups, their limit, and the count of those killed."""

    above: Path
    limit: str
    events: str


_VERSION_1 = _Files(_GROUPS / "memory", "memory.limit_in_bytes", "memory.oom_control")
_VERSION_2 = _Files(_GROUPS, "memory.max", "memory.events")


def kill_for_memory(pids: Iterable[int]) -> None:
    """Let the kernel kill the largest of these processes for want of memory; skip the test where that cannot be had."""
    with _group() as (files, group):
        for pid in pids:
            (group / "cgroup.procs").write_text(str(pid))
        words = [sys.executable, "-I", "-S", "-c", _TAKES_ALL, str(group / "cgroup.procs")]
        subprocess.run(words, timeout=60)  # which is killed, too, once it is the largest
        counts = dict(line.split() for line in (group / files.events).read_text().splitlines())
        assert int(counts["oom_kill"]) >= 2, counts


@contextmanager
def _group() -> Iterator[tuple[_Files, Path]]:
    files = _VERSION_1 if _VERSION_1.above.is_dir() else _VERSION_2
    group = files.above / f"small-{os.getpid()}"
    try:
        group.mkdir()
    except OSError as err:
        pytest.skip(f"no group of processes can be made here: {err}")
    try:
        if not (group / files.limit).exists():
            pytest.skip("groups of processes have no memory of their own here")
        (group / files.limit).write_text(str(_LIMIT))
        yield files, group
    finally:
        for pid in (group / "cgroup.procs").read_text().split():
            with suppress(OSError):  # it has ended meanwhile
                (files.above / "cgroup.procs").write_text(pid)
        group.rmdir()
