"""What the line did and what of the carrier's failed: two closed sets, and which dispositions reached somebody."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Disposition(StrEnum):
    """How a call ended on the line; what the flow achieved is the outcome, which is another thing."""

    ANSWERED = "answered"
    HUMAN = "human"
    MACHINE = "machine"
    FAX = "fax"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    NOT_FOUND = "not_found"
    CANCELED = "canceled"
    FAILED = "failed"
    UNKNOWN = "unknown"

    @property
    def has_reached_somebody(self) -> bool:
        """Whether the flow had a listener: a person, or a machine that takes a message."""
        return self in _REACHED


class Fault(StrEnum):
    """What of the carrier's kept a call from its callee: such an attempt is not spent."""

    ROUTE = "carrier_fault"
    CAPACITY = "carrier_busy"
    ACCOUNT = "carrier_refused"


TALKED_TO: Final = (Disposition.HUMAN, Disposition.ANSWERED)
"""The dispositions of a conversation; without detection whoever answers is taken for a person."""
_REACHED: Final = frozenset({Disposition.ANSWERED, Disposition.HUMAN, Disposition.MACHINE})
