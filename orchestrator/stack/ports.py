"""Finds TCP ports on the loopback address that nobody listens on."""

from __future__ import annotations

import random
import socket
from contextlib import closing

_BELOW_EPHEMERAL = range(20_000, 32_000)  # the kernel never lends these to outgoing connections


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
