"""Listens, and runs the loop of one process until it is asked to end."""

from __future__ import annotations

import asyncio
import logging
import resource
import signal
import socket

from api.server.connection import Connection
from api.server.loop_lag import watch_lag
from api.server.service import Service
from api.server.shared import ServerState
from api.server.thread_pools import ThreadPool, ThreadPools

_log = logging.getLogger(__name__)

_BACKLOG = 1024
_OTHER_FILES = 256  # logs, stores, media: whatever is neither a connection nor its upload
_THREADS = {ThreadPool.UPLOADS: 4, ThreadPool.PIECES: 4, ThreadPool.VITAL: 2, ThreadPool.ALIVE: 1, ThreadPool.DISK: 1}


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that has its address; it takes connections once a process that can answer them listens."""
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((host, port))
    return bound


async def serve(service: Service, *, listener: socket.socket, threads: int) -> None:
    """Answer requests until SIGTERM or SIGINT; then those that are under way, and no more."""
    limits = service.limits
    _allow_files(2 * limits.connections + _OTHER_FILES)
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    pools, in_loop = ThreadPools({ThreadPool.USUAL: threads, **_THREADS}), service.in_loop()
    state = ServerState(
        service.app, service.gate, pools=pools, limits=limits, in_loop=in_loop, if_ready=service.if_ready
    )
    end, lag = service.begin(), asyncio.create_task(watch_lag())
    server = await loop.create_server(lambda: Connection(state), sock=listener, backlog=_BACKLOG)
    _log.info("listening at %s:%d", *listener.getsockname()[:2])
    await stop.wait()
    server.close()
    state.is_stopping = True
    await state.connections.empty(within_s=limits.stop_s)
    lag.cancel()
    in_loop.close()
    end()


def _allow_files(needed: int) -> None:
    """Raise the limit on open files as far as may be; over it a connection is closed without a word."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
