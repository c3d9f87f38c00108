"""Finds TCP ports on the loopback address that nobody listens on, and keeps them for one stack."""

from __future__ import annotations

import random
import socket
import sys
from contextlib import closing

_BELOW_EPHEMERAL = range(20_000, 32_000)  # the kernel never lends these to outgoing connections


class Ports:
    """The ports of one stack, kept from the other stacks of this machine from the choice until `close`.

    A port that is free now says little: two stacks that start at once would both choose it, and the later server would
    not start or, sharing its port (SO_REUSEPORT), would answer to some of the other's requests.
    """

    def __init__(self) -> None:
        self._kept: dict[int, socket.socket] = {}

    def take(self, port: int) -> bool:
        """Keep this port; say whether it was to be had, or is ours already."""
        if port in self._kept:
            return True
        note = _keep(port) if is_free(port) else None
        if note:
            self._kept[port] = note
        return note is not None

    def near(self, port: int) -> int:
        """Keep the port one would guess, or any that is free if that is taken."""
        return port if self.take(port) else self.any()

    def any(self) -> int:
        """Keep a port that is free and return it."""
        while not self.take(port := free_port()):
            pass
        return port

    def close(self) -> None:
        """Let all of them go; the end of the process does it too."""
        for note in self._kept.values():
            note.close()
        self._kept.clear()


def free_port() -> int:
    """Return a port of 127.0.0.1 that is free now."""
    while True:
        port = random.choice(_BELOW_EPHEMERAL)  # noqa: S311 no secret
        if is_free(port):
            return port


def is_free(port: int) -> bool:
    """Say whether a server could listen on this port of 127.0.0.1."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _keep(port: int) -> socket.socket | None:
    """Return what keeps the port: a name in the kernel that only one may have and that dies with its process."""
    note = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        if sys.platform == "linux":  # elsewhere there are no such names
            note.bind(f"\0call-orchestrator/port/{port}")
    except OSError:
        note.close()
        return None
    return note
