"""The states of an attempt, one row of the dial ledger, and the table of its transitions."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from orchestrator.model.transitions import Transition, TransitionTable


class AttemptState(StrEnum):
    """How far a dial has come; docs/guarantees.md says who acts next and after what time."""

    RESERVED = "reserved"
    DIALING = "dialing"
    ACCEPTED = "accepted"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"
    UNKNOWN = "unknown"


IN_FLIGHT: Final = (AttemptState.DIALING, AttemptState.ACCEPTED)
"""The carrier has or may have the call, and it is not overdue."""

LIVE: Final = (AttemptState.RESERVED, *IN_FLIGHT)
"""It holds its number and its channel; an `unknown` one does so until it is given up."""

MAY_RING: Final = (*IN_FLIGHT, AttemptState.UNKNOWN)
"""The carrier has or may have the call."""

FINAL_STATES: Final = (AttemptState.ENDED, AttemptState.WITHDRAWN)

_Row = Transition[AttemptState]

ATTEMPT_TRANSITIONS: Final = TransitionTable(
    "attempt",
    AttemptState,
    (
        _Row(AttemptState.RESERVED, AttemptState.DIALING, "dial task: the gate says go", "R1"),
        _Row(AttemptState.RESERVED, AttemptState.WITHDRAWN, "gate, pause, cancel or suppression before the send", "R4"),
        _Row(AttemptState.DIALING, AttemptState.ACCEPTED, "dial task, or sweeper after a webhook", "R3"),
        _Row(AttemptState.DIALING, AttemptState.WITHDRAWN, "dial task: every send surely dialed nobody", "R3"),
        _Row(AttemptState.DIALING, AttemptState.UNKNOWN, "sweeper: both sends went unanswered", "R2"),
        _Row(
            AttemptState.DIALING, AttemptState.ENDED, "finalizer: the number was rejected, or the call is over", "R18"
        ),
        _Row(AttemptState.ACCEPTED, AttemptState.ENDED, "finalizer: the call is over", "R18"),
        _Row(AttemptState.UNKNOWN, AttemptState.ACCEPTED, "reconciler: the call was found", "R21"),
        _Row(AttemptState.UNKNOWN, AttemptState.ENDED, "finalizer: an event came late", "R21"),
        _Row(AttemptState.RESERVED, AttemptState.ENDED, "finalizer: PostgreSQL lost the send, webhooks prove it", "R6"),
        _Row(AttemptState.WITHDRAWN, AttemptState.ENDED, "finalizer: webhooks came for it all the same", "R6"),
    ),
)
