"""What another carrier makes of each of the thirty commands: the official SDK's type for it, and what is told of it."""

from __future__ import annotations

import base64
import typing
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import aiohttp
from pydantic import TypeAdapter, ValidationError
from telnyx.types import calls
from telnyx.types.call_dial_params import CallDialParams

from tests.support.other_line import Line

if TYPE_CHECKING:
    from tests.support.other_carrier import OtherCarrier

Body = Mapping[str, Any]
Effect = Callable[["OtherCarrier", Line, Body], Awaitable[None]]

_BEFORE_THE_ANSWER = ("answer", "reject", "hangup")


@dataclass(frozen=True)
class Other:
    """One command: its type, what is done, what it sets going or what must run for it."""

    params: Any
    does: Effect
    starts: str | None = None
    needs: str | None = None
    code: int | None = None


def refusal(line: Line, action: str) -> int | None:
    """Return the code for a moment at which this cannot be carried out."""
    command = COMMANDS[action]
    if line.is_over:
        return 90018
    if action in ("answer", "reject") and not line.is_incoming:
        return 90102
    if not line.is_answered and action not in _BEFORE_THE_ANSWER:
        return 90034
    is_wrong = command.starts in line.runs if command.starts else command.needs not in line.runs
    return command.code if is_wrong else None


def complaint(action: str, body: Body) -> str | None:
    """Hold a request against the SDK's type for it; nothing may be in it that the type does not name."""
    params = CallDialParams if action == "dial" else COMMANDS[action].params
    said = _python_names(params)
    worded = {said.get(name, name): value for name, value in body.items()}
    try:
        known = _keeps_all(worded, _adapter(params).validate_python(worded))
    except ValidationError as err:
        return f"{action}: {err}"
    return None if known else f"{action} has fields the SDK does not know: {body}"


@cache
def _adapter(params: Any) -> TypeAdapter[Any]:
    return TypeAdapter(params)


@cache
def _python_names(params: Any) -> dict[str, str]:
    """Return what the SDK calls the fields that are called otherwise on the wire."""
    found = {"from": "from_"} if params is CallDialParams else {}
    for name, hint in typing.get_type_hints(params, include_extras=True).items():
        marked = typing.get_args(hint)[0] if typing.get_origin(hint) is typing.Required else hint
        for mark in getattr(marked, "__metadata__", ()):
            if getattr(mark, "alias", None):
                found[mark.alias] = name
    return found


def _keeps_all(given: Any, kept: Any) -> bool:
    if isinstance(given, dict):
        return set(given) == set(kept) and all(_keeps_all(given[name], kept[name]) for name in given)
    if isinstance(given, list):
        kept = list(kept)
        return len(given) == len(kept) and all(map(_keeps_all, given, kept))
    return True


def _tells(*events: tuple[str, dict[str, Any]]) -> Effect:
    async def does(carrier: OtherCarrier, line: Line, _body: Body) -> None:
        for event, payload in events:
            await carrier.tell(line, event, **payload)

    return does


async def _play(carrier: OtherCarrier, line: Line, body: Body) -> None:
    await carrier.tell(line, "call.playback.started", media_url=body.get("audio_url"))
    if body.get("loop") != "infinity":
        line.runs.pop("playback")
        await carrier.tell(line, "call.playback.ended", status="completed")


async def _stop_playing(carrier: OtherCarrier, line: Line, _body: Body) -> None:
    if line.runs.pop("playback", None) is not None:
        await carrier.tell(line, "call.playback.ended", status="cancelled")


async def _ask(carrier: OtherCarrier, line: Line, body: Body) -> None:
    """Let the person press at once; a gather without a prompt hears one key and waits for more."""
    digit = "9" if line.to[-1] == "9" else "1"
    if "audio_url" in body:
        await carrier.tell(line, "call.playback.started")
        await carrier.tell(line, "call.playback.ended", status="completed")
    await carrier.tell(line, "call.dtmf.received", digit=digit)
    if {"payload", "audio_url"} & set(body):
        await carrier.tell(line, "call.gather.ended", digits=digit, status="valid")
    else:
        line.runs["gather"] = body


async def _stop_asking(carrier: OtherCarrier, line: Line, _body: Body) -> None:
    if line.runs.pop("gather", None) is not None:
        await carrier.tell(line, "call.gather.ended", digits="1", status="cancelled")


async def _save(carrier: OtherCarrier, line: Line, _body: Body) -> None:
    await carrier.save_recording(line)


async def _enqueue(carrier: OtherCarrier, line: Line, body: Body) -> None:
    place = {"queue": body["queue_name"], "current_position": "1", "queue_avg_wait_time_secs": "0"}
    await carrier.tell(line, "call.enqueued", **place)


async def _leave(carrier: OtherCarrier, line: Line, _body: Body) -> None:
    queue = line.runs.pop("queue")["queue_name"]
    await carrier.tell(line, "call.dequeued", queue=queue, queue_position=1, reason="leave")


async def _bridge(carrier: OtherCarrier, line: Line, body: Body) -> None:
    await carrier.join(line, carrier.lines[body["call_control_id"]])


async def _transfer(carrier: OtherCarrier, line: Line, body: Body) -> None:
    target = carrier.new_line(body["to"], body.get("target_leg_client_state", ""), line.webhook_url)
    target.is_target = True
    await carrier.tell(target, "call.initiated", direction="outgoing")
    await carrier.answer(target)
    await carrier.join(line, target)


async def _refer(carrier: OtherCarrier, line: Line, _body: Body) -> None:
    await carrier.tell(line, "call.refer.started", sip_notify_response="100")
    await carrier.tell(line, "call.refer.completed", sip_notify_response="200")
    await carrier.end(line, "normal_clearing")


async def _answer(carrier: OtherCarrier, line: Line, _body: Body) -> None:
    await carrier.answer(line)


async def _reject(carrier: OtherCarrier, line: Line, body: Body) -> None:
    await carrier.end(line, "user_busy" if body["cause"] == "USER_BUSY" else "call_rejected", sip=603)


async def _hang_up(carrier: OtherCarrier, line: Line, _body: Body) -> None:
    await carrier.end(line, "normal_clearing")


async def _stream(carrier: OtherCarrier, line: Line, body: Body) -> None:
    """Connect to the application and say one word in the frames of the first document, until it is told to stop."""
    url = body["stream_url"]
    try:
        async with carrier.session.ws_connect(url) as socket:
            await carrier.tell(line, "streaming.started", stream_url=url)
            for frame in _frames(line):
                await socket.send_json(frame)
            await line.hushed.wait()
            await socket.send_json({"event": "stop", "sequence_number": "3", "stop": {}})
    except aiohttp.ClientError:
        line.runs.pop("medium", None)
        await carrier.tell(line, "streaming.failed", failure_reason="connection_failed")
        return
    line.hushed.clear()
    await carrier.tell(line, "streaming.stopped", stream_url=url)


def _frames(line: Line) -> Iterator[dict[str, Any]]:
    kind = {"encoding": "audio/x-mulaw", "sample_rate": 8000, "channels": 1}
    start = {"call_control_id": line.control_id, "client_state": line.client_state, "media_format": kind}
    word = {"track": "inbound", "chunk": "1", "timestamp": "5", "payload": base64.b64encode(b"\xff" * 160).decode()}
    yield {"event": "connected", "version": "1.0.0"}
    yield {"event": "start", "sequence_number": "1", "stream_id": "stream-1", "start": start}
    yield {"event": "media", "sequence_number": "2", "stream_id": "stream-1", "media": word}


async def _stop_stream(_carrier: OtherCarrier, line: Line, _body: Body) -> None:
    line.runs.pop("medium")
    line.hushed.set()


async def _stop_fork(carrier: OtherCarrier, line: Line, _body: Body) -> None:
    line.runs.pop("medium")
    await carrier.tell(line, "call.fork.stopped", stream_type="decrypted")


async def _stop_transcribing(_carrier: OtherCarrier, line: Line, _body: Body) -> None:
    line.runs.pop("transcription")


_nothing = _tells()
_heard = {"transcription_data": {"confidence": "0.9", "is_final": True, "transcript": "yes please"}}

COMMANDS: dict[str, Other] = {
    "answer": Other(calls.ActionAnswerParams, _answer),
    "bridge": Other(calls.ActionBridgeParams, _bridge),
    "client_state_update": Other(calls.ActionUpdateClientStateParams, _nothing),
    "enqueue": Other(calls.ActionEnqueueParams, _enqueue, starts="queue", code=90038),
    "fork_start": Other(
        calls.ActionStartForkingParams,
        _tells(("call.fork.started", {"stream_type": "decrypted"})),
        starts="medium",
        code=90045,
    ),
    "fork_stop": Other(calls.ActionStopForkingParams, _stop_fork, needs="medium", code=90031),
    "gather": Other(calls.ActionGatherParams, _ask),
    "gather_stop": Other(calls.ActionStopGatherParams, _stop_asking),
    "gather_using_audio": Other(calls.ActionGatherUsingAudioParams, _ask),
    "gather_using_speak": Other(calls.ActionGatherUsingSpeakParams, _ask),
    "hangup": Other(calls.ActionHangupParams, _hang_up),
    "leave_queue": Other(calls.ActionLeaveQueueParams, _leave, needs="queue", code=90035),
    "playback_start": Other(calls.ActionStartPlaybackParams, _play, starts="playback"),
    "playback_stop": Other(calls.ActionStopPlaybackParams, _stop_playing),
    "record_pause": Other(calls.ActionPauseRecordingParams, _nothing),
    "record_resume": Other(calls.ActionResumeRecordingParams, _nothing),
    "record_start": Other(calls.ActionStartRecordingParams, _nothing, starts="recording"),
    "record_stop": Other(calls.ActionStopRecordingParams, _save),
    "refer": Other(calls.ActionReferParams, _refer),
    "reject": Other(calls.ActionRejectParams, _reject),
    "send_dtmf": Other(calls.ActionSendDtmfParams, _nothing),
    "speak": Other(
        calls.ActionSpeakParams, _tells(("call.speak.started", {}), ("call.speak.ended", {"status": "completed"}))
    ),
    "streaming_start": Other(calls.ActionStartStreamingParams, _stream, starts="medium", code=90045),
    "streaming_stop": Other(calls.ActionStopStreamingParams, _stop_stream, needs="medium", code=90048),
    "suppression_start": Other(calls.ActionStartNoiseSuppressionParams, _nothing),
    "suppression_stop": Other(calls.ActionStopNoiseSuppressionParams, _nothing),
    "transcription_start": Other(
        calls.ActionStartTranscriptionParams, _tells(("call.transcription", _heard)), starts="transcription", code=90054
    ),
    "transcription_stop": Other(
        calls.ActionStopTranscriptionParams, _stop_transcribing, needs="transcription", code=90055
    ),
    "transfer": Other(calls.ActionTransferParams, _transfer),
}
