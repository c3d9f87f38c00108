"""What the line did, read from a call: the closed set of dispositions, and which of them reached somebody."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from orchestrator.model.live_call import LiveCall


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


_REACHED: Final = frozenset({Disposition.ANSWERED, Disposition.HUMAN, Disposition.MACHINE})

# The carrier's advice: not_sure is to be treated as a person; so is silence, which our flows greet.
_BY_RESULT: Final = {
    "human": Disposition.HUMAN,
    "human_residence": Disposition.HUMAN,
    "human_business": Disposition.HUMAN,
    "not_sure": Disposition.HUMAN,
    "silence": Disposition.HUMAN,
    "machine": Disposition.MACHINE,
    "fax": Disposition.FAX,
    "fax_detected": Disposition.FAX,
}
_BY_CAUSE: Final = {
    "user_busy": Disposition.BUSY,
    "timeout": Disposition.NO_ANSWER,
    "no_answer": Disposition.NO_ANSWER,
    "call_rejected": Disposition.REJECTED,
    "not_found": Disposition.NOT_FOUND,
    "originator_cancel": Disposition.CANCELED,
    # These two end only calls that were answered: the webhook of the answer was lost.
    "normal_clearing": Disposition.ANSWERED,
    "time_limit": Disposition.ANSWERED,
}


def disposition_of(call: LiveCall) -> Disposition:
    """Return what the line did; `unknown` while the call lives and where only its end could be inferred."""
    if call.amd_result is not None:
        return _BY_RESULT.get(call.amd_result, Disposition.ANSWERED)
    if call.answered_at is not None:
        return Disposition.ANSWERED
    if call.phase != "ended":
        return Disposition.UNKNOWN
    if call.hangup_cause in _BY_CAUSE:
        return _BY_CAUSE[call.hangup_cause]
    return Disposition.UNKNOWN if call.hangup_assumed else Disposition.FAILED
