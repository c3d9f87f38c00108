"""The code of an older version, taken from the history of this repository."""

from __future__ import annotations

import os
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]
BEFORE = "0ccb5dc0"
"""What upgrades are tried from, unless UPGRADE_FROM names another commit.

It is the last one before the work that these tests are of, so nothing in it was made with them in sight; its schema
(0040) is older than ours, so that a migration is tried too.
"""


def old_version(folder: Path) -> Path:
    """Return a folder with the older version's code; skip the test in a clone without its history."""
    commit = os.environ.get("UPGRADE_FROM") or BEFORE
    words = ["git", "archive", "--format=tar", commit]
    done = subprocess.run(words, cwd=_ROOT, capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"the older version {commit} is not here: this is no clone with its history ({done.stderr!r})")
    with tarfile.open(fileobj=BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder
