"""Runs the mutations: each line that keeps a promise is broken in a copy of the source, and a named test must fail.

`make mutations`, or `python -m tests.mutations.run NAME…` for those whose name contains one of the words.
"""

from __future__ import annotations

import compileall
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from py_compile import PycInvalidationMode
from queue import SimpleQueue

from tests.mutations.catalog import ROOT, Mutation, read_mutations

_FOLDERS = (
    "orchestrator",
    "orchestrator_client",
    "workers",
    "api",
    "simulator",
    "benchmarks",
    "tests",
    "docs",
    "tools",
)
_PARTS = (*_FOLDERS, "pyproject.toml", "README.md", "docker-compose.yml")
_LEFT_OUT = shutil.ignore_patterns("__pycache__")
_FAILED = 1  # pytest's exit code for "tests ran and some failed"; all others are errors of the run itself
_HUNG = -1  # no test says so: it counts as survived
_TIMEOUT_S = 600
_SIDE_BY_SIDE = 3  # copies, each with servers of its own: the tests wait more than they work
_LEFT_OUT_FOR_ONE_TEST = ["-p", "no:xdist", "-p", "no:pytest_cov", "-p", "no:schemathesis"]  # to import takes a second


def main(words: list[str]) -> int:
    """Run the mutations that the words select; return 0 only if every one of them was caught."""
    chosen = [mutation for mutation in read_mutations() if not words or any(word in mutation.name for word in words)]
    if not chosen:
        print(f"no mutation is named like {' or '.join(words)}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="mutations-") as folder:
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(_SIDE_BY_SIDE):
            copies.put(_copy_source(Path(folder) / str(number)))
        if _run_tests(Path(folder) / "0", sorted({test for mutation in chosen for test in mutation.tests})):
            print("the tests must be green before anything is mutated", file=sys.stderr)
            return 2
        with ThreadPoolExecutor(_SIDE_BY_SIDE) as threads:
            caught = list(threads.map(partial(_is_caught, copies), chosen))
    survived = [mutation for mutation, is_caught in zip(chosen, caught, strict=True) if not is_caught]
    print(f"{len(chosen) - len(survived)} of {len(chosen)} mutations were caught")
    return 1 if survived else 0


def _copy_source(copy: Path) -> Path:
    copy.mkdir()
    for part in _PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, copy / part, ignore=_LEFT_OUT)
        else:
            shutil.copy2(source, copy / part)
    # Judged by what the source says: a mutation may be made and undone within the second that a file's time knows.
    compileall.compile_dir(copy, quiet=1, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
    return copy


def _is_caught(copies: SimpleQueue[Path], mutation: Mutation) -> bool:
    copy = copies.get()
    path = copy / mutation.file
    source = path.read_text()
    path.write_text(mutation.applied_to(source))
    try:
        caught = _run_tests(copy, mutation.tests, show=False) == _FAILED
    finally:
        path.write_text(source)
        copies.put(copy)
    print(f"{'caught  ' if caught else 'SURVIVED'}  {mutation.name}: {mutation.breaks}", flush=True)
    return caught


def _run_tests(copy: Path, tests: list[str] | tuple[str, ...], *, show: bool = True) -> int:
    """Return pytest's exit code; the copy comes before the installed package, in child processes too."""
    plugins = ["-n", str(_SIDE_BY_SIDE), "--dist", "loadfile"] if show else _LEFT_OUT_FOR_ONE_TEST
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *plugins, "-m", "", *tests]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPATH"] = str(copy)
    output = None if show else subprocess.DEVNULL
    try:
        done = subprocess.run(
            command, cwd=copy, env=environment, stdout=output, stderr=output, timeout=_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return _HUNG
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
