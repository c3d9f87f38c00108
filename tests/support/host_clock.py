"""A wall clock of a stack's own, which a test may set while it runs: a library that its processes have preloaded."""

from __future__ import annotations

import mmap
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_suffix(".c")
_SHIFT = struct.Struct("q")  # nanoseconds
WHOSE = ("programs", "stores")


class HostClock:
    """The wall clocks of programs and of stores: those of two machines, or of one that has both.

    `environment` has the variables with which a process goes by them. The monotonic clocks run on, as they do on a
    machine whose clock is set.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.environment: Mapping[str, str] = {
            "LD_PRELOAD": str(folder / "host_clock.so"),
            "HOST_CLOCK": str(folder),
        }

    def set(self, *whose: str, by_s: float) -> None:
        """Let these clocks (`programs`, `stores`) be wrong by so many seconds from now on."""
        for name in whose:
            with (self._folder / name).open("r+b") as file, mmap.mmap(file.fileno(), _SHIFT.size) as shift:
                shift[:] = _SHIFT.pack(round(by_s * 1e9))


@contextmanager
def host_clock() -> Iterator[HostClock]:
    """Yield clocks that are right; skip the test where no C compiler is."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler is here to make a clock that can be set")
    with tempfile.TemporaryDirectory(prefix="host-clock-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # a store that root starts runs as somebody else
        subprocess.run(
            [compiler, "-O2", "-shared", "-fPIC", "-o", folder / "host_clock.so", SOURCE, "-ldl"], check=True
        )
        for whose in WHOSE:
            (folder / whose).write_bytes(_SHIFT.pack(0))
        yield HostClock(folder)
