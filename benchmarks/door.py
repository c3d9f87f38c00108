"""The webhook receiver against a minimal Flask view on the same server, with the same requests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from benchmarks.cpu import cpu_s
from benchmarks.ground import Ground, carrier_env
from benchmarks.http_load import send_all
from benchmarks.measures import Measure, Sample, Side, Target, in_turns
from benchmarks.webhooks import CALL, PUBLIC_KEY, signed_request, webhook
from orchestrator.local_stack import programs
from orchestrator.local_stack.ports import free_port
from orchestrator.local_stack.process import ChildProcess
from orchestrator.store.redis.keys import Keys

_WEBHOOKS = 4_000
_WARM_UP = 300
_PACED_S = 5.0


def measure_door(ground: Ground, *, rounds: int = 5, pace: float | None = None) -> tuple[list[Measure], Sample]:
    """Return the measures, and the cost of the minimal receiver; with `pace` (webhooks/s) only the latter."""
    with _doors(ground, pace) as (ours, bare):
        if pace:
            return [], in_turns({"bare": bare}, rounds=rounds)["bare"]
        medians = in_turns({"ours": ours, "bare": bare}, rounds=rounds)
    door, other = medians["ours"], medians["bare"]
    return [
        Measure("webhook door", door.per_s, "webhooks/s", other.per_s, Target("least", 0.9)),
        Measure("webhook door, CPU", door.cpu_ms, "ms/webhook", other.cpu_ms),
    ], other


@contextmanager
def _doors(ground: Ground, pace: float | None) -> Iterator[tuple[Side, Side]]:
    env = {**ground.env, **carrier_env("http://127.0.0.1:1/v2", PUBLIC_KEY)}
    ports = free_port(), free_port()
    ours, bare = (programs.webhooks(env, port=port) for port in ports)
    bare = replace(bare, name="bare-door", argv=_bare_argv(ports[1]))
    with ground.running(ours, bare) as children:
        sides = (
            _side(ground, children["webhooks"], ports[0], Keys().events, pace),
            _side(ground, children["bare-door"], ports[1], "bare:events", pace),
        )
        for port in ports:
            send_all("127.0.0.1", port, _requests(_WARM_UP))
        yield sides


def _bare_argv(port: int) -> tuple[str, ...]:
    """Return a WSGI server that hands each request to a thread, with as many threads as the real one has."""
    words = [
        "--interface",
        "wsgi",
        "--no-ws",
        "--port",
        str(port),
        "--blocking-threads",
        "4",
        "benchmarks.bare_door:app",
    ]
    return (sys.executable, "-m", "granian", *words)


def _side(ground: Ground, child: ChildProcess, port: int, stream: str, pace: float | None) -> Side:
    count = int(pace * _PACED_S) if pace else _WEBHOOKS

    def run() -> Sample:
        requests = _requests(count)
        ground.redis.delete(stream)
        before, store_before = cpu_s(child.pid), cpu_s(ground.valkey.pid)
        took = send_all("127.0.0.1", port, requests, per_s=pace)
        after, store_after = cpu_s(child.pid), cpu_s(ground.valkey.pid)
        taken = int(ground.redis.xlen(stream))
        if taken != count:
            raise AssertionError(f"{taken} of {count} webhooks are in {stream}")
        each = 1000 / count
        return Sample(count / took, (after - before) * each, (store_after - store_before) * each)

    return run


def _requests(count: int) -> list[bytes]:
    return [signed_request(webhook(f"call_{n:026d}", n % len(CALL))) for n in range(count)]
