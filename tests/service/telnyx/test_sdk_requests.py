"""Our client and the official SDK say the same on the wire for the same arguments, command by command."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
import telnyx
from pydantic import SecretStr

from orchestrator.telnyx.answers import Accepted
from orchestrator.telnyx.client import TelnyxClient
from orchestrator.telnyx.commands import COMMANDS
from tests.support.raw_server import Behaviour, RawServer, Request, raw_server, reply
from tests.unit.telnyx.carrier_bodies import FULL, SMALLEST
from tests.unit.telnyx.carrier_conditions import ACCEPTED

KEY = "KEY-of-the-test"
LEG = "v3:T02llQxIyaRkhfRKxgAP8nY511EhFLizdvdUKJiSw8d6A9BborherQ-_x"

# The SDK's name of each command; the others are called as the carrier calls them.
METHODS = {
    "suppression_start": "start_noise_suppression",
    "suppression_stop": "stop_noise_suppression",
    "record_start": "start_recording",
    "record_pause": "pause_recording",
    "record_resume": "resume_recording",
    "record_stop": "stop_recording",
    "fork_start": "start_forking",
    "fork_stop": "stop_forking",
    "playback_start": "start_playback",
    "playback_stop": "stop_playback",
    "streaming_start": "start_streaming",
    "streaming_stop": "stop_streaming",
    "transcription_start": "start_transcription",
    "transcription_stop": "stop_transcription",
    "gather_stop": "stop_gather",
    "client_state_update": "update_client_state",
}
# What the SDK has dropped or demands without need goes the way it keeps for such things.
_ASIDE = {
    "fork_start": {"target"},
    "transcription_start": {"language", "interim_results"},
    "bridge": {"queue", "video_room_id", "video_room_context"},
}


class Sent(NamedTuple):
    """What of a request the carrier acts on."""

    line: str
    authorization: str
    content_type: str
    accepts_json: bool
    body: Any


@pytest.fixture
def carrier() -> Iterator[RawServer]:
    ids = {"call_control_id": LEG, "call_leg_id": "leg", "call_session_id": "session", "is_alive": False}
    answer = reply(200, {"data": {"result": "ok", **ids}})

    def behave(_server: RawServer) -> Behaviour:
        def act(connection: socket.socket, _request: Request) -> None:
            connection.sendall(answer)

        return act

    with raw_server(behave) as server:
        yield server


def _last(carrier: RawServer) -> Sent:
    request = carrier.requests[-1]
    return Sent(
        line=request.line,
        authorization=request.headers["authorization"],
        content_type=request.headers["content-type"],
        accepts_json=request.headers["accept"] in {"application/json", "*/*"},
        body=json.loads(request.body),
    )


def _ours(carrier: RawServer, action: str, body: dict[str, Any]) -> Sent:
    client = TelnyxClient(base_url=carrier.url, api_key=SecretStr(KEY))
    command = COMMANDS[action].model_validate(body)
    answer = client.dial(command.body()) if action == "dial" else client.act(LEG, action, command.body())
    client.close()
    assert isinstance(answer, Accepted)
    return _last(carrier)


def _theirs(carrier: RawServer, action: str, body: dict[str, Any]) -> Sent:
    aside = {name: value for name, value in body.items() if name in _ASIDE.get(action, set())}
    words = {"from": "from_", "call_control_id": "call_control_id_to_bridge_with"}
    given = {words.get(name, name): value for name, value in body.items() if name not in aside}
    if action == "bridge" and aside:
        given["call_control_id_to_bridge_with"] = telnyx.omit
    with telnyx.Telnyx(api_key=KEY, base_url=carrier.url, max_retries=0) as sdk:
        _method(sdk, action)(**given, extra_body=aside or None)
    return _last(carrier)


def _method(sdk: telnyx.Telnyx, action: str) -> Callable[..., Any]:
    if action == "dial":
        return sdk.calls.dial
    method = getattr(sdk.calls.actions, METHODS.get(action, action))
    return lambda **fields: method(LEG, **fields)


@pytest.mark.proves("on the wire")
@pytest.mark.parametrize("bodies", [FULL, SMALLEST], ids=["full", "smallest"])
@pytest.mark.parametrize("action", COMMANDS)
def test_a_command_is_the_same_on_the_wire(carrier: RawServer, action: str, bodies: dict[str, dict[str, Any]]) -> None:
    ours = _ours(carrier, action, bodies[action])

    theirs = _theirs(carrier, action, bodies[action])

    assert ours == theirs


@pytest.mark.parametrize(("action", "body"), ACCEPTED)
def test_what_only_just_passes_is_the_same_on_the_wire(carrier: RawServer, action: str, body: dict[str, Any]) -> None:
    assert _ours(carrier, action, body) == _theirs(carrier, action, body)


@pytest.mark.parametrize("action", sorted(set(COMMANDS) - {"dial"}))
def test_the_path_and_the_method_are_those_the_command_states(carrier: RawServer, action: str) -> None:
    command = COMMANDS[action]

    sent = _theirs(carrier, action, SMALLEST[action])

    assert sent.line == f"{command.method} /v2{command.path.format(call_control_id=LEG)} HTTP/1.1"
