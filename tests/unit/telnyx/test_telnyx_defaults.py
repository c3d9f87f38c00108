"""What a field means that is left out: told in the schema of every command, never put on the wire."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.telnyx.commands import COMMANDS
from tests.unit.telnyx.carrier_bodies import SMALLEST
from tests.unit.telnyx.carrier_defaults import DEFAULTS, PARTS


def _defaults(shape: dict[str, Any]) -> dict[str, Any]:
    properties = shape.get("properties", {})
    told = {name: field["default"] for name, field in properties.items() if "default" in field}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in told.items()}


def _known(action: str, field: str) -> Any:
    if f"{action}.{field}" in DEFAULTS:
        return DEFAULTS[f"{action}.{field}"]
    return DEFAULTS.get(field)


@pytest.mark.parametrize("action", COMMANDS)
def test_a_command_tells_the_carrier_s_own_defaults(action: str) -> None:
    shape = COMMANDS[action].model_json_schema()

    known = {field: _known(action, field) for field in shape["properties"]}
    assert _defaults(shape) == {field: value for field, value in known.items() if value is not None}


@pytest.mark.parametrize("action", COMMANDS)
def test_the_parts_of_a_command_tell_them_too(action: str) -> None:
    parts = COMMANDS[action].model_json_schema().get("$defs", {})

    assert {name: _defaults(part) for name, part in parts.items() if _defaults(part)} == {
        name: PARTS[name] for name in parts if name in PARTS
    }


def test_every_part_with_defaults_belongs_to_a_command() -> None:
    parts = {name for command in COMMANDS.values() for name in command.model_json_schema().get("$defs", {})}

    assert set(PARTS) <= parts


@pytest.mark.parametrize("action", COMMANDS)
def test_a_default_is_a_value_the_field_takes(action: str) -> None:
    shape = COMMANDS[action].model_json_schema()
    left_out = {"bridge_intent", "bridge_on_answer"}

    body = {**SMALLEST[action], **{k: v for k, v in _defaults(shape).items() if k not in left_out}}

    assert COMMANDS[action].model_validate(body).body() == body


@pytest.mark.parametrize("action", COMMANDS)
def test_no_null_is_shown_where_null_is_refused(action: str) -> None:
    properties = COMMANDS[action].model_json_schema()["properties"]

    assert [name for name, field in properties.items() if {"type": "null"} in field.get("anyOf", [])] == []
