"""Every field of every command: what it must have, where its values end, which of them may stand together."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from orchestrator.telnyx.commands import COMMANDS, Part
from tests.unit.telnyx.carrier_bodies import SMALLEST
from tests.unit.telnyx.carrier_conditions import ACCEPTED, CONDITIONS
from tests.unit.telnyx.carrier_limits import EDGES, REQUIRED, WRONG
from tests.unit.telnyx.command_bodies import body_with


def _fields(action: str) -> list[str]:
    return [field.alias or name for name, field in COMMANDS[action].model_fields.items()]


def _values(table: dict[str, tuple[Any, ...]], action: str, field: str) -> tuple[Any, ...]:
    return table.get(f"{action}.{field}", table.get(field, ()))


def _cases(table: dict[str, tuple[Any, ...]]) -> list[tuple[str, str]]:
    return [(action, field) for action in COMMANDS for field in _fields(action) if _values(table, action, field)]


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
    told = {repr(value): _told(action, body_with(action, field, value)) for value in _values(WRONG, action, field)}

    assert {value: fields for value, fields in told.items() if fields != {field}} == {}


@pytest.mark.parametrize(("action", "field"), _cases(EDGES))
def test_values_at_the_edge_pass_and_go_out_as_they_came_in(action: str, field: str) -> None:
    bodies = [body_with(action, field, value) for value in _values(EDGES, action, field)]

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


def test_every_command_with_conditions_has_a_body_that_breaks_one() -> None:
    conditioned = {action for action, command in COMMANDS.items() if command.problems is not Part.problems}

    assert conditioned - {action for action, _body, _fields in CONDITIONS} == set()


@pytest.mark.parametrize(("action", "body"), ACCEPTED)
def test_what_the_carrier_takes_passes(action: str, body: dict[str, Any]) -> None:
    assert COMMANDS[action].model_validate(body).body() == body
