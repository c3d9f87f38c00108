"""Lists where SQL holds personal data and how erasing a person clears it; a test compares it with the schema.

Every column of text is in one of three lists: erased, kept (with the reason), or without personal data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import JSONB
from ulid import ULID

from orchestrator.model.contact_status import CONTACT_TRANSITIONS, ContactStatus
from orchestrator.store.sql.erased_calls import CODE_ALONE, ERASED
from orchestrator.store.sql.tables import (
    call_events,
    calls,
    campaigns,
    consent_events,
    contact_words,
    contacts,
    idempotency_keys,
    import_rejects,
    imports,
    installation,
    lifted_holds,
    lifted_suppressions,
    list_changes,
    policy_changes,
    recordings,
    suppression_requests,
    suppressions,
)

GONE = 410
"""The status of a stored answer whose body was erased."""

_FEWEST_DIGITS = 7  # of a number as it was written: fewer could be the end of many
_SAME_REQUEST = timedelta(seconds=1)


@dataclass(frozen=True)
class Person:
    """The person to erase: contacts, those of inbound calls included, calls, and identifiers.

    `campaign_ids` are the campaigns whose imports are searched; None for all. `legs` are the carrier's ids.
    `keeps_opt_outs` leaves the words of opt-outs: the person is only too old, and has not asked to be erased.
    """

    contact_ids: Sequence[str]
    call_ids: Sequence[str]
    numbers: Sequence[str]
    external_ids: Sequence[str]
    legs: Sequence[str]
    campaign_ids: Sequence[str] | None
    keeps_opt_outs: bool = False


@dataclass(frozen=True)
class Erased:
    """Columns of one table: the rows in which they are cleared, and their values afterwards."""

    table: Table
    rows: Callable[[Person], ColumnElement[bool]]
    values: Mapping[str, Any]


def _has_a_number(column: ColumnElement[Any]) -> Callable[[Person], ColumnElement[bool]]:
    """Return a condition for rows whose text contains a number of the person."""
    return lambda person: or_(false(), *(cast(column, SqlText).contains(n, autoescape=True) for n in person.numbers))


def _is_of_row(person: Person) -> ColumnElement[bool]:
    """Return a condition for the rejects of a person, their number written with its country code or without."""
    raw = import_rejects.c.raw
    digits = func.ltrim(func.regexp_replace(raw["phone"].astext, r"\D", "", "g"), "0")
    by_number = [literal(number[1:]).like(func.concat("%", digits)) for number in person.numbers]
    by_id = raw["external_id"].astext.in_(person.external_ids)
    is_theirs = or_(and_(func.length(digits) >= _FEWEST_DIGITS, or_(false(), *by_number)), by_id)
    if person.campaign_ids is None:
        return is_theirs
    here = select(imports.c.id).where(imports.c.campaign_id.in_(person.campaign_ids))
    return and_(import_rejects.c.import_id.in_(here), is_theirs)


def _is_their_answer(person: Person) -> ColumnElement[bool]:
    """Return a condition for stored answers about a person; the id made from a key tells the time of the key."""
    return or_(false(), *(_made(contact_id) for contact_id in person.contact_ids))


def _made(contact_id: str) -> ColumnElement[bool]:
    came = ULID.from_str(contact_id.partition("_")[2]).datetime
    about_then = idempotency_keys.c.created_at.between(came - _SAME_REQUEST, came + _SAME_REQUEST)
    return and_(
        about_then, func.position(func.convert_to(contact_id, "UTF8").op("IN")(idempotency_keys.c.response)) > 0
    )


def _is_opt_out(table: Table) -> Callable[[Person], ColumnElement[bool]]:
    """Return a condition for the opt-outs of a person."""
    return lambda person: false() if person.keeps_opt_outs else table.c.phone.in_(person.numbers)


def _is_of_opt_out(person: Person) -> ColumnElement[bool]:
    if person.keeps_opt_outs:
        return false()
    theirs = [
        select(table.c.id).where(table.c.phone.in_(person.numbers)) for table in (suppressions, lifted_suppressions)
    ]
    return suppression_requests.c.suppression_id.in_(union_all(*theirs))


def _is_of_everywhere(person: Person) -> ColumnElement[bool]:
    """Return a condition for what a person said, which is of a number and not of one contact."""
    return consent_events.c.phone.in_(person.numbers) if person.campaign_ids is None else false()


_MAY_BE_CANCELED = contacts.c.status.in_(CONTACT_TRANSITIONS.sources(ContactStatus.CANCELED))


def _canceled(column: ColumnElement[Any], value: str | None) -> ColumnElement[Any]:
    """Return what a column holds after the erasure cancels a contact; one that has ended keeps it."""
    return case((_MAY_BE_CANCELED, value), else_=column)


_CAME_IN = calls.c.direction == "inbound"
_INSTEAD = literal(ERASED) + case(
    (_CAME_IN, func.coalesce(calls.c.joined_contact_id, calls.c.contact_id)), else_=calls.c.contact_id
)
_NOTHING: Final = literal({}, JSONB)

ERASED_COLUMNS: Final[tuple[Erased, ...]] = (
    Erased(call_events, lambda person: call_events.c.call_id.in_(person.call_ids), {"payload": _NOTHING}),
    Erased(
        contacts,
        lambda person: contacts.c.id.in_(person.contact_ids),
        {
            "phone": literal(ERASED) + contacts.c.id,
            "external_id": None,
            "variables": _NOTHING,
            "answers": _NOTHING,
            "timezone": None,
            "timezone_source": None,
            "region": None,
            "ignore_hours_because": None,
            "callback": null(),
            # An outcome set on request may be any text; that of a flow is one of its outcomes.
            "outcome": case((contacts.c.reason == "by_request", None), else_=contacts.c.outcome),
            "status": _canceled(contacts.c.status, ContactStatus.CANCELED),
            "reason": _canceled(contacts.c.reason, "erased"),
            "current_call_id": _canceled(contacts.c.current_call_id, None),
            "updated_at": func.now(),
        },
    ),
    # A trigger has deleted them with the variables; one that was written meanwhile is cleared here.
    Erased(contact_words, lambda person: contact_words.c.contact_id.in_(person.contact_ids), {"words": ""}),
    Erased(
        calls,
        lambda person: calls.c.id.in_(person.call_ids),
        {
            "to_number": case((_CAME_IN, calls.c.to_number), else_=_INSTEAD),
            "from_number": case((_CAME_IN, _INSTEAD), else_=calls.c.from_number),
            "request": _NOTHING,
            "answers": _NOTHING,
            "error": null(),
            "telnyx_error": CODE_ALONE,
            "recordings": literal([], JSONB),
        },
    ),
    Erased(
        recordings,
        lambda person: recordings.c.call_id.in_(person.call_ids),
        {
            "state": "erased",
            "urls": _NOTHING,
            "public_urls": _NOTHING,
            "error": null(),
            # A fetch under way may still write its file: it stays due until that lease is over.
            "due_at": func.coalesce(recordings.c.due_at, func.now()),
        },
    ),
    Erased(import_rejects, _is_of_row, {"raw": _NOTHING, "detail": "erased"}),
    Erased(idempotency_keys, _is_their_answer, {"status": GONE, "response": None, "content_type": None}),
    Erased(
        suppressions,
        _is_opt_out(suppressions),
        {"reason": "erased"},
    ),
    # After those in force: what is lifted in between is cleared here.
    Erased(
        lifted_suppressions,
        _is_opt_out(lifted_suppressions),
        {"reason": "erased", "because": case((lifted_suppressions.c.because.is_not(None), "erased"))},
    ),
    Erased(lifted_holds, lambda person: lifted_holds.c.contact_id.in_(person.contact_ids), {"because": "erased"}),
    Erased(suppression_requests, _is_of_opt_out, {"reason": "erased"}),
    Erased(
        consent_events,
        _is_of_everywhere,
        dict.fromkeys(("phone", "text", "source", "evidence_url", "words", "digest")),
    ),
    Erased(
        list_changes,
        lambda person: list_changes.c.number.in_(person.numbers),
        {"because": case((list_changes.c.because.is_not(None), "erased"))},
    ),
    Erased(
        campaigns,
        _has_a_number(campaigns.c.status_reason),
        {"status_reason": campaigns.c.status_reason.op("||")(literal({"detail": "erased"}, JSONB))},
    ),
    Erased(
        imports,
        _has_a_number(imports.c.error),
        {"error": imports.c.error.op("||")(literal({"detail": "erased"}, JSONB))},
    ),
    Erased(policy_changes, _has_a_number(policy_changes.c.because), {"because": "erased"}),
    Erased(
        installation,
        _has_a_number(installation.c.dialing_stopped),
        {"dialing_stopped": installation.c.dialing_stopped.op("||")(literal({"reason": "erased"}, JSONB))},
    ),
)

KEPT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "consent_events.number_key": "a revocation holds for ever, also of an erased person",
        "caller_id_states.rest_ended": "which operator ended the rest of a caller id, and why",
        "lifted_holds.number_key": "the number's keyed hash: a lift counts for the number that the contact had",
        "lifted_holds.by": "which operator lifted it",
        "suppressions.phone": "an opt-out holds for ever, also of an erased person",
        "lifted_suppressions.phone": "a lifted opt-out stays on record, with who, when and why",
        "lifted_suppressions.lifted_by": "which operator lifted it",
        "suppression_requests.asked_by": "which operator requested it",
        "list_entries.number": "who is on a list stays on it, also when erased",
        "list_changes.number": "who put a number on a list or took it off stays on record",
        "list_changes.by": "which operator changed it",
        "list_contents.loaded_by": "which operator imported it",
        "list_contents.swept_to": "how far a content that is over was deleted; gone when all of it is",
        "policy_changes.changed_by": "which operator changed what holds for everybody",
        "api_keys.name": "which operator holds it",
        "api_keys.digest": "of a key, which is random",
        "api_keys.created_by": "which operator made it",
        "audit_events.by": "which operator or user did it; of the people who are called it holds no value",
        "sign_in_links.created_by": "which operator made it",
        "sign_in_sessions.name": "which operator made the link that it came by; gone with the session",
        "sign_in_sessions.csrf": "of a session, which is random",
        "sign_in_sessions.digest": "of a token, which is random",
        "sign_in_links.digest": "of a token, which is random",
        "users.name": "somebody who works here, not somebody who is called; gone when the user is deleted",
        "users.login": "the same",
        "users.password_hash": "the same",
        "users.created_by": "which operator made it",
        "bulk_changes.filter": "whom a change under way looks for; emptied when it is over",
        "contacts.zone": "the zone of the number: when a call was allowed is part of the ledger",
        "contacts.disposition": "the result of a call, from a closed set",
        "contacts.tally": "how often each result came, by names of the flow",
        "calls.number_key": "the number's keyed hash, by which caps and rests hold on for a number that was erased",
        "calls.outcome": "the result of a call, one of its flow's outcomes",
        "calls.call_control_id": "the carrier's id, by which a late webhook is recognized as one of an erased call",
        "calls.call_leg_id": "the carrier's id",
        "calls.call_session_id": "the carrier's id",
        "calls.cost": "what a call cost",
        "campaigns.guards": "why an operator loosened a guard",
        "recordings.recording_id": "the carrier's id; the row goes with its file",
        "recordings.place": "where the file is, by the row's id; the row goes with its file",
        "recordings.sha256": "of the file; the row goes with it",
        "recordings.lease": "the process that fetches the file now, and removes it",
        "tallies.parts": "answers and their counts; one that no other call gave is erased with the call's",
        "tally_changes.parts": "answers, until they are added to the tallies; erasing does so",
        "idempotency_keys.key": "the client's name of a request, for a day: without it a repeat would dial again",
        "idempotency_keys.body_hash": "tells a repeat from another request, for a day",
    }
)

ABOUT_NOBODY: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "alembic_version": frozenset({"version_num"}),
        "bulk_changes": frozenset({"id", "kind", "campaign_id", "status", "wanted", "upto", "done_to", "error"}),
        "call_events": frozenset({"call_id", "event_id", "kind", "type", "leg"}),
        "calls": frozenset(
            {"id", "campaign_id", "contact_id", "connection_id", "flow_id", "direction", "joined_contact_id", "state"}
            | {"command_id", "withdrawn_reason", "disposition", "amd_result", "hangup_cause", "hangup_source"}
            | {"sip_hangup_cause", "fault"}
        ),
        "caller_id_pools": frozenset({"id", "name", "numbers", "choose", "health"}),
        "caller_id_states": frozenset({"number", "rested_for", "attestation"}),
        "campaign_zones": frozenset({"campaign_id", "zone"}),
        "campaigns": frozenset(
            {"id", "name", "kind", "flow_id", "connection_id", "status", "caller_ids", "default_timezone", "pacing"}
            | {"consent", "on_opt_out", "caller_id_pool"}
            | {"calling_hours", "retry", "caps", "lists", "purpose", "subject", "voice", "spend"}
            | {"always_because", "law", "variables", "tags", "description"}
            | {"allow_number_kinds"}
        ),
        "connections": frozenset({"id", "dial_regions"}),
        "consent_events": frozenset({"id", "act", "kind", "purposes", "scope", "subject", "channel"}),
        "contact_words": frozenset({"contact_id"}),
        "contact_words_backlog": frozenset({"before"}),
        "contact_words_due": frozenset({"contact_id"}),
        "contacts": frozenset(
            {
                "id",
                "campaign_id",
                "import_id",
                "flow_id",
                "caller_id",
                "last_call_id",
                "zones_version",
                "redialed_after",
            }
        ),
        "events": frozenset({"id", "type", "subject", "data"}),  # ids, states and times alone (migration 0027)
        "flows": frozenset({"id", "name", "source", "content_type", "content_hash"}),
        "idempotency_keys": frozenset({"scope"}),
        "import_rejects": frozenset({"import_id", "status", "code"}),
        "imports": frozenset({"id", "campaign_id", "status", "params"}),
        "installation": frozenset({"epoch", "carrier", "policy", "number_key_inner", "number_key_outer"}),
        "lifted_holds": frozenset({"id", "contact_id", "holds"}),
        "lifted_suppressions": frozenset({"id", "scope", "call_id"}),
        "list_changes": frozenset({"id", "list_id", "action"}),
        "list_contents": frozenset({"list_id", "status", "prefix_lengths"}),
        "list_entries": frozenset({"result"}),
        "lists": frozenset({"id", "name", "kind", "regions", "purposes", "owner", "prefix_lengths"}),
        "new_events": frozenset({"type", "subject", "data"}),
        "numbers": frozenset({"id", "number", "flow_id", "home_id"}),
        "api_keys": frozenset({"id", "role"}),
        "audit_events": frozenset({"id", "key_id", "user_id", "action", "subject", "changes"}),
        "policy_changes": frozenset({"changes"}),
        "recordings": frozenset({"id", "call_id", "campaign_id", "told_as", "event_id", "leg", "channels", "format"}),
        "sign_in_links": frozenset({"role"}),
        "sign_in_sessions": frozenset({"user_id", "role"}),
        "suppression_requests": frozenset({"suppression_id", "call_id"}),
        "suppressions": frozenset({"id", "scope", "call_id"}),
        "tallies": frozenset({"campaign_id", "subject"}),
        "tally_changes": frozenset({"campaign_id", "subject"}),
        "users": frozenset({"id", "role"}),
        "webhook_deliveries": frozenset({"endpoint_id", "event_id", "type", "subject", "status", "lease", "error"}),
        "webhook_endpoints": frozenset({"id", "url", "events", "secret", "previous_secret", "disabled_reason"}),
    }
)


def erase_columns(tx: Connection, person: Person) -> None:
    """Clear every column of a person's rows; the rows stay as the ledger. Safe to repeat."""
    for erased in ERASED_COLUMNS:
        tx.execute(update(erased.table).where(erased.rows(person)).values(erased.values))
