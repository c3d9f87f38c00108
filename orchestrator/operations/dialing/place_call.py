"""Places a single call: through the same gate and ledger as a campaign's, without a campaign of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import redis
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import Connection, Engine, Row

from orchestrator.clock import Clock
from orchestrator.contact_files.contact_rows import ContactForm, ContactProblem, NewContact, read_contact
from orchestrator.errors import Conflict, FieldError, InvalidInput, LimitReached
from orchestrator.operations.access.audit import concerns
from orchestrator.operations.dialing.claim_contacts import Claimer, RateLimits, Reservation
from orchestrator.operations.dialing.rate_limits import account_rate_limit
from orchestrator.operations.flows.find_flows import check_ring, flow_named
from orchestrator.policy.because import Because, because_needed
from orchestrator.policy.caps import Caps
from orchestrator.policy.dial_gate import Hold
from orchestrator.policy.explain import explain
from orchestrator.policy.hold_reasons import HELD_BY_CAPS, Reason
from orchestrator.policy.hold_sentences import sentence_of_check
from orchestrator.policy.phone.field import Number
from orchestrator.policy.phone.number_kind import why_never_shown
from orchestrator.policy.phone.parse_phone import PhoneProblem, read_phone
from orchestrator.policy.region_codes import MEANS as REGION_MEANS
from orchestrator.policy.region_codes import PersonsRegion
from orchestrator.policy.timestamps import Moment, format_timestamp
from orchestrator.policy.variables import Value
from orchestrator.policy.zones.contact_zones import zones_for
from orchestrator.policy.zones.named_zone import Zone
from orchestrator.policy.zones.timezone_source import MEANS as SOURCE_MEANS
from orchestrator.policy.zones.timezone_source import SaidSource
from orchestrator.policy.zones.zones_version import zones_version
from orchestrator.settings import Settings
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.rate_limiter import Health, RateLimit, read_health
from orchestrator.store.sql.before_commit import before_commit
from orchestrator.store.sql.calls import find_call, is_number_in_use, newest_call_of, publish_at_next_tick
from orchestrator.store.sql.campaigns import add_zones
from orchestrator.store.sql.connections import ensure_connection, find_connection
from orchestrator.store.sql.contacts import bound_single_contact, insert_single_contact
from orchestrator.store.sql.dial_checks import gate_facts, read_facts
from orchestrator.store.sql.dial_counts import Dials
from orchestrator.store.sql.dialing_stop import read_stop
from orchestrator.store.sql.erased_calls import ERASED, copy_values_from
from orchestrator.store.sql.flow_cache import FlowCache
from orchestrator.store.sql.system_campaigns import ensure_system_campaign

DIALED_WITHIN = timedelta(hours=1)
"""Whoever places a call means it for now: one that was withdrawn, as by a stop, is not dialed later than that."""

_WAIT_FOR_ROOM_S = 2.0
_SAID_BY_LISTS = (Reason.SUPPRESSED, Reason.LIST_STALE)
_TRY_EVERY_S = 0.05


class NewCall(BaseModel):
    """A single call."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, validate_by_alias=True, validate_by_name=True)

    to: Number
    from_: Number | None = Field(None, alias="from", description="Left out: ORCHESTRATOR_CALLER_ID.")
    flow: str | None = Field(None, description="Id or name; left out, the call is driven by actions.")
    variables: dict[str, Value] = Field(default_factory=dict)
    external_id: str | None = None
    timezone: Zone | None = Field(None, description="IANA name; left out, it follows from the number.")
    timezone_source: SaidSource | None = Field(None, description=SOURCE_MEANS)
    region: PersonsRegion | None = Field(None, description=REGION_MEANS)
    ignore_hours: bool = Field(
        default=False, description="Dial outside the calling hours and those of the law, too; it needs `because`."
    )
    because: Because | None = Field(None, validate_default=True)
    not_after: Moment | None = Field(
        None, description="If it was not dialed by then, nobody is called any more. Left out: an hour from now."
    )

    @field_validator("because")
    @classmethod
    def _goes_with_ignored_hours(cls, because: str | None, info: ValidationInfo) -> str | None:
        ignored = info.data.get("ignore_hours", False)
        if ignored and because is None:
            raise because_needed("ignore_hours")
        if because is not None and not ignored:
            raise PydanticCustomError("because", "`because` goes with `ignore_hours: true`; leave it out")
        return because


@dataclass(frozen=True)
class _CheckedCall:
    """A single call that can be dialed as far as its request goes."""

    contact_id: str
    flow_id: str | None
    contact: NewContact
    caller_id: str
    ignore_hours: bool
    because: str | None
    not_after: datetime | None
    values_of: str | None = None


def place_call(
    wanted: NewCall,
    *,
    contact_id: str,
    values_of: str | None = None,
    sql: Engine,
    client: redis.Redis,
    keys: Keys,
    flows: FlowCache,
    settings: Settings,
    caps: Caps,
    clock: Clock,
) -> Row[Any]:
    """Reserve the call, to be dialed at the next tick, and return it; the same `contact_id` again is the same call.

    `values_of` is the contact whose values it has, if they are somebody's: erasing that contact clears them here, too.
    Raises InvalidInput for what the flow cannot use and for a flow that gives up too soon, Conflict with the gate's
    reason and time, LimitReached when rate or channels stay full for 2 s.
    """
    checked = _check(wanted, contact_id=contact_id, sql=sql, flows=flows, settings=settings, now=clock())
    call = replace(checked, values_of=values_of)
    claimer = Claimer(sql=sql, client=client, flows=flows, webhook_url=settings.webhook_url, keys=keys, caps=caps)
    pause, deadline = threading.Event(), time.monotonic() + _WAIT_FOR_ROOM_S
    while True:
        try:
            return _reserve(call, claimer, sql=sql, client=client, keys=keys, settings=settings, clock=clock)
        except LimitReached:
            if time.monotonic() > deadline:
                raise
        pause.wait(_TRY_EVERY_S)


def _check(
    wanted: NewCall, *, contact_id: str, sql: Engine, flows: FlowCache, settings: Settings, now: datetime
) -> _CheckedCall:
    flow_id = flow_named(sql, wanted.flow).id if wanted.flow else None
    flow = flows.find(flow_id)
    if flow:
        check_ring(flow)
    form = ContactForm(required=flow.required_inputs, optional=flow.optional_inputs) if flow else ContactForm()
    names = ("external_id", "timezone", "timezone_source", "region", "variables")
    document = {"phone": wanted.to, **{name: getattr(wanted, name) for name in names}}
    contact = read_contact(document, form)
    caller_id = _caller_id(wanted.from_ or settings.caller_id)
    errors: list[FieldError] = []
    if wanted.not_after is not None and wanted.not_after <= now:
        errors.append(FieldError("/not_after", "past", "a time that is still to come"))
    if isinstance(contact, ContactProblem):
        errors.append(FieldError(_pointer(contact), contact.code, contact.detail))
    if isinstance(caller_id, FieldError):
        errors.append(caller_id)
    if errors or isinstance(contact, ContactProblem) or isinstance(caller_id, FieldError):
        raise InvalidInput(errors)
    return _CheckedCall(contact_id, flow_id, contact, caller_id, wanted.ignore_hours, wanted.because, wanted.not_after)


def _caller_id(shown: str | None) -> str | FieldError:
    """Return the number that the callee sees, as E.164, or why there is none."""
    if shown is None:
        return FieldError("/from", "required", "name a caller id, or set ORCHESTRATOR_CALLER_ID")
    read = read_phone(shown)
    if isinstance(read, PhoneProblem):
        return FieldError("/from", "caller_id", f"ORCHESTRATOR_CALLER_ID: {read.detail}")
    why = why_never_shown(read)
    return FieldError("/from", "number_kind", why) if why else read


def _pointer(problem: ContactProblem) -> str:
    return "/to" if problem.field == "phone" else f"/{problem.field}"


def _reserve(
    call: _CheckedCall,
    claimer: Claimer,
    *,
    sql: Engine,
    client: redis.Redis,
    keys: Keys,
    settings: Settings,
    clock: Clock,
) -> Row[Any]:
    with before_commit(None), sql.begin() as tx:  # the same for every call, and no part of this one
        connection_id = ensure_connection(tx, settings)
        campaign_id = ensure_system_campaign(tx, connection_id, kind="direct")
        limits = find_connection(tx, connection_id)
    _check_carrier(read_health(client, keys, connection_id))
    assert limits is not None
    account = account_rate_limit(
        connection_id, calls_per_second=limits.calls_per_second, max_live_calls=limits.max_live_calls
    )
    with Reservation(client, keys, RateLimits(account, RateLimit(campaign_id))) as reservation, sql.begin() as tx:
        if not _insert_contact(tx, call, campaign_id, clock):
            return _placed_before(tx, call.contact_id)
        call_id = _claim(tx, call, claimer, reservation)
        if call.values_of:
            _note_values(tx, call_id, call.values_of)
        if call.not_after is None:  # behind the claim: who is refused is told when the reason is gone, not the bound
            bound_single_contact(tx, call.contact_id, not_after=clock() + DIALED_WITHIN)
        concerns(call_id)
        publish_at_next_tick(tx, call_id)
        row = find_call(tx, call_id)
    assert row is not None
    return row


def _claim(tx: Connection, call: _CheckedCall, claimer: Claimer, reservation: Reservation) -> str:
    """Return the id of the attempt; raise LimitReached without room for it, Conflict with the gate's refusal."""
    claim = claimer.claim_locked(tx, [call.contact_id], reservation)
    if claim.call_ids:
        return claim.call_ids[0]
    refusal = claim.refusals.get(call.contact_id)
    if refusal is None and not is_number_in_use(tx, call.contact.phone):
        raise LimitReached(Reason.NO_CAPACITY.value, "The rate or the channels allowed are used up at the moment.")
    reason = refusal.reason if refusal else Reason.NUMBER_IN_USE
    until = refusal.until if isinstance(refusal, Hold) else None
    stop = read_stop(tx) if reason is Reason.DIALING_STOPPED else None
    lists = _lists_of(tx, call.contact_id) if reason in _SAID_BY_LISTS else ()
    named = f" It is for {', '.join(lists)}." if lists else ""
    raise Conflict(
        reason.value,
        (stop.sentence if stop else _in_words(tx, call.contact_id, reason, claimer.caps)) + named,
        until=format_timestamp(until) if until else None,
        lists=lists,
    )


def _note_values(tx: Connection, call_id: str, contact_id: str) -> None:
    """Note whose values a call has; raise InvalidInput where that contact is erased, LimitReached to try again."""
    contact = copy_values_from(tx, call_id, contact_id)
    if contact is None:
        raise LimitReached("contact_in_use", "The contact is being changed at this moment.")
    if contact.phone.startswith(ERASED):
        raise InvalidInput([FieldError("/contact_id", "erased", "the contact was erased")])


def _in_words(tx: Connection, contact_id: str, reason: Reason, caps: Caps) -> str:
    """Return why a call is refused, with who says the cap or the rest that holds."""
    if reason not in HELD_BY_CAPS:
        return reason.sentence
    row = read_facts(tx, [contact_id], caps)[contact_id]
    told = explain(gate_facts(row, contact_status_ok=True, from_caller_id=Dials()), row["db_now"])
    held = next((each for each in told.checks if each.reason is reason), None)
    return sentence_of_check(held, reason) if held else reason.sentence


def _lists_of(tx: Connection, contact_id: str) -> Sequence[str]:
    """Return the list that keeps a contact out, or the registries that are too old to say whether they do."""
    row = read_facts(tx, [contact_id], Caps())[contact_id]
    facts = gate_facts(row, contact_status_ok=True, from_caller_id=Dials())
    if facts.listed_on:
        return [facts.listed_on]
    return [each.name for each in facts.registries if each.is_stale(row["db_now"])] if not facts.suppressed else ()


def _check_carrier(health: Health) -> None:
    if health.closed:
        raise Conflict("dialing_closed", f"Dialing is closed for the moment: {health.reason}.")


def _insert_contact(tx: Connection, call: _CheckedCall, campaign_id: str, clock: Clock) -> bool:
    """Insert the hidden contact of the call; False if it is there already."""
    contact = call.contact
    zone = zones_for(contact.phone, contact.timezone, region=contact.region, now=clock()).key
    values = {
        "id": call.contact_id,
        "campaign_id": campaign_id,
        "phone": call.contact.phone,
        "external_id": call.contact.external_id,
        "variables": call.contact.variables,
        "timezone": call.contact.timezone,
        "timezone_source": call.contact.timezone_source,
        "region": call.contact.region,
        "zone": zone,
        "zones_version": zones_version().name,
        "flow_id": call.flow_id,
        "caller_id": call.caller_id,
        "ignore_hours": call.ignore_hours,
        "ignore_hours_because": call.because,
        "not_after": call.not_after,
        "is_single": True,
    }
    add_zones(tx, campaign_id, [zone])
    return insert_single_contact(tx, values)


def _placed_before(tx: Connection, contact_id: str) -> Row[Any]:
    row = newest_call_of(tx, contact_id)
    assert row is not None, "a contact of a single call is written with its call"
    return row
