"""Memory that is over: a group of processes (cgroup) of which the kernel kills some, as in a container."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.poll import eventually

_GROUPS = Path("/sys/fs/cgroup")
_LIMIT = 4 * 2**20  # of what is taken within the group: what a program had before does not count
_TAKES_MORE = """
import sys
with open(sys.argv[1], "w") as group:
    group.write("0")
taken = [bytearray(2**18) for _ in range(256)]
"""


class _Group(NamedTuple):
    """A group of ours, the one it was made in, and its files: the limits, and the count of those killed."""

    folder: Path
    limits: tuple[str, ...]
    events: str


def kill_for_memory(pids: Collection[int]) -> None:
    """Let the kernel kill these processes for want of memory; skip the test where that cannot be had."""
    with _group() as group:
        for pid in pids:
            with suppress(ProcessLookupError):  # what a program starts for a moment
                Path(f"/proc/{pid}/oom_score_adj").write_text("1000")  # before all others
                (group.folder / "cgroup.procs").write_text(str(pid))
        words = [sys.executable, "-I", "-S", "-c", _TAKES_MORE, str(group.folder / "cgroup.procs")]
        subprocess.run(words, timeout=60)  # which is killed, too, when nobody else is left
        counts = dict(line.split() for line in (group.folder / group.events).read_text().splitlines())
        assert int(counts["oom_kill"]) >= 1, counts


@contextmanager
def _group() -> Iterator[_Group]:
    """Make a group within our own, and take it away when the block ends; what is left in it comes to ours."""
    above, group = _own_group()
    try:
        group.folder.mkdir()
    except OSError as err:
        pytest.skip(f"no group of processes can be made here: {err}")
    try:
        if not (group.folder / group.limits[0]).exists():
            pytest.skip("groups of processes have no memory of their own here")
        for name in group.limits:
            with suppress(FileNotFoundError):  # where swap is not counted
                (group.folder / name).write_text("0" if "swap" in name else str(_LIMIT))
        yield group
    finally:
        eventually(lambda: _emptied(group.folder, above))


def _own_group() -> tuple[Path, _Group]:
    name = f"small-{os.getpid()}"
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, kinds, path = line.split(":", 2)
        if "memory" in kinds.split(","):
            above = _GROUPS / "memory" / path.lstrip("/")
            limits = ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes")
            return above, _Group(above / name, limits, "memory.oom_control")
    above = _GROUPS / Path("/proc/self/cgroup").read_text().partition("0::/")[2].strip()
    return above, _Group(above / name, ("memory.max", "memory.swap.max"), "memory.events")


def _emptied(folder: Path, above: Path) -> bool:
    for pid in (folder / "cgroup.procs").read_text().split():
        with suppress(OSError):  # it is just ending
            (above / "cgroup.procs").write_text(pid)
    with suppress(OSError):
        folder.rmdir()
    return not folder.exists()
