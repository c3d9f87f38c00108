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


@pytest.mark.proves("model")
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
