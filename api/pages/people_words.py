"""What stands with a person in words: who it is, what came of the last call, and what follows."""

from __future__ import annotations

from collections.abc import Iterator

from api.pages import words
from api.pages.campaign_words import Saying
from api.resources.calls import CallView
from api.resources.contacts import ContactView

_WHOLE_NAMES = ("name", "full_name", "contact_name", "customer_name")
_PARTS_OF_NAMES = (("first_name", "last_name"), ("firstname", "lastname"), ("vorname", "nachname"))
_CAME_OF_IT = {
    "answered": "somebody answered",
    "human": "a person was reached",
    "machine": "a machine answered",
    "fax": "a fax answered",
    "busy": "the line was busy",
    "no_answer": "nobody answered",
    "rejected": "the call was rejected",
    "not_found": "the number does not exist",
    "canceled": "the call was canceled before it was answered",
    "failed": "the call failed",
    "unknown": "nobody knows what came of the call",
}
_ENDS = {
    "completed": "done",
    "exhausted": "all attempts are used up",
    "suppressed": "this number is blocked",
    "canceled": "called no more: somebody ended it",
    "expired": "its time is over",
    "unknown": "nobody knows whether the person was reached, so nobody calls again",
}


def name_of(contact: ContactView) -> str | None:
    """Return what a person is called by the variables that are usual for it; None where none of them is there."""
    known = {key.lower(): str(value).strip() for key, value in contact.variables.items()}
    for first, last in _PARTS_OF_NAMES:
        if name := " ".join(part for part in (known.get(first, ""), known.get(last, "")) if part):
            return name
    return next((known[key] for key in _WHOLE_NAMES if known.get(key)), None)


def says(contact: ContactView, last_call: CallView | None) -> list[Saying]:
    """Return what stands with a person: what came of the last call, and what follows."""
    return list(_parts(contact, last_call))


def _parts(contact: ContactView, last_call: CallView | None) -> Iterator[Saying]:
    if last_call and last_call.disposition:
        yield Saying(came_of(last_call), last_call.answered_at or last_call.ended_at or last_call.dialed_at)
    elif not contact.attempts:
        yield Saying("not called yet")
    if contact.status == "calling":
        yield Saying("is being called now")
    elif contact.callback:
        yield Saying("we call back", contact.callback.at)
    elif contact.status in ("waiting", "held"):
        yield _wait(contact)
    else:
        yield Saying(_ENDS[contact.status])


def came_of(call: CallView) -> str:
    """Return what came of a call that has ended."""
    said = _CAME_OF_IT.get(str(call.disposition), words.phrase(call.disposition))
    return f"{said} ({words.phrase(call.outcome)})" if call.outcome else said


def _wait(contact: ContactView) -> Saying:
    if contact.reason is None:
        return Saying("next in line")
    if contact.reason == "retry_due":
        return Saying("we call again", contact.until)
    return Saying(f"waits: {words.phrase(contact.reason)}", contact.until)
