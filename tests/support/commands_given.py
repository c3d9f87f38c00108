"""The carrier's commands, given to the simulator through the official SDK, with the expected webhooks.

`COMMANDS_GIVEN` has each of the thirty once, `BROUGHT` what else each may bring, by a setting or a person.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from tests.support.simulated_carrier import CALLER, SimulatedCarrier, number
from tests.support.stream_app import stream_app

HELLO = {"payload": "Hello from Elm Clinic.", "voice": "female"}
NOBODY = "ws://127.0.0.1:9/nobody"

TIME_SCALE = 50

Drive = Callable[[SimulatedCarrier], str]


def _on_a_talking_call(method: str, *first: tuple[str, dict[str, Any]], **fields: Any) -> Drive:
    """Return a driver that gives a command, after its prerequisites, on an answered call."""

    def drive(carrier: SimulatedCarrier) -> str:
        leg = carrier.talk("18")
        for earlier, body in first:
            getattr(carrier.sdk.calls.actions, earlier)(leg, **body)
        getattr(carrier.sdk.calls.actions, method)(leg, **fields)
        return leg

    return drive


def _on_a_parked_call(method: str, **fields: Any) -> Drive:
    def drive(carrier: SimulatedCarrier) -> str:
        leg = carrier.simulator.call_in(caller=number("18"), to=CALLER, gives_up_after_s=600)
        carrier.receiver.wait("call.initiated", leg=leg)
        getattr(carrier.sdk.calls.actions, method)(leg, **fields)
        return leg

    return drive


def _dial(carrier: SimulatedCarrier) -> str:
    return carrier.dial("18")


def _bridge(carrier: SimulatedCarrier) -> str:
    leg, other = carrier.talk("18"), carrier.talk("18")
    carrier.sdk.calls.actions.bridge(leg, call_control_id_to_bridge_with=other)
    carrier.receiver.wait("call.bridged", leg=other)
    return leg


def _stream(carrier: SimulatedCarrier) -> str:
    with stream_app() as app:
        leg = _on_a_talking_call("start_streaming", stream_url=app.url)(carrier)
        app.wait("media")
        carrier.sdk.calls.actions.stop_streaming(leg)
        app.wait("stop")
    return leg


def _fork(carrier: SimulatedCarrier) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(5)
        address = f"udp:127.0.0.1:{listening.getsockname()[1]}"
        leg = _on_a_talking_call("start_forking", rx=address, tx=address)(carrier)
        listening.recv(2_000)
        carrier.sdk.calls.actions.stop_forking(leg)
    return leg


_RECORDING = ("start_recording", {"channels": "dual", "format": "wav"})

# The commands, and the webhooks of the leg that must follow, in order.
COMMANDS_GIVEN: dict[str, tuple[Drive, list[str]]] = {
    "dial": (_dial, ["call.initiated", "call.answered"]),
    "answer": (_on_a_parked_call("answer"), ["call.initiated", "call.answered"]),
    "reject": (_on_a_parked_call("reject", cause="USER_BUSY"), ["call.initiated", "call.hangup"]),
    "bridge": (_bridge, ["call.bridged"]),
    "enqueue": (_on_a_talking_call("enqueue", queue_name="given"), ["call.enqueued"]),
    "leave_queue": (
        _on_a_talking_call("leave_queue", ("enqueue", {"queue_name": "left"})),
        ["call.enqueued", "call.dequeued"],
    ),
    "gather": (
        _on_a_talking_call("gather", initial_timeout_millis=2_000),
        ["call.gather.ended"],
    ),
    "gather_stop": (_on_a_talking_call("stop_gather", ("gather", {})), ["call.gather.ended"]),
    "gather_using_audio": (
        _on_a_talking_call("gather_using_audio", audio_url="https://a.test/ask.mp3", timeout_millis=2_000),
        ["call.playback.started", "call.playback.ended", "call.gather.ended"],
    ),
    "gather_using_speak": (
        _on_a_talking_call("gather_using_speak", **HELLO, timeout_millis=2_000, maximum_tries=1),
        ["call.gather.ended"],
    ),
    "hangup": (_on_a_talking_call("hangup"), ["call.hangup", "call.cost"]),
    "playback_start": (
        _on_a_talking_call("start_playback", audio_url="https://a.test/hello.mp3"),
        ["call.playback.started", "call.playback.ended"],
    ),
    "playback_stop": (
        _on_a_talking_call("stop_playback", ("start_playback", {"media_name": "music", "loop": "infinity"})),
        ["call.playback.started", "call.playback.ended"],
    ),
    "record_start": (_on_a_talking_call("start_recording", **_RECORDING[1], max_length=2), ["call.recording.saved"]),
    "record_pause": (_on_a_talking_call("pause_recording", _RECORDING), []),
    "record_resume": (_on_a_talking_call("resume_recording", _RECORDING), []),
    "record_stop": (
        _on_a_talking_call("stop_recording", ("start_recording", {**_RECORDING[1], "transcription": True})),
        ["call.recording.saved", "call.recording.transcription.saved"],
    ),
    "refer": (
        _on_a_talking_call("refer", sip_address=f"sip:{number('01')}@desk.test"),
        ["call.refer.started", "call.refer.completed", "call.hangup"],
    ),
    "send_dtmf": (_on_a_talking_call("send_dtmf", digits="1w2"), []),
    "speak": (_on_a_talking_call("speak", **HELLO), ["call.speak.started", "call.speak.ended"]),
    "streaming_start": (_stream, ["streaming.started", "streaming.stopped"]),
    "streaming_stop": (_stream, ["streaming.stopped"]),
    "fork_start": (_fork, ["call.fork.started", "call.fork.stopped"]),
    "fork_stop": (_fork, ["call.fork.stopped"]),
    "suppression_start": (_on_a_talking_call("start_noise_suppression", direction="both"), []),
    "suppression_stop": (_on_a_talking_call("stop_noise_suppression"), []),
    "transcription_start": (_on_a_talking_call("start_transcription"), ["call.transcription"]),
    "transcription_stop": (_on_a_talking_call("stop_transcription", ("start_transcription", {})), []),
    "transfer": (_on_a_talking_call("transfer", to=number("50")), ["call.bridged", "call.hangup"]),
    "client_state_update": (_on_a_talking_call("update_client_state", client_state="bmV3"), []),
}


class Given(NamedTuple):
    """A command, its driver, and the webhooks that must follow in order on the returned leg."""

    action: str
    drive: Drive
    events: list[str]


class Begin(Protocol):
    """Starts a call, or a leg of one, with these settings, and returns the leg."""

    def __call__(self, carrier: SimulatedCarrier, **fields: Any) -> str: ...


def _dialing(last_digits: str) -> Begin:
    return lambda carrier, **fields: carrier.dial(last_digits, **fields)


def _answering(last_digits: str) -> Begin:
    def begin(carrier: SimulatedCarrier, **fields: Any) -> str:
        leg = carrier.simulator.call_in(caller=number(last_digits), to=CALLER, gives_up_after_s=600)
        carrier.receiver.wait("call.initiated", leg=leg)
        carrier.sdk.calls.actions.answer(leg, **fields)
        return leg

    return begin


def _transferring(last_digits: str) -> Begin:
    def begin(carrier: SimulatedCarrier, **fields: Any) -> str:
        leg = carrier.talk("18")
        carrier.sdk.calls.actions.transfer(leg, to=number(last_digits), **fields)
        return carrier.target(leg)

    return begin


def _with(begin: Begin, *, until: str | None = None, **fields: Any) -> Drive:
    """Return a driver that starts a call with these settings and hangs up after an event."""

    def drive(carrier: SimulatedCarrier) -> str:
        leg = begin(carrier, **fields)
        if until is not None:
            carrier.receiver.wait(until, leg=leg)
            carrier.sdk.calls.actions.hangup(leg)
        return leg

    return drive


def _streamed(begin: Begin) -> Drive:
    def drive(carrier: SimulatedCarrier) -> str:
        with stream_app() as app:
            leg = begin(carrier, stream_url=app.url)
            app.wait("media")
            carrier.sdk.calls.actions.hangup(leg)
            app.wait("stop")
        return leg

    return drive


def _settings_of(action: str, who: Callable[[str], Begin]) -> Iterator[Given]:
    """Yield what may be requested with a dial or an answer."""
    detecting: dict[str, Any] = {"deepfake_detection": {"enabled": True, "timeout": 5}}
    recording: dict[str, Any] = {"record": "record-from-answer"}
    yield Given(action, _with(who("25")), ["call.answered", "call.hold", "call.unhold"])
    yield Given(action, _with(who("10"), **detecting), ["call.deepfake_detection.result"])
    yield Given(action, _with(who("68"), **detecting), ["call.deepfake_detection.error"])
    yield Given(
        action,
        _with(who("10"), until="call.transcription", transcription=True, **recording),
        ["call.transcription", "call.hangup", "call.recording.saved"],
    )
    yield Given(action, _with(who("77"), until="call.answered", **recording), ["call.recording.error"])
    yield Given(action, _streamed(who("18")), ["streaming.started", "streaming.stopped"])
    yield Given(action, _with(who("18"), stream_url=NOBODY), ["streaming.failed"])


def _detection_of(action: str, who: Callable[[str], Begin]) -> Iterator[Given]:
    """Yield the events of detection on a leg made by a dial or a transfer."""
    standard, premium = "call.machine", "call.machine.premium"
    screening = "premium_ios_call_screening_detection"
    for last_digits, mode, events in (
        ("20", "detect_beep", [f"{standard}.detection.ended", f"{standard}.greeting.ended"]),
        ("20", "premium", [f"{premium}.detection.ended", f"{premium}.greeting.ended"]),
        ("32", screening, [f"{premium}.detection.started", f"{premium}.call_screening.detected"]),
    ):
        yield Given(action, _with(who(last_digits), answering_machine_detection=mode), events)


def _cut_short(carrier: SimulatedCarrier) -> str:
    """Stop a text of two hundred seconds (at fifteen characters per second) before its end."""
    leg = carrier.talk("18")
    carrier.sdk.calls.actions.speak(leg, payload="x" * 3_000, voice="female")
    began = carrier.receiver.wait("call.speak.started", leg=leg)
    carrier.sdk.calls.actions.stop_playback(leg)
    ended = carrier.receiver.wait("call.speak.ended", leg=leg)
    spoken = datetime.fromisoformat(ended.event["occurred_at"]) - datetime.fromisoformat(began.event["occurred_at"])
    assert spoken.total_seconds() < 200 / TIME_SCALE
    return leg


def _bridge_with_the_queue(carrier: SimulatedCarrier) -> str:
    leg, waiting = carrier.talk("18"), carrier.talk("18")
    carrier.sdk.calls.actions.enqueue(waiting, queue_name="bridged")
    carrier.act(leg, "bridge", queue="bridged").raise_for_status()  # the SDK no longer has this parameter
    return waiting


def _bridge_and_record(last_digits: str) -> Drive:
    def drive(carrier: SimulatedCarrier) -> str:
        leg, other = carrier.talk(last_digits), carrier.talk("18")
        carrier.sdk.calls.actions.bridge(leg, call_control_id_to_bridge_with=other, record="record-from-answer")
        carrier.sdk.calls.actions.hangup(leg)
        return leg

    return drive


def _fail_to_record(carrier: SimulatedCarrier) -> str:
    leg = carrier.talk("77")
    carrier.sdk.calls.actions.start_recording(leg, channels="dual", format="wav")
    carrier.sdk.calls.actions.stop_recording(leg)
    return leg


def _asking(method: str, **fields: Any) -> Drive:
    """Return a driver for a gather by a callee who presses 1."""

    def drive(carrier: SimulatedCarrier) -> str:
        leg = carrier.talk("01")
        getattr(carrier.sdk.calls.actions, method)(leg, maximum_digits=1, **fields)
        return leg

    return drive


_PRESSED = ["call.dtmf.received", "call.gather.ended"]
_QUEUED = ("enqueue", {"queue_name": "hung up"})

BROUGHT: tuple[Given, ...] = (
    *_settings_of("dial", _dialing),
    *_detection_of("dial", _dialing),
    *_settings_of("answer", _answering),
    Given("transfer", _with(_transferring("51")), ["call.initiated", "call.answered", "call.bridged", "call.hangup"]),
    *_detection_of("transfer", _transferring),
    Given("gather", _asking("gather"), _PRESSED),
    Given("gather_using_speak", _asking("gather_using_speak", **HELLO), _PRESSED),
    Given("gather_using_audio", _asking("gather_using_audio", audio_url="https://a.test/ask.mp3"), _PRESSED),
    Given("hangup", _on_a_talking_call("hangup", _RECORDING), ["call.hangup", "call.recording.saved"]),
    Given("playback_stop", _cut_short, ["call.speak.started", "call.speak.ended"]),
    Given("bridge", _bridge_with_the_queue, ["call.dequeued", "call.bridged"]),
    Given("bridge", _bridge_and_record("18"), ["call.bridged", "call.recording.saved"]),
    Given("bridge", _bridge_and_record("77"), ["call.bridged", "call.recording.error"]),
    Given("enqueue", _on_a_talking_call("hangup", _QUEUED), ["call.enqueued", "call.dequeued"]),
    Given(
        "refer",
        _on_a_talking_call("refer", sip_address=f"sip:{number('44')}@desk.test"),
        ["call.refer.started", "call.refer.failed"],
    ),
    Given("record_start", _fail_to_record, ["call.recording.error"]),
    Given(
        "record_start",
        _on_a_talking_call("start_recording", **_RECORDING[1], max_length=2, transcription=True),
        ["call.recording.saved", "call.recording.transcription.saved"],
    ),
    Given("streaming_start", _on_a_talking_call("start_streaming", stream_url=NOBODY), ["streaming.failed"]),
)
