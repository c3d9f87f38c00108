"""Checks of numbers: caller ids belong to the account or are verified, and calls to mapped numbers arrive here."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.doctor.findings import Finding, bad, doubtful, good, unseen
from orchestrator.doctor.planned_dialing import Plans
from orchestrator.errors import OrchestratorError
from orchestrator.telnyx.account_setup import OwnNumber
from orchestrator.telnyx.client import TelnyxClient

_NUMBERS = "portal, Numbers › My Numbers"  # noqa: RUF001 as the portal writes it
_GONE = frozenset({"deleted", "ported-out", "purchase-failed", "port-failed"})
_NOT_YET = frozenset(
    {
        "purchase-pending",
        "port-pending",
        "provision-pending",
        "requirement-info-pending",
        "requirement-info-under-review",
        "requirement-info-exception",
    }
)


def check_caller_id(client: TelnyxClient, number: str, *, connection_id: str, plans: Plans) -> Iterator[Finding]:
    """Yield whether the number belongs to the account or is verified."""
    subject = f"caller id {number}"
    try:
        own = client.own_number(number)
        if own is None:
            yield _check_verified(client, subject, number)
            return
    except OrchestratorError as err:
        yield unseen(subject, f"the carrier does not tell: {err}", "ask again later")
        return
    yield _check_own(subject, own, connection_id=connection_id, is_answered=number in plans.answered)
    if own.call_recording_enabled:
        detail = "the carrier records whoever calls it, whether a flow says so or not"
        yield doubtful(f"recording of {number}", detail, f"switch it off and let flows record: {_NUMBERS}, Voice")


def check_answered_number(client: TelnyxClient, number: str, *, connection_id: str) -> Finding:
    """Return whether calls to a mapped number arrive here."""
    subject = f"number {number}"
    try:
        own = client.own_number(number)
    except OrchestratorError as err:
        return unseen(subject, f"the carrier does not tell: {err}", "ask again later")
    if own is None:
        detail = "the account does not own it: whoever calls it never meets the flow it was given here"
        return bad(subject, detail, "buy it in the portal, or take it back with `orchestrator number remove`")
    return _check_own(subject, own, connection_id=connection_id, is_answered=True)


def _check_verified(client: TelnyxClient, subject: str, number: str) -> Finding:
    if client.is_verified(number):
        return good(subject, "verified by the account; who calls it back does not come to us")
    detail = "the account neither owns nor has verified it: calls that show it are refused (D35)"
    return bad(subject, detail, "buy or verify the number in the portal, or show another one")


def _check_own(subject: str, own: OwnNumber, *, connection_id: str, is_answered: bool) -> Finding:
    wrong = _wrong_status(subject, own.status)
    if wrong is not None:
        return wrong
    if own.connection_id == connection_id or not own.tells("connection_id"):
        return good(subject, "belongs to the account")
    name = own.connection_name or own.connection_id
    whose = f"another connection ({name})" if own.connection_id else "no connection"
    remedy = f"assign the number to connection {connection_id}: {_NUMBERS}"
    if is_answered:
        return bad(subject, f"it belongs to {whose}: whoever calls it never meets the flow it was given here", remedy)
    return doubtful(subject, f"it belongs to {whose}: whoever calls it back does not come to us", remedy)


def _wrong_status(subject: str, status: str | None) -> Finding | None:
    if status in (None, "active"):
        return None
    if status in _GONE:
        detail = f"the account has it no longer ({status}): calls that show it are refused"
        return bad(subject, detail, "show another number")
    if status == "emergency-only":
        return bad(subject, "it is for emergency calls only", "show another number")
    if status in _NOT_YET:
        return bad(subject, f"it cannot be used yet ({status})", f"wait, or do what {_NUMBERS} asks for")
    return doubtful(subject, f"its status is {status}", f"see what that means: {_NUMBERS}")
