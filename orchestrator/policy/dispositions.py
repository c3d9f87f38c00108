"""What the line did: the closed set of dispositions, and which of them reached somebody."""

from __future__ import annotations

from enum import StrEnum


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


_REACHED = frozenset({Disposition.ANSWERED, Disposition.HUMAN, Disposition.MACHINE})
