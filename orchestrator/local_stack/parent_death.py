"""Becomes another program that dies with its parent: `leash.py PARENT SIGNAL USER:GROUP PROGRAM ARGS…`.

Run as a script, with the standard library alone: the kernel's leash (PDEATHSIG) must be put on after the fork and
before the program, and a hook that runs Python between fork and exec can deadlock in a process with threads.
"""

from __future__ import annotations

import ctypes
import os
import sys

UNCHANGED = "-"  # in place of USER:GROUP
_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Give up root if numbers of another user are given, put the leash on, become the program."""
    parent, signal, identity, *program = arguments
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if identity != UNCHANGED:
            _become(*map(int, identity.split(":")))
        libc.prctl(_PR_SET_PDEATHSIG, int(signal), 0, 0, 0)  # after setuid, which takes it off
        if os.getppid() != int(parent):  # it died before the leash was on
            sys.exit(0)
    os.execvp(program[0], program)  # noqa: S606 that is what this file is for


def _become(user: int, group: int) -> None:
    """Drop root, as PostgreSQL demands, with all its rights; where that is not allowed, say what to do."""
    try:
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
    except OSError:
        sys.exit("root may not become another user here: run as an ordinary user, or leave root SETUID and SETGID")


if __name__ == "__main__":
    main(sys.argv[1:])
