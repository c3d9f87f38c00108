"""The user that the embedded PostgreSQL runs as: root may not run it, so root's server is `nobody`."""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import NamedTuple

from orchestrator.errors import Misconfigured


class ServerUser(NamedTuple):
    """A user by its numbers."""

    uid: int
    gid: int


def server_user() -> ServerUser | None:
    """Return who the server becomes when root starts it; None for everybody else, who stays who they are."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError as err:
        raise Misconfigured("root cannot run PostgreSQL, and there is no user `nobody` to run it instead") from err
    return ServerUser(entry.pw_uid, entry.pw_gid)


def give_to_server(folder: Path) -> None:
    """Make the server's user the owner of a folder that was just made for it."""
    user = server_user()
    if user is None:
        return
    try:
        os.chown(folder, user.uid, user.gid, follow_symlinks=False)
    except OSError as err:
        raise Misconfigured(
            f"root cannot run PostgreSQL, and may not give {folder} to `nobody` here ({err.strerror}): "
            "run as an ordinary user, or leave root the capabilities CHOWN, SETUID and SETGID"
        ) from err
