"""The simulated carrier takes what our models send, and what the official SDK sends with it."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.telnyx.commands import COMMANDS
from simulator.commands.base import BodySchema
from simulator.commands.dial import DIAL, dialed_number
from simulator.commands.registry import COMMANDS as SIMULATED
from tests.unit.telnyx.carrier_bodies import FULL, SMALLEST
from tests.unit.telnyx.carrier_conditions import ACCEPTED
from tests.unit.telnyx.command_bodies import right_bodies


def _schema(action: str) -> BodySchema:
    return DIAL if action == "dial" else SIMULATED[COMMANDS[action].method, action].schema


@pytest.mark.parametrize("bodies", [FULL, SMALLEST], ids=["full", "smallest"])
@pytest.mark.parametrize("action", COMMANDS)
def test_the_body_of_a_command_is_taken(action: str, bodies: dict[str, dict[str, Any]]) -> None:
    _schema(action).check(COMMANDS[action].model_validate(bodies[action]).body())


@pytest.mark.parametrize(("action", "body"), ACCEPTED)
def test_what_only_just_passes_is_taken(action: str, body: dict[str, Any]) -> None:
    _schema(action).check(COMMANDS[action].model_validate(body).body())


@pytest.mark.parametrize("action", COMMANDS)
def test_every_value_that_a_field_may_have_is_taken(action: str) -> None:
    for body in right_bodies(action):
        _schema(action).check(COMMANDS[action].model_validate(body).body())


@pytest.mark.parametrize("action", ["dial", "transfer"])
def test_digits_behind_a_number_are_taken_and_do_not_ring(action: str) -> None:
    body = {**SMALLEST[action], "to": "+13125550187,12w#"}

    _schema(action).check(COMMANDS[action].model_validate(body).body())

    assert dialed_number(body) == "+13125550187"
