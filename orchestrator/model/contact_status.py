"""The statuses of a contact and the table of its transitions."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from orchestrator.model.transitions import Transition, TransitionTable


class ContactStatus(StrEnum):
    """Where a contact is between its upload and its end."""

    WAITING = "waiting"
    HELD = "held"
    CALLING = "calling"
    COMPLETED = "completed"
    EXHAUSTED = "exhausted"
    SUPPRESSED = "suppressed"
    CANCELED = "canceled"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


CLAIMABLE: Final = (ContactStatus.WAITING, ContactStatus.HELD)
"""Dialed when its time comes."""

OPEN_CONTACTS: Final = (*CLAIMABLE, ContactStatus.CALLING)
"""Not over."""

FINAL_STATUSES: Final = tuple(status for status in ContactStatus if status not in OPEN_CONTACTS)
"""Dialed no more, unless a person asks for it; late truth may still make an `unknown` one another of these."""

REDIALED: Final = (
    ContactStatus.COMPLETED,
    ContactStatus.EXHAUSTED,
    ContactStatus.SUPPRESSED,
    ContactStatus.CANCELED,
    ContactStatus.EXPIRED,
)
"""Called again when a person asks for it, who was suppressed once that is lifted; what is unknown never is."""

_Row = Transition[ContactStatus]
_MORE = "a person asks for more attempts"
_GATE = "claim: the gate never lets it pass"


def _leave_claimable(target: ContactStatus, by: str, rule: str | None) -> tuple[_Row, _Row]:
    waiting, held = CLAIMABLE
    return _Row(waiting, target, by, rule), _Row(held, target, by, rule)


CONTACT_TRANSITIONS: Final = TransitionTable(
    "contact",
    ContactStatus,
    (
        _Row(ContactStatus.WAITING, ContactStatus.HELD, "claim: the gate says not now; sweeper: no time zone", "R10"),
        _Row(ContactStatus.HELD, ContactStatus.WAITING, "a change of campaign or contact lifts the hold", "R10"),
        *_leave_claimable(ContactStatus.CALLING, "claim: an attempt is reserved", "R10"),
        *_leave_claimable(ContactStatus.COMPLETED, "a person; a late fact about the last call", "R12"),
        *_leave_claimable(ContactStatus.EXHAUSTED, f"{_GATE}; completion, if held for ever; a late fact", "R22"),
        *_leave_claimable(ContactStatus.SUPPRESSED, f"its number is suppressed; {_GATE}; a late opt-out", "R9"),
        *_leave_claimable(
            ContactStatus.CANCELED, "a person, the campaign's cancel, a withdrawn import, erasure", "R22"
        ),
        *_leave_claimable(ContactStatus.EXPIRED, f"{_GATE}; sweeper: its or the campaign's end has come", "R22"),
        *_leave_claimable(
            ContactStatus.UNKNOWN,
            "finalizer: a late fact about the last call; a failed record, written after all",
            "R12",
        ),
        _Row(ContactStatus.CALLING, ContactStatus.WAITING, "its attempt is withdrawn, or is to be repeated", "R4"),
        _Row(ContactStatus.CALLING, ContactStatus.HELD, "its attempt is withdrawn, or the carrier failed it", "R4"),
        _Row(ContactStatus.CALLING, ContactStatus.COMPLETED, "finalizer: somebody was reached; a person", "R18"),
        _Row(ContactStatus.CALLING, ContactStatus.EXHAUSTED, "finalizer: no attempt is left; gate", "R18"),
        _Row(ContactStatus.CALLING, ContactStatus.SUPPRESSED, "finalizer: the number opted out; gate", "R18"),
        _Row(ContactStatus.CALLING, ContactStatus.CANCELED, "a person; the campaign was canceled meanwhile", "R22"),
        _Row(ContactStatus.CALLING, ContactStatus.EXPIRED, "the campaign ended meanwhile; gate", "R22"),
        _Row(ContactStatus.CALLING, ContactStatus.UNKNOWN, "reconciler gives up; finalizer: the end is assumed", "R21"),
        *(_Row(source, ContactStatus.WAITING, _MORE, on_request=True) for source in REDIALED),
        *(_Row(source, ContactStatus.HELD, f"{_MORE}, from a time on", on_request=True) for source in REDIALED),
        _Row(ContactStatus.UNKNOWN, ContactStatus.COMPLETED, "finalizer: an event came late", "R21"),
        _Row(ContactStatus.UNKNOWN, ContactStatus.EXHAUSTED, "finalizer: an event came late", "R21"),
        _Row(ContactStatus.UNKNOWN, ContactStatus.SUPPRESSED, "finalizer: an event came late", "R21"),
    ),
)
