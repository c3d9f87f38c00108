"""The latency of genuine webhooks beside slow connections, and beside forged webhooks."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

import psutil

from benchmarks.ground import Ground, carrier_env
from benchmarks.hostile import FORGED_PER_S, SLOW
from benchmarks.measures import Measure, Target, share
from benchmarks.webhooks import CALL, PUBLIC_KEY, signed_request, webhook
from orchestrator.local_stack import programs
from orchestrator.local_stack.interrupts import pause
from orchestrator.local_stack.ports import free_port

_LINES, _PER_S, _ROUND_S = 8, 100, 5.0
_SETTLED_S = 1.0
_NAMES = {"slow": f"{SLOW} slow connections", "forged": f"{FORGED_PER_S} forged requests a second"}


def measure_crowd(ground: Ground, *, rounds: int = 5) -> list[Measure]:
    """Return the p99 of genuine webhooks in both crowds beside that of the same webhooks alone."""
    port = free_port()
    env = {**ground.env, **carrier_env("http://127.0.0.1:1/v2", PUBLIC_KEY)}
    taken: dict[str, list[float]] = {name: [] for name in ("alone", *_NAMES)}
    with ground.running(programs.webhooks(env, port=port)) as children:
        asyncio.run(_genuine(port))
        for _ in range(rounds):
            for name, times in taken.items():
                with _crowd(name, port, children["webhooks"].pid):
                    times.append(share(asyncio.run(_genuine(port)), 0.99) * 1000)
    alone = median(taken["alone"])
    return [
        Measure(f"genuine webhooks' p99 under {what}", median(taken[name]), "ms", alone, Target("most", 2))
        for name, what in _NAMES.items()
    ]


@contextmanager
def _crowd(name: str, port: int, door: int) -> Iterator[None]:
    if name == "alone":
        yield
        return
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.hostile", name, str(port)])
    try:
        while not any(c.status == "ESTABLISHED" for c in psutil.Process(door).net_connections("tcp")):
            pause(0.1)
        pause(_SETTLED_S)
        yield
        assert process.poll() is None, "the crowd went home"
    finally:
        process.kill()
        process.wait()


async def _genuine(port: int) -> list[float]:
    """Send genuine webhooks at a pace and return how many seconds each took."""
    times: list[float] = []
    await asyncio.gather(*(_line(port, number, times) for number in range(_LINES)))
    return times


async def _line(port: int, number: int, times: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    due = time.perf_counter() + number / _PER_S
    for turn in range(int(_ROUND_S * _PER_S / _LINES)):
        request = signed_request(webhook(f"call_{number:013d}{turn:013d}", turn % len(CALL)))
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        due += _LINES / _PER_S
        began = time.perf_counter()
        writer.write(request)
        answer = await reader.readuntil(b"\r\n\r\n")
        times.append(time.perf_counter() - began)
        assert answer.startswith(b"HTTP/1.1 200 "), answer
    writer.close()
