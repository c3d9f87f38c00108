"""Runs one simulator until SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import gc
import signal

from aiohttp import web

from simulator.http.command_door import CommandDoor
from simulator.http.listener import LISTENER, Listener
from simulator.http.routes import build_app
from simulator.settings import Settings
from simulator.world import World, build_world

_SWEEP_S = 10.0
_SHUTDOWN_S = 0.5


async def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; prints one line with its address once it listens."""
    world = build_world(settings)
    app = build_app(world)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_S)
    door = CommandDoor(world, lambda: _protocol_of(runner))
    listener = app[LISTENER] = Listener(runner, door, host=settings.host, port=settings.port)
    stopped = _stop_signal()
    await runner.setup()
    try:
        port = await listener.open()
        world.address = settings.public_url or f"http://{_spelled(settings.host)}:{port}"
        print(f"simulator listens on http://{_spelled(settings.host)}:{port}", flush=True)
        _settle_memory()
        await _sweep_until(stopped, world)
    finally:
        await world.webhook_sender.close()
        await listener.close(within_s=_SHUTDOWN_S)


def _protocol_of(runner: web.AppRunner) -> asyncio.Protocol:
    assert runner.server is not None
    return runner.server()


async def _sweep_until(stopped: asyncio.Event, world: World) -> None:
    while not stopped.is_set():
        world.legs.forget_old()
        try:
            await asyncio.wait_for(stopped.wait(), timeout=_SWEEP_S)
        except TimeoutError:
            continue


def _stop_signal() -> asyncio.Event:
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    return stopped


def _settle_memory() -> None:
    # What is loaded by now stays: without this, the collector would scan thousands of live objects many times a second.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)


def _spelled(host: str) -> str:
    return f"[{host}]" if ":" in host else host
