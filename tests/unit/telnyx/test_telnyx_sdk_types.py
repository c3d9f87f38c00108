"""Our bodies against the official SDK's own types: no field it lacks, no value it would not send."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter
from telnyx.types import calls
from telnyx.types.call_dial_params import CallDialParams

from orchestrator.telnyx.commands import COMMANDS
from tests.unit.telnyx.carrier_bodies import FULL, SMALLEST

PARAMS: dict[str, Any] = {
    "dial": CallDialParams,
    "transfer": calls.ActionTransferParams,
    "speak": calls.ActionSpeakParams,
    "playback_start": calls.ActionStartPlaybackParams,
    "playback_stop": calls.ActionStopPlaybackParams,
    "gather": calls.ActionGatherParams,
    "gather_using_speak": calls.ActionGatherUsingSpeakParams,
    "gather_using_audio": calls.ActionGatherUsingAudioParams,
    "gather_stop": calls.ActionStopGatherParams,
    "send_dtmf": calls.ActionSendDtmfParams,
    "record_start": calls.ActionStartRecordingParams,
    "record_stop": calls.ActionStopRecordingParams,
    "hangup": calls.ActionHangupParams,
    "answer": calls.ActionAnswerParams,
    "reject": calls.ActionRejectParams,
    "bridge": calls.ActionBridgeParams,
    "refer": calls.ActionReferParams,
    "enqueue": calls.ActionEnqueueParams,
    "leave_queue": calls.ActionLeaveQueueParams,
    "record_pause": calls.ActionPauseRecordingParams,
    "record_resume": calls.ActionResumeRecordingParams,
    "transcription_start": calls.ActionStartTranscriptionParams,
    "transcription_stop": calls.ActionStopTranscriptionParams,
    "streaming_start": calls.ActionStartStreamingParams,
    "streaming_stop": calls.ActionStopStreamingParams,
    "fork_start": calls.ActionStartForkingParams,
    "fork_stop": calls.ActionStopForkingParams,
    "suppression_start": calls.ActionStartNoiseSuppressionParams,
    "suppression_stop": calls.ActionStopNoiseSuppressionParams,
    "client_state_update": calls.ActionUpdateClientStateParams,
}

# Fields of the carrier's older schema; it still takes them, the SDK has dropped them.
DROPPED = {"fork_start": {"target"}, "transcription_start": {"language", "interim_results"}}


def _in_sdk_words(body: dict[str, Any]) -> dict[str, Any]:
    words = {"from": "from_", "call_control_id": "call_control_id_to_bridge_with"}
    return {words.get(name, name): value for name, value in body.items()}


def _keeps_all(given: Any, kept: Any) -> bool:
    """Return whether nothing of `given` was dropped as unknown; lists come back as lazy iterators."""
    if isinstance(given, dict):
        return set(given) == set(kept) and all(_keeps_all(given[name], kept[name]) for name in given)
    if isinstance(given, list):
        kept = list(kept)
        return len(given) == len(kept) and all(map(_keeps_all, given, kept))
    return True


def test_every_command_has_its_type_in_the_sdk() -> None:
    assert set(PARAMS) == set(COMMANDS)


@pytest.mark.parametrize("action", COMMANDS)
@pytest.mark.parametrize("bodies", [FULL, SMALLEST], ids=["full", "smallest"])
def test_a_body_is_valid_for_the_sdk(action: str, bodies: dict[str, dict[str, Any]]) -> None:
    body = _in_sdk_words(COMMANDS[action].model_validate(bodies[action]).body())

    kept = TypeAdapter(PARAMS[action]).validate_python(body)

    assert _keeps_all(body, kept)


@pytest.mark.parametrize("action", COMMANDS)
def test_the_sdk_knows_the_same_fields(action: str) -> None:
    ours = set(_in_sdk_words(dict.fromkeys(field.alias or n for n, field in COMMANDS[action].model_fields.items())))

    assert ours - DROPPED.get(action, set()) == set(PARAMS[action].__annotations__)
