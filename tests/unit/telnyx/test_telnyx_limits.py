"""Every field of every command: what it must have, where its values end, which of them may stand together."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from orchestrator.telnyx.commands import COMMANDS
from tests.unit.telnyx.carrier_bodies import SMALLEST
from tests.unit.telnyx.carrier_conditions import ACCEPTED, CONDITIONS
from tests.unit.telnyx.carrier_limits import EDGES, REQUIRED, WRONG

# Fields that stand only beside others, or instead of those in the smallest body.
_BESIDE: dict[str, dict[str, Any]] = {
    "bridge_intent": {"link_to": "v3:other"},
    "bridge_on_answer": {"link_to": "v3:other"},
    "stream_bidirectional_codec": {"stream_bidirectional_mode": "rtp"},
    "minimum_digits": {"maximum_digits": 128},
    "transcription_min_speaker_count": {"transcription_max_speaker_count": 128},
    "video_room_context": {"video_room_id": "7f3c9a52-55a1-11ef-8d1c-02420a0b1c21"},
}
_INSTEAD: dict[str, tuple[str, ...]] = {
    "target": ("rx", "tx"),
    "queue": ("call_control_id",),
    "video_room_id": ("call_control_id",),
    "video_room_context": ("call_control_id",),
    "audio_url": ("media_name",),
    "playback_content": ("media_name",),
    "invalid_audio_url": ("invalid_media_name",),
}


def _fields(action: str) -> list[str]:
    return [field.alias or name for name, field in COMMANDS[action].model_fields.items()]


def _values(table: dict[str, tuple[Any, ...]], action: str, field: str) -> tuple[Any, ...]:
    return table.get(f"{action}.{field}", table.get(field, ()))


def _cases(table: dict[str, tuple[Any, ...]]) -> list[tuple[str, str]]:
    return [(action, field) for action in COMMANDS for field in _fields(action) if _values(table, action, field)]


def _body(action: str, field: str, value: Any) -> dict[str, Any]:
    left_out = _INSTEAD.get(field, ())
    smallest = {name: given for name, given in SMALLEST[action].items() if name not in left_out}
    return {**smallest, **_BESIDE.get(field, {}), field: value}


def _told(action: str, body: dict[str, Any]) -> set[str]:
    try:
        COMMANDS[action].model_validate(body)
    except ValidationError as err:
        return {str(error["loc"][0]) for error in err.errors()}
    return set()


@pytest.mark.parametrize("action", COMMANDS)
def test_no_field_of_a_command_takes_just_anything(action: str) -> None:
    assert [field for field in _fields(action) if field not in WRONG] == []


@pytest.mark.parametrize(("action", "field"), _cases(WRONG))
def test_wrong_values_are_refused_at_their_field(action: str, field: str) -> None:
    told = {repr(value): _told(action, _body(action, field, value)) for value in _values(WRONG, action, field)}

    assert {value: fields for value, fields in told.items() if fields != {field}} == {}


@pytest.mark.parametrize(("action", "field"), _cases(EDGES))
def test_values_at_the_edge_pass_and_go_out_as_they_came_in(action: str, field: str) -> None:
    bodies = [_body(action, field, value) for value in _values(EDGES, action, field)]

    assert [COMMANDS[action].model_validate(body).body() for body in bodies] == bodies


@pytest.mark.parametrize(("action", "field"), [(action, field) for action in REQUIRED for field in REQUIRED[action]])
def test_a_required_field_that_is_missing_is_named(action: str, field: str) -> None:
    body = {name: value for name, value in SMALLEST[action].items() if name != field}

    assert _told(action, body) == {field}


def test_nothing_else_is_required() -> None:
    required = {
        action: tuple(field.alias or name for name, field in command.model_fields.items() if field.is_required())
        for action, command in COMMANDS.items()
    }

    assert {action: set(fields) for action, fields in required.items() if fields} == {
        action: set(fields) for action, fields in REQUIRED.items()
    }


@pytest.mark.parametrize(("action", "body", "fields"), CONDITIONS)
def test_fields_that_cannot_stand_together_are_named(action: str, body: dict[str, Any], fields: set[str]) -> None:
    assert _told(action, body) == fields


@pytest.mark.parametrize(("action", "body"), ACCEPTED)
def test_what_the_carrier_takes_passes(action: str, body: dict[str, Any]) -> None:
    assert COMMANDS[action].model_validate(body).body() == body
