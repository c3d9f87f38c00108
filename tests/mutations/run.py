"""Runs the mutations: each line that keeps a promise is broken in a copy of the source, and a named test must fail.

`make mutations`, or `python -m tests.mutations.run NAME…` for those whose name contains one of the words.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.mutations.catalog import ROOT, Mutation, read_mutations

_FOLDERS = ("orchestrator", "workers", "api", "simulator", "benchmarks", "tests", "docs")
_PARTS = (*_FOLDERS, "pyproject.toml", "README.md", "docker-compose.yml")
_LEFT_OUT = shutil.ignore_patterns("__pycache__")
_FAILED = 1  # pytest's exit code for "tests ran and some failed"; all others are errors of the run itself
_TIMEOUT_S = 600


def main(words: list[str]) -> int:
    """Run the mutations that the words select; return 0 only if every one of them was caught."""
    chosen = [mutation for mutation in read_mutations() if not words or any(word in mutation.name for word in words)]
    if not chosen:
        print(f"no mutation is named like {' or '.join(words)}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="mutations-") as folder:
        copy = Path(folder)
        _copy_source(copy)
        if _run_tests(copy, sorted({test for mutation in chosen for test in mutation.tests})):
            print("the tests must be green before anything is mutated", file=sys.stderr)
            return 2
        survived = [mutation for mutation in chosen if not _is_caught(copy, mutation)]
    print(f"{len(chosen) - len(survived)} of {len(chosen)} mutations were caught")
    return 1 if survived else 0


def _copy_source(copy: Path) -> None:
    for part in _PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, copy / part, ignore=_LEFT_OUT)
        else:
            shutil.copy2(source, copy / part)


def _is_caught(copy: Path, mutation: Mutation) -> bool:
    path = copy / mutation.file
    source = path.read_text()
    path.write_text(mutation.applied_to(source))
    try:
        caught = _run_tests(copy, mutation.tests, show=False) == _FAILED
    finally:
        path.write_text(source)
    print(f"{'caught  ' if caught else 'SURVIVED'}  {mutation.name}: {mutation.breaks}", flush=True)
    return caught


def _run_tests(copy: Path, tests: list[str] | tuple[str, ...], *, show: bool = True) -> int:
    """Return pytest's exit code; the copy comes before the installed package, in child processes too."""
    command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-m", "", *tests]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    output = None if show else subprocess.DEVNULL
    done = subprocess.run(
        command, cwd=copy, env=environment, stdout=output, stderr=output, timeout=_TIMEOUT_S, check=False
    )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
