"""Every command is given through the official SDK, which verifies and parses the resulting webhooks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from simulator.commands.registry import COMMANDS
from tests.support.commands_given import BROUGHT, COMMANDS_GIVEN, TIME_SCALE, Given
from tests.support.poll import eventually
from tests.support.simulated_carrier import SimulatedCarrier, simulated_carrier


@pytest.fixture(scope="module")
def carrier() -> Iterator[SimulatedCarrier]:
    with simulated_carrier(
        time_scale=TIME_SCALE, call_cost=True
    ) as carrier:  # on exit every webhook is verified and parsed
        yield carrier


def _proving(action: str, events: Sequence[str]) -> list[pytest.MarkDecorator]:
    return [pytest.mark.proves("simulator", action), pytest.mark.proves("webhooks", action, webhooks=tuple(events))]


def test_every_command_of_the_document_is_covered_here() -> None:
    actions = {action for _method, action in COMMANDS}

    assert set(COMMANDS_GIVEN) == actions | {"dial"}
    assert len(COMMANDS_GIVEN) == 30
    assert [action for method, action in COMMANDS if method == "PUT"] == ["client_state_update"]


@pytest.mark.parametrize(
    "action",
    [pytest.param(action, marks=_proving(action, events)) for action, (_drive, events) in COMMANDS_GIVEN.items()],
)
def test_the_sdk_gives_the_command_and_its_webhooks_come_in_order(carrier: SimulatedCarrier, action: str) -> None:
    drive, expected = COMMANDS_GIVEN[action]

    leg = drive(carrier)

    eventually(lambda: _came(carrier, leg, expected))
    given = {row["action"]: row["status"] for row in carrier.account(leg)["commands"]}
    assert given[action] == 200


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(given, id=f"{given.action}-{given.events[-1]}", marks=_proving(given.action, given.events))
        for given in BROUGHT
    ],
)
def test_other_possible_webhooks_of_a_command_come_in_order(carrier: SimulatedCarrier, given: Given) -> None:
    leg = given.drive(carrier)

    eventually(lambda: _came(carrier, leg, given.events))


def _came(carrier: SimulatedCarrier, leg: str, expected: Sequence[str]) -> bool:
    types = iter(carrier.receiver.types(leg))
    return all(wanted in types for wanted in expected)
