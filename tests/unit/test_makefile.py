"""`make demo` finds a place for what it makes, whatever the folder is called and whoever may write there."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.local_stack.server_user import server_user
from tests.support.umasks import umask

_ROOT = Path(__file__).resolve().parents[2]
# A Python that makes a virtual environment of two scripts, which write down how they were called.
_PYTHON = """\
#!/bin/sh
[ "$1 $2" = "-m venv" ] || exit 0
mkdir -p "$3/bin"
printf '#!/bin/sh\\necho "$0 $*"\\n' > "$3/bin/python"
printf '#!/bin/sh\\necho "$0 $* in $ORCHESTRATOR_DATA_DIR"\\n' > "$3/bin/orchestrator"
chmod +x "$3/bin/python" "$3/bin/orchestrator"
"""


@pytest.fixture
def ground() -> Iterator[Path]:
    """Yield a folder that an ordinary user may enter, with the Makefile in `clone`."""
    with tempfile.TemporaryDirectory(prefix="makefile-") as name:
        ground = Path(name)
        ground.chmod(0o755)
        (ground / "python").write_text(_PYTHON)
        (ground / "python").chmod(0o755)
        (ground / "home of two").mkdir()
        yield ground


def _clone(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in ("Makefile", "requirements-dev.lock", "pyproject.toml"):
        shutil.copy(_ROOT / name, folder / name)
        (folder / name).chmod(0o644)
    return folder


def _make(ground: Path, clone: Path, *goals: str, **more: object) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(ground / "home of two")}
    words = ["make", *goals, f"PYTHON={ground / 'python'}"]
    return subprocess.run(words, cwd=clone, env=environment, capture_output=True, text=True, **more)  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize("name", ["plain", "a b c", "it's 100%", "long" * 50])
def test_make_demo_works_in_a_folder_of_any_name_and_under_any_umask(ground: Path, name: str) -> None:
    clone = _clone(ground / name)

    with umask(0o077):
        done = _make(ground, clone, "demo", "STAY=1")

    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("./.venv/bin/orchestrator demo --stay in ./data\n")
    assert (clone / ".venv" / ".ready").exists()


def test_what_was_made_is_not_made_again(ground: Path) -> None:
    clone = _clone(ground / "a b c")
    _make(ground, clone, "setup")

    again = _make(ground, clone, "setup")

    assert (again.stdout, again.returncode) == ("", 0)


def test_a_newer_lock_file_is_installed_again(ground: Path) -> None:
    clone = _clone(ground / "clone")
    _make(ground, clone, "setup")
    later = (clone / ".venv" / ".ready").stat().st_mtime + 1
    os.utime(clone / "requirements-dev.lock", (later, later))

    again = _make(ground, clone, "setup")

    assert "-r requirements-dev.lock" in again.stdout


def _as_ordinary_user(ground: Path) -> dict[str, object]:
    user = server_user()  # None: this run is an ordinary user's already
    if user is None:
        return {}
    os.chown(ground / "home of two", user.uid, user.gid)
    return {"user": user.uid, "group": user.gid, "extra_groups": []}


def test_a_clone_that_cannot_be_written_keeps_everything_in_the_users_cache(ground: Path) -> None:
    clone = _clone(ground / "shared")
    clone.chmod(0o555)

    done = _make(ground, clone, "demo", **_as_ordinary_user(ground))

    clone.chmod(0o755)
    assert done.returncode == 0, done.stderr
    place = next((ground / "home of two" / ".cache" / "call-orchestrator").iterdir())
    assert place.name.startswith("shared-")
    assert f"this folder cannot be written: .venv and data lie in {place}" in done.stdout
    assert done.stdout.endswith(f"{place}/.venv/bin/orchestrator demo in {place}/data\n")
    assert sorted(path.name for path in clone.iterdir()) == ["Makefile", "pyproject.toml", "requirements-dev.lock"]


def test_two_clones_that_cannot_be_written_share_nothing(ground: Path) -> None:
    clones = [_clone(ground / above / "clone") for above in ("one", "other")]
    for clone in clones:
        clone.chmod(0o555)

    done = [_make(ground, clone, "setup", **_as_ordinary_user(ground)) for clone in clones]

    assert [one.returncode for one in done] == [0, 0]
    assert len(list((ground / "home of two" / ".cache" / "call-orchestrator").iterdir())) == 2
    for clone in clones:
        clone.chmod(0o755)


def test_where_nothing_can_be_written_make_says_what_to_set(ground: Path) -> None:
    clone = _clone(ground / "clone")
    clone.chmod(0o555)
    user = _as_ordinary_user(ground)
    (ground / "home of two").chmod(0o555)

    done = _make(ground, clone, "demo", **user)

    clone.chmod(0o755)
    (ground / "home of two").chmod(0o755)
    assert done.returncode != 0
    assert "set XDG_CACHE_HOME to one that can" in done.stderr


def test_the_first_setup_says_what_it_does_and_how_long_it_takes(ground: Path) -> None:
    clone = _clone(ground / "clone")

    done = _make(ground, clone, "setup")

    assert "packages from requirements-dev.lock: one to three minutes" in done.stdout
    assert done.stdout.index("1/3 ") < done.stdout.index("2/3 ") < done.stdout.index("3/3 ")
