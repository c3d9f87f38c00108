"""How much of a core the simulator takes at a steady number of dials per second, with webhooks and commands.

Run: python -m benchmarks.simulator_load --dials-per-s 200 --seconds 20
"""

from __future__ import annotations

import argparse
import asyncio
import time
from contextlib import suppress

import aiohttp
import orjson
import psutil
from aiohttp import web

from tests.support.simulator import SimulatorProcess, simulator

_DIAL = {"from": "+13125550100", "connection_id": "2876500012345678901", "answering_machine_detection": "premium"}
_PROMPT = {"payload": "This is Elm Clinic. Press 1 to confirm, 9 to stop these calls.", "voice": "female"}
_REACTIONS = {
    "call.machine.premium.detection.ended": ("gather_using_speak", {**_PROMPT, "maximum_digits": 1}),
    "call.machine.premium.greeting.ended": ("speak", _PROMPT),
    "call.gather.ended": ("hangup", {}),
    "call.speak.ended": ("hangup", {}),
}


class Caller:
    """Dials at a steady rate and answers webhooks with the next command."""

    def __init__(self, session: aiohttp.ClientSession, base_url: str) -> None:
        self._session = session
        self._base_url = base_url
        self.commands = 0
        self.webhooks = 0
        self.tasks: set[asyncio.Task[None]] = set()

    async def receive(self, request: web.Request) -> web.Response:
        """Count the webhook and start the command that follows it."""
        event = orjson.loads(await request.read())["data"]
        self.webhooks += 1
        reaction = _REACTIONS.get(event["event_type"])
        if reaction is not None:
            self.spawn(f"/calls/{event['payload']['call_control_id']}/actions/{reaction[0]}", reaction[1])
        return web.Response()

    def spawn(self, path: str, body: object) -> None:
        """Send a command beside everything else."""
        task = asyncio.create_task(self._post(path, body))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def finish(self) -> None:
        """Wait for the calls under way, at most ten seconds, and stop."""
        if self.tasks:
            await asyncio.wait(tuple(self.tasks), timeout=10)

    async def _post(self, path: str, body: object) -> None:
        with suppress(aiohttp.ClientError):
            async with self._session.post(self._base_url + path, data=orjson.dumps(body)) as answer:
                await answer.read()
                self.commands += 1


async def drive(running: SimulatorProcess, *, rate: int, seconds: float) -> None:
    """Dial at this rate for so long and print what it cost."""
    headers = {"Authorization": f"Bearer {running.api_key}", "Content-Type": "application/json"}
    async with aiohttp.ClientSession(headers=headers, connector=aiohttp.TCPConnector(limit=100)) as session:
        caller = Caller(session, running.base_url)
        app = web.Application()
        app.router.add_post("/hook", caller.receive)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        hook = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        process = psutil.Process(running.process.pid)
        empty = process.memory_info().rss
        before, started = sum(process.cpu_times()[:2]), time.monotonic()
        for number in range(int(rate * seconds)):
            body = {**_DIAL, "to": f"+1415{5_000_000 + number}", "webhook_url": hook}
            caller.spawn("/calls", body)
            await asyncio.sleep(max(0.0, started + (number + 1) / rate - time.monotonic()))
        took = time.monotonic() - started
        cpu = sum(process.cpu_times()[:2]) - before
        print(f"{rate * seconds / took:.0f} dials/s for {took:.0f} s: {cpu / took:.0%} of a core, ", end="")
        print(f"{caller.webhooks / took:.0f} webhooks/s, {caller.commands / took:.0f} requests/s, ", end="")
        grown = (process.memory_info().rss - empty) / (rate * seconds) / 1024
        print(f"{empty / 2**20:.0f} MB empty and {grown:.0f} kB more a call")
        await caller.finish()
        await runner.cleanup()


def main() -> None:
    """Start a simulator and load it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--dials-per-s", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=20)
    given = parser.parse_args()
    with simulator(time_scale=20, dials_per_5s=0) as running:
        asyncio.run(drive(running, rate=given.dials_per_s, seconds=given.seconds))


if __name__ == "__main__":
    main()
