"""A wall clock of a stack's own, which a test may set while it runs: a library that its processes have preloaded."""

from __future__ import annotations

import mmap
import shutil
import struct
import subprocess
from collections.abc import Mapping
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
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None:
            pytest.skip("no C compiler is here to make a clock that can be set")
        folder.mkdir()
        library = folder / "host_clock.so"
        subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", library, SOURCE, "-ldl"], check=True)
        for name in WHOSE:
            (folder / name).write_bytes(_SHIFT.pack(0))
        self._folder = folder
        self.environment: Mapping[str, str] = {"LD_PRELOAD": str(library), "HOST_CLOCK": str(folder)}

    def set(self, *whose: str, by_s: float) -> None:
        """Let these clocks (`programs`, `stores`) be wrong by so many seconds from now on."""
        for name in whose:
            with (self._folder / name).open("r+b") as file, mmap.mmap(file.fileno(), _SHIFT.size) as shift:
                shift[:] = _SHIFT.pack(round(by_s * 1e9))
