"""Says what an ended or amended call makes of its contact."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.model.contact_status import CLAIMABLE, CONTACT_TRANSITIONS, ContactStatus
from orchestrator.model.disposition import Disposition, Fault
from orchestrator.model.live_call import CallbackWish
from orchestrator.policy.hold_reasons import END_OF_CAMPAIGN, Reason
from orchestrator.policy.retry import AttemptFacts, Final, RetryAt, next_step
from orchestrator.store.sql.call_records import ContactAfter, Record
from orchestrator.store.sql.callbacks import callback_in_record
from orchestrator.store.sql.dial_checks import rules_of


def contact_after(record: Record) -> ContactAfter | None:
    """Return the contact's new status, or None when this call has no say in it any more.

    Only a contact whose current call this is moves on (R18). A late fact about its last call amends what is kept of it
    and may only lower what remains to be dialed: a wait becomes an end, never the other way round (R12).
    """
    row = record.row
    if record.is_first_end and row["current_call_id"] == record.call.call_id:
        return _held_if_restored(record, _moved_on(record))
    if row["contact_reason"] == Reason.RECORD_FAILED and row["last_call_id"] == record.call.call_id:
        return _held_if_restored(record, _moved_on(record))  # it could not be recorded when it ended, and now it can
    if record.rang_all_the_same:
        return _called_after_all(record) if row["contact_status"] in CLAIMABLE else None
    if row["last_call_id"] != record.call.call_id or row["current_call_id"] is not None:
        return None
    return _known_after_all(record) if record.is_first_end else _amended(record)


def _moved_on(record: Record) -> ContactAfter:
    row = record.row
    tally = _add(row["tally"], record)
    attempts = row["attempts"] + 1
    status = ContactStatus(row["contact_status"])
    if status not in (ContactStatus.CALLING, ContactStatus.HELD):  # a person has ended it while the call was live
        return _after(record, status, row["contact_reason"], None, attempts=attempts, tally=tally)
    step = _step(record, tally, attempts)
    if wish := _callback_of(record, step):
        return _called_back(record, step, wish, attempts=attempts, tally=tally)
    match step:
        case Final(end, reason):
            return _after(record, end, reason, None, attempts=attempts, tally=tally)
        case RetryAt() if row["campaign_status"] in END_OF_CAMPAIGN:
            over, why = END_OF_CAMPAIGN[row["campaign_status"]]
            return _after(record, over, why.value, None, attempts=attempts, tally=tally)
        case RetryAt(at, reason) if record.end.fault or reason == Reason.NOT_ON_ALLOW_LIST:
            return _after(record, ContactStatus.HELD, reason, at.isoformat(), attempts=attempts, tally=tally)
        case RetryAt(at, _):
            return _after(
                record, ContactStatus.WAITING, Reason.RETRY_DUE.value, at.isoformat(), attempts=attempts, tally=tally
            )


def _held_if_restored(record: Record, after: ContactAfter) -> ContactAfter:
    """Hold whose call is older than a restore: what would be its next one may have been made before."""
    if after.status not in CLAIMABLE or not record.row["is_restored"]:
        return after
    return replace(after, status=ContactStatus.HELD, reason=Reason.RESTORED.value, due_at=None)


def _callback_of(record: Record, step: RetryAt | Final) -> CallbackWish | None:
    """Return when the person is called back: nobody who opted out, or whose call may live on, nor when all is over."""
    is_over = record.row["campaign_status"] in END_OF_CAMPAIGN
    is_unknown = isinstance(step, Final) and step.status is ContactStatus.UNKNOWN
    return None if is_over or is_unknown or _is_suppressed(record) else callback_in_record(record.row, record.call)


def _called_back(
    record: Record, step: RetryAt | Final, wish: CallbackWish, *, attempts: int, tally: dict[str, int]
) -> ContactAfter:
    """Let it wait until then, with one more attempt if none was left."""
    after = _after(
        record, ContactStatus.HELD, Reason.CALLBACK.value, wish.at.isoformat(), attempts=attempts, tally=tally
    )
    spent = attempts - tally.get("unspent", 0)
    limit = spent + 1 if isinstance(step, Final) else None
    return replace(after, callback="begins", note=wish.note, attempts_limit=limit)


def _known_after_all(record: Record) -> ContactAfter:
    """Return the truth about an attempt that was given up as unknown; the contact is never dialed again (R21)."""
    tally = _add(record.row["tally"], record)
    attempts = record.row["attempts"] + 1
    status, reason = ContactStatus(record.row["contact_status"]), record.row["contact_reason"]
    if not CONTACT_TRANSITIONS.is_final(status):  # else it was ended by a person or with its campaign
        status, reason = _never_again(_step(record, tally, attempts))
    return _after(record, status, reason, None, attempts=attempts, tally=tally)


def _called_after_all(record: Record) -> ContactAfter:
    """Return a contact that waits, whom the carrier called though it had said no: one attempt less is left."""
    row = record.row
    tally = _add(row["tally"], record)
    attempts = row["attempts"] + 1
    status, reason, due_at = ContactStatus(row["contact_status"]), row["contact_reason"], row["due_at_text"]
    step = _step(record, tally, attempts)
    if isinstance(step, Final):
        status, reason, due_at = step.status, step.reason, None
    after = _after(record, status, reason, due_at, attempts=attempts, tally=tally)
    return replace(after, callback="stays")


def _never_again(step: RetryAt | Final) -> tuple[ContactStatus, str]:
    if isinstance(step, Final):
        return step.status, step.reason
    return ContactStatus.EXHAUSTED, Reason.UNKNOWN_ATTEMPT.value


def _amended(record: Record) -> ContactAfter | None:
    row = record.row
    if (*record.end_as_told, record.call.outcome, record.call.answers) == (
        row["old_disposition"],
        row["old_fault"],
        row["old_outcome"],
        row["old_answers"],
    ):
        return None  # a cost or a recording says nothing of the contact, whose outcome a person may have set since
    tally = _add(_take(row["tally"], record), record)
    status = ContactStatus(row["contact_status"])
    reason, due_at = row["contact_reason"], row["due_at_text"]
    step = _step(record, tally, row["attempts"])
    if status in CLAIMABLE and isinstance(step, Final) and not _is_asked_for_since(record):
        status, reason, due_at = step.status, step.reason, None
    elif (status, reason) == (ContactStatus.UNKNOWN, Reason.UNKNOWN_ATTEMPT):
        status, reason = _never_again(step)  # its end was only assumed, and now it is known
    amended = _after(record, status, reason, due_at, attempts=row["attempts"], tally=tally)
    return replace(amended, callback="stays") if status in CLAIMABLE else amended


def _is_asked_for_since(record: Record) -> bool:
    """Return whether a person has asked for more attempts after this call: only an opt-out takes them back."""
    return record.row["redialed_after"] == record.call.call_id and not _is_suppressed(record)


def _is_suppressed(record: Record) -> bool:
    return bool(record.call.suppressions) or record.row["is_suppressed"]


def _step(record: Record, tally: dict[str, int], attempts: int) -> RetryAt | Final:
    unspent = tally.get("unspent", 0)
    facts = AttemptFacts(
        disposition=record.disposition,
        outcome=record.call.outcome,
        attempts_spent=attempts - unspent,
        attempts_limit=record.row["attempts_limit"],
        disposition_counts={d: tally.get(f"disposition:{d}", 0) for d in Disposition},
        outcome_counts={name[8:]: count for name, count in tally.items() if name.startswith("outcome:")},
        suppressed=_is_suppressed(record),
        left_out=_was_left_out(record),
        fault=_repeated(record),
        unspent=unspent,
    )
    return next_step(rules_of(record.row["retry"]), facts, record.row["db_now"])


def _was_left_out(record: Record) -> bool:
    """Return whether we hung up before anybody answered, because the number had left the allow list."""
    is_ours = record.call.unwanted and record.disposition is Disposition.CANCELED
    return bool(is_ours and record.row["is_left_out"])


def _repeated(record: Record) -> Fault | None:
    """Return the carrier's fault that makes this attempt be made again; a single call is made once."""
    return record.end.fault if record.row["kind"] == "campaign" else None


def _add(tally: dict[str, int], record: Record) -> dict[str, int]:
    return _count(tally, 1, *record.end_as_told, record.call.outcome)


def _take(tally: dict[str, int], record: Record) -> dict[str, int]:
    row = record.row
    return _count(tally, -1, row["old_disposition"], row["old_fault"], row["old_outcome"])


def _count(
    tally: dict[str, int], step: int, disposition: str | None, fault: str | None, outcome: str | None
) -> dict[str, int]:
    counted = dict(tally)
    names = (disposition and f"disposition:{disposition}", fault and "unspent", outcome and f"outcome:{outcome}")
    for name in names:
        if name:
            counted[name] = max(0, counted.get(name, 0) + step)
    return counted


def _after(
    record: Record,
    status: ContactStatus,
    reason: str | None,
    due_at: str | None,
    *,
    attempts: int,
    tally: dict[str, int],
) -> ContactAfter:
    return ContactAfter(
        contact_id=record.row["contact_id"],
        call_id=record.call.call_id,
        source=ContactStatus(record.row["contact_status"]),
        status=status,
        reason=reason,
        due_at=due_at,
        attempts=attempts,
        tally=tally,
        disposition=record.disposition.value,
        outcome=record.call.outcome,
        answers=record.call.answers,
    )
