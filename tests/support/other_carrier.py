"""Another implementation of the carrier's API, with habits of its own; its requests must fit the official SDK's types.

It says error codes as integers, times in whole seconds, counts as text; it leaves out `meta`, `state` and
`call_session_id`, forgets `client_state` in the last events of a call, but for a transfer's target, tells of a call
before it answers the dial, tries a webhook once, gives out ids that must be escaped in a path, shows no public key and
knows no ended call.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
import threading
import time
import wave
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import aiohttp
from aiohttp import web
from nacl.signing import SigningKey

from orchestrator.clock import utc_now
from tests.support.other_commands import COMMANDS, complaint, refusal
from tests.support.other_line import Line


class OtherCarrier:
    """What it was asked and whom it called; `invalid` names every request the SDK would not have sent.

    `taken` are the actions it carried out, each once; `is_sometimes_busy` lets it refuse a dial now and then.
    """

    def __init__(self, key: str) -> None:
        self._key, self._signer, self._numbers = key, SigningKey.generate(), count(1)
        self.lines: dict[str, Line] = {}
        self.taken: list[str] = []
        self.invalid: list[str] = []
        self.undelivered: list[str] = []
        self.refused = 0
        self.is_sometimes_busy = True
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
                web.route("*", "/v2/calls/{control_id}/actions/{action}", self._act),
                web.get("/v2/connections/{connection_id}/active_calls", self._active),
                web.get("/recordings/{name}", self._recorded),
            ]
        )
        app.cleanup_ctx.append(self._outgoing)
        return app

    def call_in(self, *, caller: str, to: str, webhook_url: str) -> Line:
        """Let somebody call; the line waits to be answered or rejected."""
        line = self.new_line(to, None, webhook_url)
        line.is_incoming = True
        told = {"direction": "incoming", "from": caller, "connection_id": None}
        asyncio.run_coroutine_threadsafe(self.tell(line, "call.initiated", **told), self._loop).result(10)
        return line

    async def _outgoing(self, _app: web.Application) -> AsyncIterator[None]:
        self._loop = asyncio.get_running_loop()
        self._lives: set[asyncio.Task[None]] = set()
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as self.session:
            yield

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if request.path.startswith("/v2") and request.headers.get("Authorization") != f"Bearer {self._key}":
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
        if self.is_sometimes_busy and number % 9 == 0:
            self.refused += 1
            return _error(429, 10011, "Too many requests")
        line = self.new_line(body["to"], body["client_state"], body["webhook_url"], command_id=body["command_id"])
        self.taken.append("dial")
        await self.tell(line, "call.initiated", direction="outgoing")
        self._start(self._live(line))
        await asyncio.sleep(0.2 if number % 2 else 0)
        return _dialed(line)

    async def _act(self, request: web.Request) -> web.Response:
        action, line = request.match_info["action"], self.lines.get(request.match_info["control_id"])
        if request.method != ("PUT" if action == "client_state_update" else "POST") or action not in COMMANDS:
            self.invalid.append(f"{request.method} {request.path}")
            return _error(404, 10005, "Resource not found")
        body = self._checked(action, await request.json())
        if line is None:
            return _error(404, 90015, "Invalid Call Control ID")
        line.client_state = body.get("client_state", line.client_state)
        line.commands[body.get("command_id", "")] += 1
        if "command_id" not in body or line.commands[body["command_id"]] == 1:
            if code := refusal(line, action):
                del line.commands[body["command_id"]]
                return _error(422, code, "Not at this moment")
            self._take(line, action, body)
        return web.json_response({"data": {"result": "ok", "command": action}})

    def _take(self, line: Line, action: str, body: dict[str, Any]) -> None:
        command = COMMANDS[action]
        if command.starts:
            line.runs[command.starts] = body
        self.taken.append(action)
        self._start(command.does(self, line, body))

    async def _recorded(self, _request: web.Request) -> web.Response:
        return web.Response(body=_silence(), content_type="audio/x-wav")

    async def _active(self, _request: web.Request) -> web.Response:
        live = [{"call_control_id": c, "client_state": x.client_state} for c, x in self.lines.items() if not x.is_over]
        return web.json_response({"data": live, "meta": {"total_items": str(len(live)), "cursors": {}}})

    async def _live(self, line: Line) -> None:
        await asyncio.sleep(0.05)
        match line.to[-1]:
            case "0":
                await self.end(line, "user_busy", sip=486)
            case "1":
                await self.end(line, "timeout", sip=487)
            case "2":
                await self.answer(line)
                await self.tell(line, "call.machine.premium.detection.ended", result="machine")
                await self.tell(line, "call.machine.premium.greeting.ended", result="beep_detected")
            case "3":
                await self.answer(line)
                await self.end(line, "normal_clearing")
            case _:
                line.is_answered = True
                await self.tell(line, "call.machine.premium.detection.ended", result="human_residence")
                await self.answer(line)

    # -- what commands do ----------------------------------------------------------------------------------------

    def new_line(self, to: str, client_state: str | None, webhook_url: str, *, command_id: str = "") -> Line:
        line = Line(next(self._numbers), to, client_state, webhook_url, command_id)
        self.lines[line.control_id] = line
        return line

    async def answer(self, line: Line) -> None:
        line.is_answered = True
        await self.tell(line, "call.answered")

    async def end(self, line: Line, cause: str, *, sip: int = 200) -> None:
        """Hang up, and on whoever it is bridged with."""
        if line.is_over:
            return
        line.is_over = True
        line.hushed.set()
        forgotten = {} if line.is_target else {"client_state": None}
        told = {"hangup_cause": cause, "hangup_source": "callee", "sip_hangup_cause": sip, **forgotten}
        await self.tell(line, "call.hangup", **told)
        await self.save_recording(line)
        cost = {"call_control_id": None, "total_cost": 0.007, "billed_duration_secs": "60", **forgotten}
        await self.tell(line, "call.cost", **cost)
        if line.partner is not None:
            await self.end(line.partner, "normal_clearing")

    async def join(self, line: Line, other: Line) -> None:
        """Bridge the two; whoever was bridged with either is left alone and leaves."""
        left = [each.partner for each in (line, other) if each.partner is not None]
        line.partner, other.partner = other, line
        for each in (line, other):
            if queued := each.runs.pop("queue", None):
                await self.tell(each, "call.dequeued", queue=queued["queue_name"], reason="bridged")
            await self.tell(each, "call.bridged")
        for each in left:
            each.partner = None
            await self.end(each, "normal_clearing")

    async def save_recording(self, line: Line) -> None:
        """Tell of the running recording, and of its text where that was asked for."""
        asked = line.runs.pop("recording", None)
        if asked is None:
            return
        link, now = f"{self.url.removesuffix('/v2')}/recordings/{line.number}.wav", _now()
        times = {"recording_started_at": now, "recording_ended_at": now}
        await self.tell(line, "call.recording.saved", recording_urls={"wav": link}, channels=asked["channels"], **times)
        if asked.get("transcription"):
            await self.tell(line, "call.recording.transcription.saved", transcription_text="yes please")

    async def tell(self, line: Line, event: str, **payload: Any) -> None:
        known = {"call_control_id": line.control_id, "call_leg_id": line.leg_id, "client_state": line.client_state}
        data = {
            "event_type": event,
            "id": f"evt-{next(self._numbers)}",
            "occurred_at": _now(),
            "payload": {**known, "to": line.to, "call_duration": "7", "shard": {"node": 3}, **payload},
            "sequence": "12",
        }
        body, stamp = json.dumps({"data": data}).encode(), str(int(time.time()))
        signature = base64.b64encode(self._signer.sign(stamp.encode() + b"|" + body).signature).decode()
        headers = {"Telnyx-Signature-Ed25519": signature, "Telnyx-Timestamp": stamp, "Content-Type": "application/json"}
        async with self.session.post(line.webhook_url, data=body, headers=headers) as answer:
            if answer.status != 200:
                self.undelivered.append(f"{event}: {answer.status} {await answer.text()}")

    def _checked(self, action: str, body: dict[str, Any]) -> dict[str, Any]:
        if wrong := complaint(action, body):
            self.invalid.append(wrong)
        return body

    def _start(self, life: Any) -> None:
        task = asyncio.get_running_loop().create_task(life)
        self._lives.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._lives.discard(task)
        if not task.cancelled() and (err := task.exception()):
            self.invalid.append(repr(err))


def _silence() -> bytes:
    with io.BytesIO() as file:
        with wave.open(file, "wb") as sound:
            sound.setparams((1, 2, 8000, 0, "NONE", ""))
            sound.writeframes(bytes(16_000))
        return file.getvalue()


def _now() -> str:
    return utc_now().strftime("%Y-%m-%dT%H:%M:%SZ")


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
