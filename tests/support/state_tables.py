"""Writes docs/states.md: every state and every transition that the tables in orchestrator/model allow.

Run: python -m tests.support.state_tables
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import TypeVar

from orchestrator.model.attempt_state import ATTEMPT_TRANSITIONS
from orchestrator.model.campaign_status import CAMPAIGN_TRANSITIONS
from orchestrator.model.contact_status import CONTACT_TRANSITIONS
from orchestrator.model.transitions import TransitionTable
from tests.support.proofs import ROOT

PAGE = ROOT / "docs" / "states.md"

S = TypeVar("S", bound=StrEnum)

_HEAD = """\
# States and their transitions

Written by `make docs` from the tables in `orchestrator/model/`, by which the store moves every state. A change that is
not listed raises `ForbiddenTransition`. What is final stays so, until a person asks for more attempts. The rules are
those of [guarantees.md](guarantees.md), which also says what a state of an attempt means and who acts when nothing
happens. How a call ended is its `disposition`, which is no state: [dispositions.md](dispositions.md).
"""


def text() -> str:
    """Return the page."""
    parts = [
        *_section(
            ATTEMPT_TRANSITIONS, "`calls.state`", "An attempt begins `reserved`; a call that comes in, `accepted`."
        ),
        *_section(
            CONTACT_TRANSITIONS,
            "`contacts.status`",
            "A contact begins `waiting`, or `held` until its `not_before`; that of a call that comes in, `calling`.",
        ),
        *_section(CAMPAIGN_TRANSITIONS, "`campaigns.status`", "A campaign begins as a `draft`."),
    ]
    return "\n".join([_HEAD, *parts])


def _section(table: TransitionTable[S], column: str, begins: str) -> Iterator[str]:
    final = ", ".join(f"`{state}`" for state in table.states if table.is_final(state))
    yield f"## {table.thing.capitalize()} ({column})\n"
    yield f"{begins} Final: {final or 'none'}.\n"
    yield "| from | to | by | rule |\n| --- | --- | --- | --- |"
    yield from (f"| `{row.source}` | `{row.target}` | {row.by} | {row.rule or '–'} |" for row in table)
    yield ""


if __name__ == "__main__":
    PAGE.write_text(text())
