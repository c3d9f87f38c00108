"""States as SQL text spells them, for statements and partial indexes that are written as text."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, literal

from orchestrator.model.contact_status import CLAIMABLE, ContactStatus
from orchestrator.policy.hold_reasons import RELEASED_BY_LISTS


def one_of(states: Iterable[StrEnum]) -> str:
    """Return these states as the list that follows IN, in their order: `('waiting', 'held')`."""
    quoted = (f"'{state}'" for state in states)
    return f"({', '.join(quoted)})"


def spelled(state: StrEnum) -> ColumnElement[str]:
    """Return a state that stands in the statement's text, where an index holds the rows of some states only."""
    return literal(str(state), literal_execute=True)


IS_CLAIMABLE: Final = f"status IN {one_of(CLAIMABLE)}"
"""Says of a row of `contacts` that it is dialed when its time comes."""

WAITS_FOR_LIST: Final = f"status = '{ContactStatus.HELD}' AND reason IN {one_of(RELEASED_BY_LISTS)}"
"""Says of a row of `contacts` that it is held until a list changes."""
