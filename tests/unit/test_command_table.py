"""The page of the thirty commands says what stands in the code, and nothing is missing from it."""

from __future__ import annotations

from orchestrator.telnyx.commands import COMMANDS
from tests.support.command_table import COLUMNS, TABLE, rows, text
from tests.support.proofs import proofs


def test_every_command_has_every_place_and_a_test_for_it() -> None:
    table = list(rows())

    assert len(table) == 30
    assert [(row["command"], column) for row in table for column in COLUMNS if not row[column]] == []


def test_the_page_is_what_the_code_says() -> None:
    assert TABLE.read_text() == text(), "write it anew: make docs"


def test_every_webhook_a_command_may_bring_has_come_in_a_test() -> None:
    wanted = {("webhooks", action, str(name)) for action, model in COMMANDS.items() for name in model.expects}

    assert sorted(wanted - set(proofs())) == []
