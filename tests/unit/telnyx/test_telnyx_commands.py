"""The commands: what they carry, what they refuse, what they say about themselves."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from orchestrator.telnyx.commands import COMMANDS, ENDING, STOPS, Dial, Speak
from orchestrator.telnyx.event_types import EventType
from tests.unit.telnyx.carrier_bodies import ELSEWHERE, FULL, SMALLEST, STATE


def _wire_names(action: str) -> set[str]:
    return {field.alias or name for name, field in COMMANDS[action].model_fields.items()}


def _problems(action: str, body: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(ValidationError) as caught:
        COMMANDS[action].model_validate(body)
    return {str(error["loc"][0]): error["msg"] for error in caught.value.errors()}


@pytest.mark.parametrize("action", COMMANDS)
def test_a_full_body_goes_out_as_it_came_in(action: str) -> None:
    command = COMMANDS[action].model_validate(FULL[action])

    assert command.body() == FULL[action]


@pytest.mark.parametrize("action", COMMANDS)
def test_every_field_of_a_command_stands_in_its_full_body(action: str) -> None:
    assert set(FULL[action]) | ELSEWHERE.get(action, set()) == _wire_names(action)


@pytest.mark.parametrize("action", COMMANDS)
def test_fields_that_were_not_set_are_not_on_the_wire(action: str) -> None:
    assert COMMANDS[action].model_validate(SMALLEST[action]).body() == SMALLEST[action]


@pytest.mark.parametrize("action", COMMANDS)
def test_a_field_the_carrier_does_not_know_is_refused_by_name(action: str) -> None:
    assert set(_problems(action, {**SMALLEST[action], "colour": "red"})) == {"colour"}


@pytest.mark.parametrize("action", COMMANDS)
def test_a_null_is_refused_by_name(action: str) -> None:
    assert set(_problems(action, {**SMALLEST[action], "client_state": None})) == {"client_state"}


@pytest.mark.parametrize("action", COMMANDS)
def test_a_command_is_frozen(action: str) -> None:
    command = COMMANDS[action].model_validate(SMALLEST[action])

    with pytest.raises(ValidationError, match="frozen"):
        command.client_state = STATE


@pytest.mark.parametrize(
    ("action", "change", "field"),
    [
        ("speak", {"payload": ""}, "payload"),
        ("speak", {"payload": "x" * 3001}, "payload"),
        ("speak", {"voice": ""}, "voice"),
        ("speak", {"language": "tlh"}, "language"),
        ("speak", {"loop": 0}, "loop"),
        ("speak", {"loop": 101}, "loop"),
        ("speak", {"loop": "forever"}, "loop"),
        ("speak", {"stop": "some"}, "stop"),
        ("speak", {"client_state": "not base64!"}, "client_state"),
        ("speak", {"command_id": ""}, "command_id"),
        ("speak", {"service_level": "basic", "payload_type": "ssml"}, "payload_type"),
        ("speak", {"service_level": "basic", "language": "de-DE"}, "language"),
        ("speak", {"voice_settings": {"type": "telnyx", "voice_speed": 3}}, "voice_settings"),
        ("speak", {"voice_settings": {"type": "nobody"}}, "voice_settings"),
        ("speak", {"voice_settings": {}}, "voice_settings"),
        ("playback_start", {"audio_url": "https://a.example.test/x.mp3"}, "media_name"),
        ("playback_start", {"playback_content": "AAAA"}, "playback_content"),
        ("playback_start", {"overlay": True, "target_legs": "both"}, "target_legs"),
        ("playback_start", {"target_legs": "all"}, "target_legs"),
        ("playback_stop", {"stop": "later"}, "stop"),
        ("gather", {"gather_id": "x" * 41}, "gather_id"),
        ("gather", {"initial_timeout_millis": 0}, "initial_timeout_millis"),
        ("gather", {"inter_digit_timeout_millis": 120_001}, "inter_digit_timeout_millis"),
        ("gather", {"maximum_digits": 129}, "maximum_digits"),
        ("gather", {"minimum_digits": 5, "maximum_digits": 4}, "minimum_digits"),
        ("gather", {"terminating_digit": "##"}, "terminating_digit"),
        ("gather", {"terminating_digit": "A"}, "terminating_digit"),
        ("gather", {"valid_digits": ""}, "valid_digits"),
        ("gather", {"valid_digits": 19}, "valid_digits"),
        ("gather_using_speak", {"maximum_tries": 0}, "maximum_tries"),
        ("gather_using_speak", {"invalid_payload": "x" * 3001}, "invalid_payload"),
        ("gather_using_audio", {"invalid_audio_url": "https://a.example.test/x.mp3"}, "invalid_media_name"),
        ("gather_using_audio", {"audio_url": "ftp://a.example.test/x.mp3"}, "audio_url"),
        ("send_dtmf", {"digits": "12E"}, "digits"),
        ("send_dtmf", {"duration_millis": 99}, "duration_millis"),
        ("record_start", {"channels": "mono"}, "channels"),
        ("record_start", {"max_length": 14_401}, "max_length"),
        ("record_start", {"custom_file_name": ""}, "custom_file_name"),
        ("record_start", {"transcription_language": "xx"}, "transcription_language"),
        ("record_start", {"transcription_min_speaker_count": 7}, "transcription_min_speaker_count"),
        ("record_stop", {"recording_id": "seven"}, "recording_id"),
        ("transfer", {"to": "3125550187"}, "to"),
        ("transfer", {"mute_dtmf": "some"}, "mute_dtmf"),
        ("dial", {"from": "3125550142"}, "from"),
        ("dial", {"to": "555"}, "to"),
        ("dial", {"to": []}, "to"),
        ("dial", {"to": ["+13125550187,12"]}, "to"),
        ("dial", {"connection_id": ""}, "connection_id"),
        ("dial", {"timeout_secs": 4}, "timeout_secs"),
        ("dial", {"time_limit_secs": 14_401}, "time_limit_secs"),
        ("dial", {"answering_machine_detection": "guess"}, "answering_machine_detection"),
        ("dial", {"answering_machine_detection_config": {"x": 1}}, "answering_machine_detection_config"),
        ("dial", {"webhook_url": "dialer.example.test"}, "webhook_url"),
        ("dial", {"webhook_url": "https://d.example.test/" + "x" * 2000}, "webhook_url"),
        ("dial", {"webhook_retries_policies": {"call.hangup": {"retries_ms": [1] * 6}}}, "webhook_retries_policies"),
        ("dial", {"webhook_retries_policies": {"x": {"retries_ms": [60_000, 1]}}}, "webhook_retries_policies"),
        ("dial", {"bridge_on_answer": True}, "bridge_on_answer"),
        ("dial", {"audio_url": "https://a.example.test/x.mp3", "media_name": "x"}, "media_name"),
        ("dial", {"from_display_name": "Élan"}, "from_display_name"),
        ("dial", {"sip_headers": [{"name": "Via", "value": "x"}]}, "sip_headers"),
        ("dial", {"send_digits_on_answer": "1" * 65}, "send_digits_on_answer"),
        ("dial", {"sound_modifications": {"pitch": 0}}, "sound_modifications"),
        ("dial", {"stream_url": "https://media.example.test"}, "stream_url"),
        ("dial", {"transcription_config": {"transcription_engine": "Ear"}}, "transcription_config"),
        (
            "dial",
            {"transcription_config": {"transcription_engine_config": {"transcription_engine": "Azure"}}},
            "transcription_config",
        ),
    ],
)
def test_a_value_beyond_its_limit_is_refused_at_its_field(action: str, change: dict[str, Any], field: str) -> None:
    assert set(_problems(action, {**SMALLEST[action], **change})) == {field}


@pytest.mark.parametrize(("action", "field"), [("playback_start", "audio_url"), ("gather_using_audio", "audio_url")])
def test_something_to_play_is_needed(action: str, field: str) -> None:
    problems = _problems(action, {})

    assert "is needed" in problems[field]


@pytest.mark.parametrize(
    ("action", "change"),
    [
        ("gather", {"terminating_digit": ""}),
        ("speak", {"loop": "infinity"}),
        ("speak", {"voice_settings": {"type": "minimax", "language_boost": None}}),
        ("transfer", {"to": "sips:desk@example.test"}),
        ("dial", {"to": "+13125550187,12w#"}),
        ("dial", {"assistant": {"id": "assistant-1"}, "conversation_relay_config": {"url": "wss://x.example.test"}}),
        ("dial", {"transcription_config": {"transcription_engine_config": {"language": "pl"}}}),
        (
            "dial",
            {"transcription_config": {"transcription_engine_config": {"transcription_engine": "B", "language": "yi"}}},
        ),
    ],
)
def test_what_the_carrier_takes_passes(action: str, change: dict[str, Any]) -> None:
    body = {**SMALLEST[action], **change}

    assert COMMANDS[action].model_validate(body).body() == body


def test_all_wrong_fields_are_told_at_once() -> None:
    problems = _problems("dial", {"from": 1, "to": None, "timeout_secs": 1})

    assert set(problems) == {"connection_id", "from", "to", "timeout_secs"}


def test_a_command_can_be_written_in_python_too() -> None:
    dial = Dial(connection_id="1", from_="+13125550142", to="+13125550187")

    assert dial.body() == SMALLEST["dial"]


def test_paths_follow_from_the_action() -> None:
    assert (Dial.method, Dial.path) == ("POST", "/calls")
    assert Speak.path == "/calls/{call_control_id}/actions/speak"


def test_the_table_holds_the_thirty_commands_of_the_carrier() -> None:
    assert len(COMMANDS) == 30


def test_only_a_change_of_state_carries_no_command_id_and_is_a_put() -> None:
    assert {name for name, command in COMMANDS.items() if not command.carries_command_id} == {"client_state_update"}
    assert {name for name, command in COMMANDS.items() if command.method != "POST"} == {"client_state_update"}


def test_each_command_expects_only_webhooks_that_exist() -> None:
    expected = {event for command in COMMANDS.values() for event in command.expects}

    assert expected <= set(EventType)


def test_stops_and_endings_fit_together() -> None:
    assert {STOPS[action] for action in ("speak", "playback_start")} == {"playback_stop"}
    assert {STOPS[a] for a in ("gather", "gather_using_speak", "gather_using_audio")} == {"gather_stop"}
    assert STOPS["enqueue"] == "leave_queue"
    for what in ("record", "fork", "streaming", "transcription", "suppression"):
        assert STOPS[f"{what}_start"] == f"{what}_stop"
    assert all(ending in COMMANDS[action].expects for action, ending in ENDING.items())
    assert all(ENDING[action] in COMMANDS[stop].expects for action, stop in STOPS.items() if action in ENDING)
