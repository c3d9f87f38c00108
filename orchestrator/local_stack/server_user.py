"""The user that the embedded PostgreSQL runs as: root may not run it, so root's server is `nobody`, in its own group.

Other programs may run as `nobody` too. The kernel lets a process look into another (its memory, its environment, the
folder it works in) only if they have both the user and the group in common, so these cannot.
"""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import NamedTuple

from orchestrator.errors import Misconfigured

_GROUP = 64_937  # no group of any distribution; it needs no entry


class ServerUser(NamedTuple):
    """A user and group id."""

    uid: int
    gid: int


def server_user() -> ServerUser | None:
    """Return the user that the server runs as when root starts it; None for an ordinary user."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError as err:
        raise Misconfigured("root cannot run PostgreSQL, and there is no user `nobody` to run it instead") from err
    return ServerUser(entry.pw_uid, _GROUP)


def chown_to_server(folder: Path) -> None:
    """Make the server's user the owner of a folder that was just created."""
    user = server_user()
    if user:
        _chown(folder, user.uid, user.gid)


def share_with_server(folder: Path) -> None:
    """Let the server, and no other program of its user, write to a folder that root keeps owning."""
    user = server_user()
    if user:
        _chown(folder, 0, user.gid)
        folder.chmod(0o770)


def _chown(folder: Path, uid: int, gid: int) -> None:
    try:
        os.chown(folder, uid, gid, follow_symlinks=False)
    except OSError as err:
        raise Misconfigured(
            f"root cannot run PostgreSQL, and may not give {folder} to `nobody` here ({err.strerror}): "
            "run as an ordinary user, or leave root the capabilities CHOWN, SETUID and SETGID"
        ) from err
