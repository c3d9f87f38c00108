"""Another implementation of the carrier's API, with habits of its own; its requests must fit the official SDK's types.

It says error codes as integers, times in whole seconds, counts as text; it leaves out `meta`, `state` and
`call_session_id`, forgets `client_state` in late events, tells of a call before it answers the dial, tries a webhook
once, gives out ids that must be escaped in a path, shows no public key and knows no ended call.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import aiohttp
from aiohttp import web
from nacl.signing import SigningKey
from pydantic import TypeAdapter, ValidationError
from telnyx.types import calls
from telnyx.types.call_dial_params import CallDialParams

from orchestrator.clock import utc_now

_PARAMS: dict[str, TypeAdapter[Any]] = {
    "dial": TypeAdapter(CallDialParams),
    "speak": TypeAdapter(calls.ActionSpeakParams),
    "gather_using_speak": TypeAdapter(calls.ActionGatherUsingSpeakParams),
    "gather_stop": TypeAdapter(calls.ActionStopGatherParams),
    "hangup": TypeAdapter(calls.ActionHangupParams),
}
_BUSY_EVERY = 9


@dataclass
class Line:
    """One call as this carrier keeps it."""

    number: int
    to: str
    client_state: str
    command_id: str
    webhook_url: str
    control_id: str = field(default_factory=lambda: f"v2:{base64.b64encode(b'?>~' + os.urandom(13)).decode()}")
    is_over: bool = False
    commands: Counter[str] = field(default_factory=Counter)

    @property
    def leg_id(self) -> str:
        return f"leg {self.number}/ä"


class OtherCarrier:
    """What it was asked and whom it called; `invalid` names every request the SDK would not have sent."""

    def __init__(self, key: str) -> None:
        self._key, self._signer, self._numbers = key, SigningKey.generate(), count(1)
        self.lines: dict[str, Line] = {}
        self.invalid: list[str] = []
        self.undelivered: list[str] = []
        self.refused = 0
        self.url = ""

    @property
    def public_key(self) -> str:
        return base64.b64encode(bytes(self._signer.verify_key)).decode()

    @property
    def rang(self) -> Counter[str]:
        """How often each number was called."""
        return Counter(line.to for line in self.lines.values())

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._guard])
        app.add_routes(
            [
                web.post("/v2/calls", self._dial),
                web.post("/v2/calls/{control_id}/actions/{action}", self._act),
                web.get("/v2/connections/{connection_id}/active_calls", self._active),
            ]
        )
        app.cleanup_ctx.append(self._outgoing)
        return app

    async def _outgoing(self, _app: web.Application) -> AsyncIterator[None]:
        self._lives: set[asyncio.Task[None]] = set()
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as self._session:
            yield

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {self._key}":
            return _error(401, 10009, "Authentication failed")
        try:
            answer: web.StreamResponse = await handler(request)
        except web.HTTPNotFound:
            return _error(404, 10005, "Resource not found")
        return answer

    async def _dial(self, request: web.Request) -> web.Response:
        body = self._checked("dial", await request.json())
        known = next((line for line in self.lines.values() if line.command_id == body["command_id"]), None)
        if known is not None:
            return _dialed(known)
        number = next(self._numbers)
        if number % _BUSY_EVERY == 0:
            self.refused += 1
            return _error(429, 10011, "Too many requests")
        line = Line(number, body["to"], body["client_state"], body["command_id"], body["webhook_url"])
        self.lines[line.control_id] = line
        await self._tell(line, "call.initiated", direction="outgoing")
        self._start(self._live(line))
        await asyncio.sleep(0.2 if number % 2 else 0)
        return _dialed(line)

    async def _act(self, request: web.Request) -> web.Response:
        action, line = request.match_info["action"], self.lines.get(request.match_info["control_id"])
        body = self._checked(action, await request.json())
        if line is None:
            return _error(404, 90015, "Invalid Call Control ID")
        if line.is_over:
            return _error(422, 90018, "Call has already ended")
        line.commands[body["command_id"]] += 1
        line.client_state = body["client_state"]
        if line.commands[body["command_id"]] == 1:
            self._start(self._carry_out(line, action))
        return web.json_response({"data": {"result": "ok", "command": action}})

    async def _active(self, _request: web.Request) -> web.Response:
        live = [{"call_control_id": c, "client_state": x.client_state} for c, x in self.lines.items() if not x.is_over]
        return web.json_response({"data": live, "meta": {"total_items": str(len(live)), "cursors": {}}})

    async def _live(self, line: Line) -> None:
        await asyncio.sleep(0.05)
        match line.to[-1]:
            case "0":
                await self._end(line, "user_busy", sip=486)
            case "1":
                await self._end(line, "timeout", sip=487)
            case "2":
                await self._tell(line, "call.answered")
                await self._tell(line, "call.machine.premium.detection.ended", result="machine")
                await self._tell(line, "call.machine.premium.greeting.ended", result="beep_detected")
            case "3":
                await self._end(line, "normal_clearing", answered=True)
            case _:
                await self._tell(line, "call.machine.premium.detection.ended", result="human_residence")
                await self._tell(line, "call.answered")

    async def _carry_out(self, line: Line, action: str) -> None:
        await asyncio.sleep(0.02)
        if action == "speak":
            await self._tell(line, "call.speak.started")
            await self._tell(line, "call.speak.ended", status="completed")
        elif action == "gather_using_speak":
            digits = "9" if line.to[-1] == "9" else "1"
            await self._tell(line, "call.gather.ended", digits=digits, status="valid")
        elif action == "hangup":
            await self._end(line, "normal_clearing", sip=200)

    async def _end(self, line: Line, cause: str, *, sip: int = 200, answered: bool = False) -> None:
        if answered:
            await self._tell(line, "call.answered")
        line.is_over = True
        told = {"hangup_cause": cause, "hangup_source": "callee", "sip_hangup_cause": sip, "client_state": None}
        await self._tell(line, "call.hangup", **told)
        cost = {"call_control_id": None, "client_state": None, "total_cost": 0.007, "billed_duration_secs": "60"}
        await self._tell(line, "call.cost", **cost)

    async def _tell(self, line: Line, event: str, **payload: Any) -> None:
        known = {"call_control_id": line.control_id, "call_leg_id": line.leg_id, "client_state": line.client_state}
        data = {
            "event_type": event,
            "id": f"evt-{next(self._numbers)}",
            "occurred_at": utc_now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "payload": {**known, "to": line.to, "call_duration": "7", "shard": {"node": 3}, **payload},
            "sequence": "12",
        }
        body, stamp = json.dumps({"data": data}).encode(), str(int(time.time()))
        signature = base64.b64encode(self._signer.sign(stamp.encode() + b"|" + body).signature).decode()
        headers = {"Telnyx-Signature-Ed25519": signature, "Telnyx-Timestamp": stamp, "Content-Type": "application/json"}
        async with self._session.post(line.webhook_url, data=body, headers=headers) as answer:
            if answer.status != 200:
                self.undelivered.append(f"{event}: {answer.status} {await answer.text()}")

    def _checked(self, action: str, body: dict[str, Any]) -> dict[str, Any]:
        """Hold a request against the SDK's type for it, with nothing in it that the type does not name."""
        worded = {{"from": "from_"}.get(name, name): value for name, value in body.items()}
        try:
            if not _keeps_all(worded, _PARAMS[action].validate_python(worded)):
                self.invalid.append(f"{action} has fields the SDK does not know: {body}")
        except ValidationError as err:
            self.invalid.append(f"{action}: {err}")
        return body

    def _start(self, life: Any) -> None:
        task = asyncio.get_running_loop().create_task(life)
        self._lives.add(task)
        task.add_done_callback(self._lives.discard)


def _keeps_all(given: Any, kept: Any) -> bool:
    if isinstance(given, dict):
        return set(given) == set(kept) and all(_keeps_all(given[name], kept[name]) for name in given)
    if isinstance(given, list):
        kept = list(kept)
        return len(given) == len(kept) and all(map(_keeps_all, given, kept))
    return True


def _dialed(line: Line) -> web.Response:
    return web.json_response({"data": {"call_control_id": line.control_id, "call_leg_id": line.leg_id, "queue": "7"}})


def _error(status: int, code: int, title: str) -> web.Response:
    return web.json_response({"errors": [{"code": code, "title": title, "meta": {"trace": 1}}]}, status=status)


@contextmanager
def other_carrier(key: str) -> Iterator[OtherCarrier]:
    """Run one in a thread of its own until the block ends."""
    carrier, loop, ready = OtherCarrier(key), asyncio.new_event_loop(), threading.Event()
    runner = web.AppRunner(carrier.app())

    async def listen() -> None:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        carrier.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v2"
        ready.set()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(listen())
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait(10)
    try:
        yield carrier
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
