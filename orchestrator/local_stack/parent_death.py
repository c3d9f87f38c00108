"""Parent-death watchdog: `parent_death.py PARENT SIGNAL USER:GROUP PROGRAM ARGS…` executes a program.

The kernel sends it SIGNAL when the parent dies (PDEATHSIG). Run as a script with the standard library alone: the
signal must be set between fork and exec, where a Python hook can deadlock in a process with threads.
"""

from __future__ import annotations

import ctypes
import os
import sys

UNCHANGED = "-"  # in place of USER:GROUP
_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Drop root if USER:GROUP is given, set the parent-death signal, execute the program."""
    parent, signal, identity, *program = arguments
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if identity != UNCHANGED:
            _become(*map(int, identity.split(":")))
        libc.prctl(_PR_SET_PDEATHSIG, int(signal), 0, 0, 0)  # after setuid, which clears it
        if os.getppid() != int(parent):  # it died before the signal was set
            sys.exit(0)
    os.execvp(program[0], program)  # noqa: S606 that is what this file is for


def _become(user: int, group: int) -> None:
    """Drop root and its capabilities, as PostgreSQL demands; exit with a remedy if that is not allowed."""
    try:
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
    except OSError:
        sys.exit("root may not become another user here: run as an ordinary user, or leave root SETUID and SETGID")


if __name__ == "__main__":
    main(sys.argv[1:])
