"""The simulator accepts every field of the official SDK, and requires none that the SDK has as optional."""

from __future__ import annotations

from typing import Any, Required, get_origin, get_type_hints

import pytest
from telnyx.types import calls
from telnyx.types.call_dial_params import CallDialParams

from simulator.commands.base import BodySchema
from simulator.commands.dial import DIAL
from simulator.commands.registry import COMMANDS

PARAMS: dict[str, Any] = {
    "answer": calls.ActionAnswerParams,
    "bridge": calls.ActionBridgeParams,
    "client_state_update": calls.ActionUpdateClientStateParams,
    "dial": CallDialParams,
    "enqueue": calls.ActionEnqueueParams,
    "fork_start": calls.ActionStartForkingParams,
    "fork_stop": calls.ActionStopForkingParams,
    "gather": calls.ActionGatherParams,
    "gather_stop": calls.ActionStopGatherParams,
    "gather_using_audio": calls.ActionGatherUsingAudioParams,
    "gather_using_speak": calls.ActionGatherUsingSpeakParams,
    "hangup": calls.ActionHangupParams,
    "leave_queue": calls.ActionLeaveQueueParams,
    "playback_start": calls.ActionStartPlaybackParams,
    "playback_stop": calls.ActionStopPlaybackParams,
    "record_pause": calls.ActionPauseRecordingParams,
    "record_resume": calls.ActionResumeRecordingParams,
    "record_start": calls.ActionStartRecordingParams,
    "record_stop": calls.ActionStopRecordingParams,
    "refer": calls.ActionReferParams,
    "reject": calls.ActionRejectParams,
    "send_dtmf": calls.ActionSendDtmfParams,
    "speak": calls.ActionSpeakParams,
    "streaming_start": calls.ActionStartStreamingParams,
    "streaming_stop": calls.ActionStopStreamingParams,
    "suppression_start": calls.ActionStartNoiseSuppressionParams,
    "suppression_stop": calls.ActionStopNoiseSuppressionParams,
    "transcription_start": calls.ActionStartTranscriptionParams,
    "transcription_stop": calls.ActionStopTranscriptionParams,
    "transfer": calls.ActionTransferParams,
}

# Fields that the SDK names differently from the JSON.
_ON_THE_WIRE = {"from_": "from", "call_control_id_to_bridge_with": "call_control_id"}


def _schema(action: str) -> BodySchema:
    return DIAL if action == "dial" else next(c.schema for (_, name), c in COMMANDS.items() if name == action)


def _names(params: Any) -> set[str]:
    return {_ON_THE_WIRE.get(name, name) for name in get_type_hints(params)}


def _required(params: Any) -> set[str]:
    hints = get_type_hints(params, include_extras=True)
    return {_ON_THE_WIRE.get(name, name) for name, hint in hints.items() if get_origin(hint) is Required}


def test_every_command_has_its_type_in_the_sdk() -> None:
    assert set(PARAMS) == {action for _method, action in COMMANDS} | {"dial"}


@pytest.mark.parametrize("action", PARAMS)
def test_every_field_of_the_sdk_is_known(action: str) -> None:
    assert _names(PARAMS[action]) <= set(_schema(action).fields)


@pytest.mark.parametrize("action", PARAMS)
def test_only_required_fields_of_the_sdk_are_required(action: str) -> None:
    required = {name for name, field in _schema(action).fields.items() if field.required}

    assert required <= _required(PARAMS[action])
