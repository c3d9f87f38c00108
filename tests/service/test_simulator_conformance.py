"""The official SDK gives every command of the table, and verifies and types every webhook that comes of it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from simulator.commands import COMMANDS
from tests.support.desk import CALLER, Desk, desk, number
from tests.support.poll import eventually
from tests.support.stream_app import stream_app

HELLO = {"payload": "Hello from Elm Clinic.", "voice": "female"}

Drive = Callable[[Desk], str]


@pytest.fixture(scope="module")
def table() -> Iterator[Desk]:
    with desk(time_scale=50, call_cost=True) as table:  # leaving it verifies and types every webhook that came
        yield table


def _on_a_talking_call(method: str, *first: tuple[str, dict[str, Any]], **fields: Any) -> Drive:
    """Return how to give a command, after those that must come first, on an answered call."""

    def drive(table: Desk) -> str:
        leg = table.talk("18")
        for earlier, body in first:
            getattr(table.sdk.calls.actions, earlier)(leg, **body)
        getattr(table.sdk.calls.actions, method)(leg, **fields)
        return leg

    return drive


def _on_a_parked_call(method: str, **fields: Any) -> Drive:
    def drive(table: Desk) -> str:
        leg = table.simulator.call_in(caller=number("18"), to=CALLER, gives_up_after_s=600)
        table.receiver.wait("call.initiated", leg=leg)
        getattr(table.sdk.calls.actions, method)(leg, **fields)
        return leg

    return drive


def _dial(table: Desk) -> str:
    return table.dial("18")


def _bridge(table: Desk) -> str:
    leg, other = table.talk("18"), table.talk("18")
    table.sdk.calls.actions.bridge(leg, call_control_id_to_bridge_with=other)
    table.receiver.wait("call.bridged", leg=other)
    return leg


def _stream(table: Desk) -> str:
    with stream_app() as app:
        leg = _on_a_talking_call("start_streaming", stream_url=app.url)(table)
        app.wait("media")
        table.sdk.calls.actions.stop_streaming(leg)
        app.wait("stop")
    return leg


def _fork(table: Desk) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(5)
        address = f"udp:127.0.0.1:{listening.getsockname()[1]}"
        leg = _on_a_talking_call("start_forking", rx=address, tx=address)(table)
        listening.recv(2_000)
        table.sdk.calls.actions.stop_forking(leg)
    return leg


_RECORDING = ("start_recording", {"channels": "dual", "format": "wav"})

# What is given, and the webhooks that must come of it on that leg, in this order.
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


def test_the_table_is_the_document_and_every_command_of_it_is_given_here() -> None:
    actions = {action for _method, action in COMMANDS}

    assert set(COMMANDS_GIVEN) == actions | {"dial"}
    assert len(COMMANDS_GIVEN) == 30
    assert [action for method, action in COMMANDS if method == "PUT"] == ["client_state_update"]


@pytest.mark.parametrize("action", COMMANDS_GIVEN)
def test_the_sdk_gives_the_command_and_its_webhooks_come_in_order(table: Desk, action: str) -> None:
    drive, expected = COMMANDS_GIVEN[action]

    leg = drive(table)

    def came() -> bool:
        types = iter(table.receiver.types(leg))
        return all(wanted in types for wanted in expected)

    eventually(came)
    given = {row["action"]: row["status"] for row in table.account(leg)["commands"]}
    assert given[action] == 200


@pytest.mark.parametrize("card", ["10", "20", "32", "25", "68"])
def test_webhooks_that_come_by_themselves_are_typed_too(table: Desk, card: str) -> None:
    expected = {
        "10": ["call.deepfake_detection.result", "call.machine.premium.detection.ended"],
        "20": ["call.machine.premium.detection.ended", "call.machine.premium.greeting.ended"],
        "32": ["call.machine.premium.detection.started", "call.machine.premium.call_screening.detected"],
        "25": ["call.hold", "call.unhold"],
        "68": ["call.deepfake_detection.error"],
    }
    mode = "premium_ios_call_screening_detection" if card == "32" else "premium"

    leg = table.dial(card, answering_machine_detection=mode, deepfake_detection={"enabled": True, "timeout": 5})

    for event_type in expected[card]:
        table.verified(table.receiver.wait(event_type, leg=leg))


def test_a_recording_that_fails_and_a_stream_that_cannot_connect_are_typed_too(table: Desk, free_port: int) -> None:
    table.simulator.set_faults(numbers={number("18"): {"recording_error": 1}})
    leg = table.talk("18", stream_url=f"ws://127.0.0.1:{free_port}/nobody")
    table.sdk.calls.actions.start_recording(leg, channels="dual", format="wav")
    table.sdk.calls.actions.stop_recording(leg)
    table.simulator.callee(leg, press="5")

    for event_type in ("streaming.failed", "call.recording.error", "call.dtmf.received"):
        table.verified(table.receiver.wait(event_type, leg=leg))
    table.simulator.set_faults()
