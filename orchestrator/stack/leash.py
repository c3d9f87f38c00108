"""Becomes another program that dies with its parent: `leash.py PARENT SIGNAL root|nobody PROGRAM ARGS…`.

Run as a script, with the standard library alone: the kernel's leash (PDEATHSIG) must be put on after the fork and
before the program, and a hook that runs Python between fork and exec can deadlock in a process with threads.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import sys

_PR_SET_PDEATHSIG, _PR_SET_KEEPCAPS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2
_CAPABILITY_VERSION_3 = 0x20080522
_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH = 1, 2


def main(arguments: list[str]) -> None:
    """Give up root if asked to, put the leash on, become the program."""
    parent, signal, identity, *program = arguments
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if identity == "nobody" and os.geteuid() == 0:
            _become_nobody(libc)
        libc.prctl(_PR_SET_PDEATHSIG, int(signal), 0, 0, 0)  # after setuid, which takes it off
        if os.getppid() != int(parent):  # it died before the leash was on
            sys.exit(0)
    os.execvp(program[0], program)  # noqa: S606 that is what this file is for


def _become_nobody(libc: ctypes.CDLL) -> None:
    """Drop root, as PostgreSQL demands, but keep the right to pass through folders that only root may enter."""
    user = pwd.getpwnam("nobody")
    wanted = (1 << _CAP_DAC_OVERRIDE) | (1 << _CAP_DAC_READ_SEARCH)
    kept = _capabilities(libc)[1] & wanted  # a container may have been given fewer
    libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    _set_capabilities(libc, kept)
    for capability in (_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH):
        if kept >> capability & 1:
            libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability, 0, 0)


def _capabilities(libc: ctypes.CDLL) -> tuple[int, int, int]:
    sets = (ctypes.c_uint32 * 6)()
    libc.capget((ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0), sets)
    effective, permitted, inheritable = sets[0], sets[1], sets[2]
    return effective, permitted, inheritable


def _set_capabilities(libc: ctypes.CDLL, mask: int) -> None:
    libc.capset((ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0))


if __name__ == "__main__":
    main(sys.argv[1:])
