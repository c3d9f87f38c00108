"""The websocket receiver: takes the streams that the carrier opens, if their path bears the token of their call."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from http import HTTPStatus
from typing import Protocol

import orjson
from picows import (
    WSAutoPingStrategy,
    WSCloseCode,
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
    ws_create_server,
)
from pydantic import SecretStr

from orchestrator.media.frames import ErrorFrame, Mark, Media, Start, Stop, parse_frame
from orchestrator.media.rtp import MalformedMedia
from orchestrator.media.stream_token import call_of_path
from workers.media.recorder import RecordedTrack, Recorder
from workers.media.speaker import Played, Speaker
from workers.media.tally import Tally

log = logging.getLogger(__name__)

MOST_FRAME_BYTES = 131_072
MOST_STREAMS = 2_000
MOST_SHUT_OUT = 10_000
_MOST_OF_A_CALL = 4
_MOST_MALFORMED = 50
_AT_ONCE = 25  # frames: half a second of one track
_LARGE = 8_192
_REST_S = 0.1
_HANDSHAKE_S = 5.0
_IDLE_S = 10.0
_STALLED_S = 30.0


class _Register(Protocol):
    def enter(self, stream: Stream) -> None:
        """Count a stream as open."""

    def leave(self, stream: Stream) -> None:
        """Count it as gone."""

    def tell(self, played: Played) -> None:
        """Keep what became of a sound until it is asked for."""


class Stream(WSListener):
    """One stream of one call, from its handshake until its tracks are files."""

    def __init__(self, call_id: str, *, recorder: Recorder, tally: Tally, receiver: _Register) -> None:
        super().__init__()
        self.call_id = call_id
        self.frames = 0
        self._recorder = recorder
        self._tally = tally
        self._receiver = receiver
        self._about = Start()
        self._tracks: dict[str, RecordedTrack] = {}
        self._received: list[bytes] = []
        self._parts = bytearray()
        self._malformed = 0
        self._transport: WSTransport | None = None
        self._is_resting = False
        self.speaker: Speaker | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Remember the way back, and count as open."""
        self._transport = transport
        self.speaker = Speaker(self.call_id, transport, tally=self._tally, tell=self._receiver.tell)
        self._receiver.enter(self)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Take one frame of the websocket; most are only laid aside, for read in a row they cost half."""
        kind = frame.msg_type
        if kind == WSMsgType.TEXT and frame.fin and not self._parts:
            self._received.append(frame.get_payload_as_bytes())
            if len(self._received) >= _AT_ONCE or frame.payload_size > _LARGE:
                self.digest()
            if frame.last_in_buffer:
                self._rest(transport)
        elif kind == WSMsgType.CLOSE:
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()
        elif kind in (WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION):
            self._take_part(frame)

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002 the library's signature
        """Finish the tracks, however the end came."""
        self._transport = None
        self.digest()
        self.close_tracks()
        if self.speaker is not None:
            self.speaker.end()
        self.speaker = None
        self._receiver.leave(self)

    def pause_writing(self) -> None:
        """Play nothing while the peer does not read."""
        if self.speaker is not None:
            self.speaker.pause_writing(True)

    def resume_writing(self) -> None:
        """Play again."""
        if self.speaker is not None:
            self.speaker.pause_writing(False)

    def wake(self) -> None:
        """Let more come."""
        if self._is_resting and self._transport is not None:
            self._is_resting = False
            self._transport.underlying_transport.resume_reading()

    def _rest(self, transport: WSTransport) -> None:
        """Leave what follows to the kernel for a tenth of a second: asking for each piece costs more than the piece."""
        if not self._is_resting and not transport.is_disconnected:
            self._is_resting = True
            transport.underlying_transport.pause_reading()

    def digest(self) -> None:
        """Read what was laid aside."""
        received, self._received = self._received, []
        self.frames += len(received)
        for text in received:
            self._take(text)

    def cut(self, code: WSCloseCode) -> None:
        """End the connection, and do not wait for the peer."""
        if self._transport is not None:
            self._transport.send_close(code)
            self._transport.disconnect(graceful=False)

    def close_tracks(self) -> None:
        """Turn what has come so far into finished files."""
        tracks, self._tracks = self._tracks, {}
        for name, track in tracks.items():
            arrival = track.close()
            log.info("%s: %d pieces, %d lost", name, arrival.received, arrival.lost, extra={"call_id": self.call_id})

    def _take(self, text: bytes) -> None:
        try:
            frame = parse_frame(text)
        except MalformedMedia as err:
            self._refuse(err.reason)
            return
        if type(frame) is Media:
            name, chunk, payload = frame
            (self._tracks.get(name) or self._open(name)).push(chunk, payload)
        elif isinstance(frame, Start):
            self._about = frame
        elif isinstance(frame, Stop):
            self.close_tracks()
        elif isinstance(frame, ErrorFrame):
            self._tally.add(f"carrier_error_{frame.code if str(frame.code).isdigit() else 'other'}"[:40])
            if self.speaker is not None:
                self.speaker.hear_refusal() if frame.is_rate_limit else self.speaker.hear_failure()
        elif isinstance(frame, Mark) and self.speaker is not None:
            self.speaker.hear_mark(str(frame.name))

    def _take_part(self, frame: WSFrame) -> None:
        """Put a message together that came in several frames, as long as it stays small."""
        self._parts += frame.get_payload_as_memoryview()
        if len(self._parts) > MOST_FRAME_BYTES:
            self._parts.clear()
            self._refuse("length")
            self.cut(WSCloseCode.MESSAGE_TOO_BIG)
        elif frame.fin:
            self._received.append(bytes(self._parts))
            self._parts = bytearray()
            self.digest()

    def _open(self, name: str) -> RecordedTrack:
        about = self._about
        track = self._tracks[name] = self._recorder.open_stream(
            self.call_id, name, codec=about.codec, sample_rate=about.sample_rate, channels=about.channels
        )
        return track

    def _refuse(self, reason: str) -> None:
        self._tally.add(f"frames_malformed_{reason}")
        self._malformed += 1
        if self._malformed > _MOST_MALFORMED:
            self.cut(WSCloseCode.POLICY_VIOLATION)


class StreamReceiver:
    """Lets streams in, and knows those that are open."""

    def __init__(self, *, secret: SecretStr, recorder: Recorder, tally: Tally) -> None:
        self._secret = secret
        self._recorder = recorder
        self._tally = tally
        self._open: set[Stream] = set()
        self._of_call: Counter[str] = Counter()
        self._seen: dict[Stream, tuple[int, float]] = {}
        self._played: list[Played] = []
        self._shut_out: dict[str, None] = {}
        self._waking: asyncio.TimerHandle | None = None

    async def listen(self, host: str, port: int) -> int:
        """Take streams from now on; return the port."""
        server = self._server = await ws_create_server(
            self._admit,
            host,
            port,
            max_frame_size=MOST_FRAME_BYTES,
            websocket_handshake_timeout=_HANDSHAKE_S,
            enable_auto_ping=True,
            auto_ping_idle_timeout=_IDLE_S,
            auto_ping_reply_timeout=_IDLE_S,
            auto_ping_strategy=WSAutoPingStrategy.PING_WHEN_IDLE,
        )
        return int(server.sockets[0].getsockname()[1])

    def close(self) -> None:
        """Take no more, and finish every track: the carrier will see the connections go."""
        self._server.close()
        if self._waking is not None:
            self._waking.cancel()
        for stream in tuple(self._open):
            stream.cut(WSCloseCode.SERVICE_RESTART)
            stream.digest()
            stream.close_tracks()

    def streams(self) -> tuple[Stream, ...]:
        """Return the open streams."""
        return tuple(self._open)

    def enter(self, stream: Stream) -> None:
        """Count a stream as open, its handshake done."""
        self._open.add(stream)
        self._of_call[stream.call_id] += 1
        self._tally.add("streams")
        log.info("a stream is open", extra={"call_id": stream.call_id})
        if self._waking is None:
            self._wake()

    def leave(self, stream: Stream) -> None:
        """Count it as gone."""
        self._open.discard(stream)
        self._tally.add("frames", stream.frames)
        self._of_call[stream.call_id] -= 1
        self._of_call += Counter()  # forgets the calls that are down to none
        log.info("a stream has ended", extra={"call_id": stream.call_id})

    def tell(self, played: Played) -> None:
        """Keep what became of a sound until it is asked for."""
        self._played.append(played)

    def take_played(self) -> list[Played]:
        """Return what became of sounds since the last asking."""
        played, self._played = self._played, []
        return played

    def _wake(self) -> None:
        """Wake the streams that rest, ten times a second as long as one is open."""
        for stream in tuple(self._open):
            stream.wake()
        self._waking = asyncio.get_running_loop().call_later(_REST_S, self._wake) if self._open else None

    def digest(self) -> None:
        """Let every stream read what it laid aside: to be called twice a second."""
        for stream in tuple(self._open):
            stream.digest()

    def counts(self) -> dict[str, int]:
        """Return everything counted so far, and the frames of open streams as they are now."""
        frames = self._tally["frames"] + sum(stream.frames for stream in self._open)
        return {**self._tally.shape(), "frames": frames, "streams_open": len(self._open)}

    def cut_stalled(self, now: float) -> None:
        """End streams that gave no whole frame for half a minute, however they keep their connection alive."""
        seen: dict[Stream, tuple[int, float]] = {}
        for stream in self._open:
            frames, since = self._seen.get(stream, (-1, now))
            seen[stream] = (stream.frames, now) if frames != stream.frames else (frames, since)
        self._seen = seen
        for stream in [stream for stream, (_, since) in seen.items() if now - since > _STALLED_S]:
            self._tally.add("streams_stalled")
            stream.cut(WSCloseCode.GOING_AWAY)

    def shut_out(self, call_id: str) -> None:
        """End the streams of a call that is over, and take no more of it."""
        while len(self._shut_out) >= MOST_SHUT_OUT:
            del self._shut_out[next(iter(self._shut_out))]
        self._shut_out[call_id] = None
        for stream in [stream for stream in self._open if stream.call_id == call_id]:
            self._tally.add("streams_of_calls_over")
            stream.cut(WSCloseCode.POLICY_VIOLATION)

    def _admit(self, request: WSUpgradeRequest) -> WSListener | WSUpgradeResponseWithListener | None:
        path = bytes(request.path).decode("ascii", errors="replace")
        if path == "/healthz":
            return _answer(HTTPStatus.OK, orjson.dumps(self.counts()))
        call_id = call_of_path(self._secret, path)
        if call_id is None:
            self._tally.add("streams_refused")
            return _answer(HTTPStatus.FORBIDDEN, b"this path was not given out\n")
        if call_id in self._shut_out:
            self._tally.add("streams_of_calls_over")
            return _answer(HTTPStatus.GONE, b"this call is over\n")
        if len(self._open) >= MOST_STREAMS or self._of_call[call_id] >= _MOST_OF_A_CALL:
            self._tally.add("streams_crowded_out")
            return _answer(HTTPStatus.SERVICE_UNAVAILABLE, b"too many streams\n")
        return Stream(call_id, recorder=self._recorder, tally=self._tally, receiver=self)


def _answer(status: HTTPStatus, body: bytes) -> WSUpgradeResponseWithListener:
    response = WSUpgradeResponse.create_error_response(HTTPStatus.FORBIDDEN, body)
    response.status = status
    return WSUpgradeResponseWithListener(response, None)
