"""A simulated stream counts as sent what it sends, and sends nothing behind its `stop`."""

from __future__ import annotations

import asyncio
import gc

import pytest

from simulator.commands.outbound_leg import new_leg
from simulator.media.speech_samples import FRAME_MS
from simulator.media.stream import Stream
from simulator.settings import Settings
from simulator.world import World, build_world
from tests.support.stream_app import stream_app

TICK_S = FRAME_MS / 1000


def streamed(world: World, url: str) -> Stream:
    """Return a stream of a new leg that has begun to connect."""
    leg = new_leg(
        world,
        {},
        role="A",
        to="+13125550101",
        from_="+13125550100",
        session="one",
        connection_id="1",
        client_state=None,
        webhook_url="http://127.0.0.1:1/",
    )
    stream = Stream(world, leg, {"stream_url": url})
    stream.begin()
    return stream


def keep_busy(loop: asyncio.AbstractEventLoop, seconds: float) -> None:
    """Let nothing else run on the loop, as a busy machine does."""
    until = loop.time() + seconds
    while loop.time() < until:
        pass


def test_a_frame_that_is_due_while_its_stream_ends_is_neither_sent_nor_counted() -> None:
    with stream_app() as app:

        async def run() -> object:
            world = build_world(Settings())
            world.webhook_sender.pause(True)
            stream = streamed(world, app.url)
            await asyncio.to_thread(app.wait, "media")
            loop = asyncio.get_running_loop()
            loop.call_later(1.5 * TICK_S, stream.end)
            keep_busy(loop, 3 * TICK_S)  # the next frame is due before the end, and both come in one turn
            await asyncio.to_thread(app.wait, "stop")
            return world.counters.as_json()["stream_frames"]

        assert asyncio.run(run()) == {"inbound": len(app.of("media"))}
        assert app.frames[-1]["event"] == "stop"


@pytest.mark.parametrize("turns", range(8))
def test_a_stream_that_is_cut_off_while_it_ends_closes_its_connection(turns: int) -> None:
    with stream_app() as app:

        async def run() -> None:
            world = build_world(Settings())
            world.webhook_sender.pause(True)
            stream = streamed(world, app.url)
            await asyncio.to_thread(app.wait, "media")
            stream.end()
            for _ in range(turns):
                await asyncio.sleep(0)

        asyncio.run(run())  # cancels whatever still runs
        gc.collect()  # a connection left open is an error of this test, not of whichever runs when it is collected
