"""The webhook door against a bare Flask view on the same server, with the same requests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from benchmarks.cpu import cpu_s
from benchmarks.ground import Ground, carrier_env
from benchmarks.http_load import send_all
from benchmarks.measures import Measure, Sample, Side, Target, in_turns
from benchmarks.webhooks import CALL, PUBLIC_KEY, signed_request, webhook
from orchestrator.stack import command_lines, programs
from orchestrator.stack.child import Child
from orchestrator.stack.ports import free_port
from orchestrator.store.keys import Keys

_WEBHOOKS = 4_000
_WARM_UP = 300


def measure_door(ground: Ground, *, rounds: int = 5) -> tuple[list[Measure], Sample]:
    """Return the measures, and what the bare door costs."""
    with _doors(ground) as (ours, bare):
        medians = in_turns({"ours": ours, "bare": bare}, rounds=rounds)
    door, other = medians["ours"], medians["bare"]
    return [
        Measure("webhook door", door.per_s, "webhooks/s", other.per_s, Target("least", 0.85)),
        Measure("webhook door, CPU", door.cpu_ms, "ms/webhook", other.cpu_ms),
    ], other


@contextmanager
def _doors(ground: Ground) -> Iterator[tuple[Side, Side]]:
    env = {**ground.env, **carrier_env("http://127.0.0.1:1/v2", PUBLIC_KEY)}
    ports = free_port(), free_port()
    ours, bare = (programs.webhooks(env, port=port) for port in ports)
    argv = (word.replace(command_lines.WEBHOOK_DOOR, "benchmarks.bare_door:app") for word in bare.argv)
    bare = replace(bare, name="bare-door", argv=tuple(argv))
    with ground.running(ours, bare) as children:
        sides = (
            _side(ground, children["webhooks"], ports[0], Keys().events),
            _side(ground, children["bare-door"], ports[1], "bare:events"),
        )
        for port in ports:
            send_all("127.0.0.1", port, _requests(_WARM_UP))
        yield sides


def _side(ground: Ground, child: Child, port: int, stream: str) -> Side:
    def run() -> Sample:
        requests = _requests(_WEBHOOKS)
        ground.redis.delete(stream)
        before, store_before = cpu_s(child.pid), cpu_s(ground.valkey.pid)
        took = send_all("127.0.0.1", port, requests)
        after, store_after = cpu_s(child.pid), cpu_s(ground.valkey.pid)
        taken = int(ground.redis.xlen(stream))
        if taken != _WEBHOOKS:
            raise AssertionError(f"{taken} of {_WEBHOOKS} webhooks are in {stream}")
        each = 1000 / _WEBHOOKS
        return Sample(_WEBHOOKS / took, (after - before) * each, (store_after - store_before) * each)

    return run


def _requests(count: int) -> list[bytes]:
    return [signed_request(webhook(f"call_{n:026d}", n % len(CALL))) for n in range(count)]
