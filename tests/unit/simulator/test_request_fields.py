"""Each field type accepts valid values and names invalid ones, with the carrier's code and pointer."""

from __future__ import annotations

import pytest

from simulator.commands.base import BodySchema
from simulator.commands.dial import DIAL
from simulator.commands.registry import COMMANDS
from simulator.schema.errors import CarrierError

_DIAL = {"connection_id": "1", "from": "+13125550100", "to": "+14155550101"}


def _errors(schema: BodySchema, body: dict[str, object]) -> list[tuple[str, str | None]]:
    with pytest.raises(CarrierError) as refused:
        schema.check(body)
    assert refused.value.status == 422
    return [(problem.code, problem.pointer) for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("to", "4155550101", "10016"),
        ("to", "+0155550101", "10016"),
        ("to", [], "10004"),
        ("from", "Elm Clinic", "10016"),
        ("timeout_secs", 4, "10033"),
        ("timeout_secs", 601, "10033"),
        ("timeout_secs", "30", "10015"),
        ("timeout_secs", True, "10015"),
        ("time_limit_secs", 29, "90029"),
        ("time_limit_secs", 14_401, "90029"),
        ("client_state", "not base64!", "90017"),
        ("answering_machine_detection", "detect_all", "10032"),
        ("webhook_url", "ftp://example.test", "10003"),
        ("webhook_url", "https://example.test/" + "x" * 2_000, "10003"),
        ("webhook_url_method", "PUT", "10032"),
        ("record", "always", "10032"),
        ("record_custom_file_name", "x" * 41, "10033"),
        ("from_display_name", "Elm; Clinic", "10015"),
        ("park_after_unbridge", "both", "10032"),
        ("retry_on_timeout", "yes", "10015"),
    ],
)
def test_a_dial_with_one_invalid_field_names_it(field: str, value: object, code: str) -> None:
    errors = _errors(DIAL, {**_DIAL, field: value})

    assert errors == [(code, f"/{field}")]


@pytest.mark.parametrize("field", ["connection_id", "from", "to"])
def test_a_dial_without_a_required_field_names_it(field: str) -> None:
    body = {name: value for name, value in _DIAL.items() if name != field}

    assert _errors(DIAL, body) == [("10004", f"/{field}")]


def test_every_invalid_field_is_named_at_once() -> None:
    errors = _errors(DIAL, {"to": "12", "timeout_secs": 0})

    assert {pointer for _code, pointer in errors} == {"/connection_id", "/from", "/to", "/timeout_secs"}


def test_null_counts_as_missing() -> None:
    DIAL.check({**_DIAL, "timeout_secs": None, "client_state": None})


def test_sip_addresses_and_lists_of_numbers_may_be_dialed() -> None:
    DIAL.check({**_DIAL, "to": "sip:desk@example.test"})
    DIAL.check({**_DIAL, "to": ["+14155550101", "+14155550102"]})


def test_a_nested_invalid_value_has_its_pointer() -> None:
    body = {**_DIAL, "webhook_retries_policies": {"call.hangup": {"retries_ms": [1, 2, "3"]}}}

    assert _errors(DIAL, body) == [("10015", "/webhook_retries_policies/call.hangup/retries_ms/2")]


@pytest.mark.parametrize(
    ("action", "body", "code", "pointer"),
    [
        ("speak", {"payload": "Hello"}, "10004", "/voice"),
        ("speak", {"payload": "", "voice": "female"}, "90010", "/payload"),
        ("speak", {"payload": "x" * 3_001, "voice": "female"}, "90010", "/payload"),
        ("speak", {"payload": "Hello", "voice": "female", "language": "en"}, "10032", "/language"),
        ("speak", {"payload": "Hello", "voice": "female", "loop": 101}, "90009", "/loop"),
        ("gather", {"minimum_digits": 0}, "90022", "/minimum_digits"),
        ("gather", {"maximum_digits": 129}, "90023", "/maximum_digits"),
        ("gather", {"inter_digit_timeout_millis": 120_001}, "90026", "/inter_digit_timeout_millis"),
        ("gather", {"initial_timeout_millis": 0}, "90056", "/initial_timeout_millis"),
        ("gather", {"terminating_digit": "##"}, "90007", "/terminating_digit"),
        ("gather", {"valid_digits": "12x"}, "90008", "/valid_digits"),
        ("gather_using_speak", {"payload": "Hi", "voice": "f", "maximum_tries": 129}, "90024", "/maximum_tries"),
        ("gather_using_audio", {}, "10004", "/audio_url"),
        ("playback_start", {}, "10004", "/audio_url"),
        ("playback_start", {"audio_url": "https://a.test/b.mp3", "media_name": "c"}, "10015", "/media_name"),
        ("playback_stop", {"stop": "some"}, "10032", "/stop"),
        ("send_dtmf", {}, "10004", "/digits"),
        ("send_dtmf", {"digits": "12x"}, "90014", "/digits"),
        ("send_dtmf", {"digits": "12", "duration_millis": 99}, "90027", "/duration_millis"),
        ("record_start", {"format": "wav"}, "10004", "/channels"),
        ("record_start", {"format": "ogg", "channels": "dual"}, "10032", "/format"),
        ("transfer", {}, "10004", "/to"),
        ("transfer", {"to": "agent"}, "10016", "/to"),
        ("transfer", {"to": "+14155550150", "target_leg_client_state": "?"}, "90017", "/target_leg_client_state"),
        ("hangup", {"client_state": "?"}, "90017", "/client_state"),
        ("answer", {"record": "always"}, "10032", "/record"),
        ("answer", {"record_max_length": 43_201}, "10033", "/record_max_length"),
        ("answer", {"stream_url": "https://a.test/stream"}, "10003", "/stream_url"),
        (
            "answer",
            {"transcription_config": {"transcription_tracks": "left"}},
            "10032",
            "/transcription_config/transcription_tracks",
        ),
        ("answer", {"sip_headers": [{"name": "X-Other", "value": "1"}]}, "10032", "/sip_headers/0/name"),
        ("reject", {}, "10004", "/cause"),
        ("reject", {"cause": "NO_TIME"}, "10032", "/cause"),
        ("bridge", {}, "10004", "/call_control_id"),
        ("bridge", {"call_control_id": "v3:a", "queue": "b"}, "10015", "/queue"),
        ("bridge", {"queue": "b", "park_after_unbridge": "both"}, "10032", "/park_after_unbridge"),
        ("bridge", {"queue": "b", "ringtone": "mars"}, "10032", "/ringtone"),
        ("enqueue", {}, "10004", "/queue_name"),
        ("enqueue", {"queue_name": ""}, "10033", "/queue_name"),
        ("enqueue", {"queue_name": "a", "max_size": 0}, "10033", "/max_size"),
        ("enqueue", {"queue_name": "a", "max_wait_time_secs": "5"}, "10015", "/max_wait_time_secs"),
        ("leave_queue", {"client_state": "?"}, "90017", "/client_state"),
        ("suppression_start", {"noise_suppression_engine": "Hush"}, "10032", "/noise_suppression_engine"),
        (
            "suppression_start",
            {"noise_suppression_engine_config": {"voice_gain": 4.1}},
            "10033",
            "/noise_suppression_engine_config/voice_gain",
        ),
        ("record_pause", {"recording_id": 1}, "10015", "/recording_id"),
        ("record_resume", {"recording_id": 1}, "10015", "/recording_id"),
        ("refer", {}, "10004", "/sip_address"),
        ("refer", {"sip_address": "desk@desk.test"}, "10015", "/sip_address"),
        ("transcription_start", {"transcription_engine": "Z"}, "10032", "/transcription_engine"),
        ("transcription_start", {"interim_results": "yes"}, "10015", "/interim_results"),
        ("transcription_stop", {"command_id": 1}, "10015", "/command_id"),
    ],
)
def test_an_action_with_one_invalid_field_names_it(
    action: str, body: dict[str, object], code: str, pointer: str
) -> None:
    schema = COMMANDS["POST", action].schema

    assert _errors(schema, body) == [(code, pointer)]


@pytest.mark.parametrize("loop", ["infinity", 1, 100, "3"])
def test_a_loop_is_a_count_or_infinity(loop: object) -> None:
    COMMANDS["POST", "speak"].schema.check({"payload": "Hello", "voice": "female", "loop": loop})


def test_an_empty_terminating_digit_is_allowed() -> None:
    COMMANDS["POST", "gather"].schema.check({"terminating_digit": ""})


def test_unknown_fields_are_ignored_and_can_be_listed() -> None:
    schema = COMMANDS["POST", "hangup"].schema

    schema.check({"colour": "blue"})

    assert schema.unknown({"colour": "blue", "command_id": "1"}) == ["colour"]
