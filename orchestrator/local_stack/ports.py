"""Finds free TCP ports on the loopback address and reserves them for one stack."""

from __future__ import annotations

import random
import socket
import sys
from contextlib import closing

_BELOW_EPHEMERAL = range(20_000, 32_000)  # the kernel never lends these to outgoing connections


class Ports:
    """The ports of one stack, reserved against the other stacks of this machine until `close`.

    That a port is free now is not enough: two stacks that start together would both choose it, and the later server
    would not start or, sharing the port (SO_REUSEPORT), would receive some of the requests of the other.
    """

    def __init__(self) -> None:
        self._kept: dict[int, socket.socket] = {}

    def take(self, port: int) -> bool:
        """Reserve this port; return whether it is reserved for this stack now."""
        if port in self._kept:
            return True
        note = _keep(port) if is_free(port) else None
        if note:
            self._kept[port] = note
        return note is not None

    def near(self, port: int) -> int:
        """Reserve this port, or any free one if it is taken; return the port."""
        return port if self.take(port) else self.any()

    def any(self) -> int:
        """Reserve a free port and return it."""
        while not self.take(port := free_port()):
            pass
        return port

    def close(self) -> None:
        """Release all ports; the end of the process releases them too."""
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
    """Return whether a server could listen on this port of 127.0.0.1."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _keep(port: int) -> socket.socket | None:
    """Return the reservation: an abstract Unix socket name, unique in the kernel and released with its process."""
    note = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        if sys.platform == "linux":  # elsewhere there are no such names
            note.bind(f"\0call-orchestrator/port/{port}")
    except OSError:
        note.close()
        return None
    return note
