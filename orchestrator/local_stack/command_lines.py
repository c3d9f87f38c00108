"""The command line of each process, as `orchestrator up`, the CLI and the compose file start it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

Queue = Literal["commands", "dials"]

API = "api.wsgi:service"
WEBHOOK_SERVICE = "api.webhooks_wsgi:service"
_CELERY = ("-m", "celery", "-A", "workers.celery_app")


def serve(*, only_webhooks: bool, host: str, port: int, workers: int = 1, threads: int = 8) -> tuple[str, ...]:
    """Return the server of the REST API and the webhook endpoint, or of the webhook endpoint alone."""
    service = WEBHOOK_SERVICE if only_webhooks else API
    words = ["-m", "api.server", "--host", host, "--port", port, "--workers", workers, "--threads", threads]
    return _python([*words, service])


def worker(queue: Queue, *, name: str, threads: int = 64) -> tuple[str, ...]:
    """Return a Celery worker of one queue, on threads, without gossip and mingle."""
    words = [*_CELERY, "worker", "-Q", queue, "-n", f"{name}@%h", "-P", "threads", "-c", threads, "-l", "INFO"]
    # Heartbeats stay on: without them a worker has no events at all that Flower could turn on.
    return _python([*words, "--without-gossip", "--without-mingle"])


def engine(only: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the engine with all its loops, or with those named."""
    return _python(["-m", "workers.engine", *(word for part in only for word in ("--only", part))])


def media(
    *, host: str, port: int, udp_port: int, data: Path | None = None, rtp_from: Sequence[str] = ()
) -> tuple[str, ...]:
    """Return the receivers of streams and forks; without `data` they write to the data folder of the settings."""
    words: list[object] = ["-m", "workers.media", "--host", host, "--port", port, "--udp-port", udp_port]
    words += ["--data", data] if data else []
    return _python([*words, *(word for network in rtp_from for word in ("--rtp-from", network))])


def flower(*, port: int) -> tuple[str, ...]:
    """Return Flower on the loopback address; its password comes in FLOWER_BASIC_AUTH, so that `ps` does not show it."""
    return _python([*_CELERY, "flower", "--address=127.0.0.1", f"--port={port}", "--max-tasks=5000"])


def simulator(options: Sequence[object] = ()) -> tuple[str, ...]:
    """Return the simulated carrier with its own options."""
    return _python(["-m", "simulator", *options])


def _python(words: Sequence[object]) -> tuple[str, ...]:
    return (sys.executable, *(str(word) for word in words))
