"""A stream: a leg's audio on a websocket that the carrier opens to the application."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

import aiohttp

from simulator.clock import iso
from simulator.ids import fresh_uuid
from simulator.media.application_frames import ApplicationFrames
from simulator.media.frames import FrameWriter
from simulator.media.pacing import Reorderer, ticks
from simulator.media.raw_audio import negotiated_format
from simulator.media.speech_samples import CODECS, speech_frames
from simulator.state.leg import Leg
from simulator.webhook_events import emit
from simulator.world import World

_CONNECT_S = 5.0
_CLOSE_S = 2.0
_LARGEST_FRAME = 5 * 1_048_576  # more than 30 s of the largest raw audio, in base64
_MAX_QUEUED_FRAMES = 500  # frames that an application may lag behind: ten seconds of one track
_USER = "5a2f0f6e-0000-4000-8000-000000000000"
_TRACKS = {
    "inbound_track": ("inbound",),
    "outbound_track": ("outbound",),
    "both_tracks": ("inbound", "outbound"),
}


class Stream:
    """One stream of one leg, from connecting to its last frame."""

    def __init__(self, world: World, leg: Leg, body: Mapping[str, Any]) -> None:
        self.id = fresh_uuid()
        self._world = world
        self._leg = leg
        self._body = body
        self._tracks = _TRACKS[body.get("stream_track") or "inbound_track"]
        self._codec = _codec(world, body.get("stream_codec"))
        self._writer = FrameWriter(self.id, is_older=world.stream_frames == "older")
        self._waiting: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._is_connected = False

    def begin(self) -> None:
        """Start connecting; a webhook reports the result."""
        self._leg.media_output = self
        self._task = asyncio.create_task(self._run())

    def end(self) -> None:
        """Stop, and send `streaming.stopped`; queued frames are still sent."""
        if not self._detach():
            return
        emit(self._world, self._leg, "streaming.stopped", stream_url=self._body["stream_url"])
        if self._is_connected:
            self._waiting.put_nowait(self._writer.stop(self._parties()))
            self._waiting.put_nowait(None)
        elif self._task is not None:
            self._task.cancel()

    def press(self, digit: str) -> None:
        """Send a pressed key to the application."""
        if self._is_connected:
            self._send(self._writer.dtmf(digit, occurred_at=iso(self._world.clock.now())))

    async def _run(self) -> None:
        timeout = aiohttp.ClientTimeout(total=None, connect=_CONNECT_S, sock_connect=_CONNECT_S)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            socket = await self._connect(session)
            if socket is None:
                self._fail("connection_failed")
                return
            try:
                await self._converse(socket)
            finally:
                # not in a task of its own: one that is cancelled before its first turn would close nothing
                with contextlib.suppress(TimeoutError, ConnectionError, RuntimeError):
                    async with asyncio.timeout(_CLOSE_S):
                        await socket.close()
        self.end()  # the application closed it: an end, not a failure (assumed)

    async def _connect(self, session: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse | None:
        token = self._body.get("stream_auth_token")
        headers = {"Authorization": f"Bearer {token}"} if token else {}  # how the token is sent is not documented
        try:
            async with asyncio.timeout(_CONNECT_S):
                return await session.ws_connect(self._body["stream_url"], headers=headers, max_msg_size=_LARGEST_FRAME)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
            return None

    async def _converse(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._is_connected = True
        self._send(self._writer.connected())
        emit(self._world, self._leg, "streaming.started", stream_url=self._body["stream_url"])
        self._send(self._writer.start(self._about(), codec=self._codec))
        frames = ApplicationFrames(
            self._writer,
            self._send,
            raw=negotiated_format(self._body) if self._body.get("stream_bidirectional_mode") == "rtp" else None,
            always_wrong=self._world.faults.of(self._leg.far_end_number).stream_error,
        )
        tasks = [asyncio.create_task(self._speak()), asyncio.create_task(self._listen(socket, frames))]
        try:
            await self._write(socket)
        finally:
            frames.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _write(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Send queued frames until the stream ends or the connection is lost."""
        while (frame := await self._waiting.get()) is not None:
            try:
                async with asyncio.timeout(_CLOSE_S * 5):
                    await socket.send_str(frame.decode())
            except (TimeoutError, ConnectionError, RuntimeError, aiohttp.ClientError):
                return

    async def _speak(self) -> None:
        reorderers = {track: Reorderer() for track in self._tracks}
        async for number in ticks():
            for track, reorderer in reorderers.items():
                sound = speech_frames(track, self._codec)
                for frame in reorderer.order(self._writer.media(track, sound[(number - 1) % len(sound)])):
                    if self._send(frame):
                        self._world.counters.add("stream_frames", track)

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse, frames: ApplicationFrames) -> None:
        async for message in socket:
            if message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                before = frames.played
                frames.take(message.data)
                for _ in range(frames.played - before):
                    self._world.counters.add("stream_payloads_played")
        self._waiting.put_nowait(None)

    def _send(self, frame: bytes) -> bool:
        """Queue a frame and return whether it was: not once the stream has ended, nor for an application that lags."""
        if self._leg.media_output is not self or self._waiting.qsize() >= _MAX_QUEUED_FRAMES:
            return False
        self._waiting.put_nowait(frame)
        return True

    def _detach(self) -> bool:
        if self._leg.media_output is not self:
            return False
        self._leg.media_output = None
        return True

    def _fail(self, reason: str) -> None:
        if self._detach():
            emit_failed(self._world, self._leg, self._body, reason=reason, stream_id=self.id)

    def _parties(self) -> dict[str, Any]:
        return {"user_id": _USER, "call_control_id": self._leg.call_control_id}

    def _about(self) -> dict[str, Any]:
        leg = self._leg
        given = self._body.get("custom_parameters")
        return {
            **self._parties(),
            "call_session_id": leg.call_session_id,
            "client_state": leg.client_state,
            "from": leg.from_,
            "to": leg.to,
            "tags": [],
            **({"custom_parameters": given} if given else {}),
        }


def _codec(world: World, requested: str | None) -> str:
    """Return the codec of a stream: the requested one if it is supported here, otherwise the call's own."""
    if requested in CODECS:
        return requested
    if requested not in (None, "default"):
        world.counters.add("stream_codec_not_made", requested)
    return CODECS[0]


def emit_failed(world: World, leg: Leg, body: Mapping[str, Any], *, reason: str, stream_id: str) -> None:
    """Send `streaming.failed`."""
    url = {"stream_url": body["stream_url"]} if body.get("stream_url") else {}
    emit(
        world,
        leg,
        "streaming.failed",
        failure_reason=reason,
        stream_id=stream_id,
        stream_params={**url, "track": body.get("stream_track") or "inbound_track"},
        stream_type="dialogflow" if body.get("enable_dialogflow") else "websocket",
    )
