"""The official SDK gives every command of the table, and verifies and types every webhook that comes of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from simulator.commands.registry import COMMANDS
from tests.support.commands_given import BROUGHT, COMMANDS_GIVEN, TIME_SCALE, Given
from tests.support.desk import Desk, desk
from tests.support.poll import eventually


@pytest.fixture(scope="module")
def table() -> Iterator[Desk]:
    with desk(time_scale=TIME_SCALE, call_cost=True) as table:  # leaving it verifies and types every webhook that came
        yield table


def _proving(action: str, events: Sequence[str]) -> list[pytest.MarkDecorator]:
    return [pytest.mark.proves("simulator", action), pytest.mark.proves("webhooks", action, webhooks=tuple(events))]


def test_the_table_is_the_document_and_every_command_of_it_is_given_here() -> None:
    actions = {action for _method, action in COMMANDS}

    assert set(COMMANDS_GIVEN) == actions | {"dial"}
    assert len(COMMANDS_GIVEN) == 30
    assert [action for method, action in COMMANDS if method == "PUT"] == ["client_state_update"]


@pytest.mark.parametrize(
    "action",
    [pytest.param(action, marks=_proving(action, events)) for action, (_drive, events) in COMMANDS_GIVEN.items()],
)
def test_the_sdk_gives_the_command_and_its_webhooks_come_in_order(table: Desk, action: str) -> None:
    drive, expected = COMMANDS_GIVEN[action]

    leg = drive(table)

    eventually(lambda: _came(table, leg, expected))
    given = {row["action"]: row["status"] for row in table.account(leg)["commands"]}
    assert given[action] == 200


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(given, id=f"{given.action}-{given.events[-1]}", marks=_proving(given.action, given.events))
        for given in BROUGHT
    ],
)
def test_what_else_a_command_may_bring_comes_in_order(table: Desk, given: Given) -> None:
    leg = given.drive(table)

    eventually(lambda: _came(table, leg, given.events))


def _came(table: Desk, leg: str, expected: Sequence[str]) -> bool:
    types = iter(table.receiver.types(leg))
    return all(wanted in types for wanted in expected)
