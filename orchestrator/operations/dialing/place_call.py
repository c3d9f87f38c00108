"""Places a single call: the same gate, the same ledger, without a campaign of its own."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, Row, update
from sqlalchemy.dialects.postgresql import insert

from orchestrator.contact_files.contact_rows import ContactForm, ContactProblem, NewContact, read_contact
from orchestrator.errors import Conflict, FieldError, InvalidInput, LimitReached
from orchestrator.operations.dialing.claim_contacts import Claimer, RateLimits, Reservation
from orchestrator.operations.dialing.rate_limits import account_rate_limit
from orchestrator.operations.flows.find_flows import check_ring, flow_named
from orchestrator.policy.dial_gate import Hold
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.phone.field import Number
from orchestrator.policy.phone.number_kind import why_never_shown
from orchestrator.policy.phone.parse_phone import PhoneProblem, read_phone
from orchestrator.policy.timestamps import format_timestamp
from orchestrator.policy.zones.contact_zones import zones_for
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.rate_limiter import RateLimit, read_health
from orchestrator.store.sql.calls import find_call, is_number_in_use, newest_call_of
from orchestrator.store.sql.campaigns import add_zones
from orchestrator.store.sql.connections import ensure_connection, find_connection
from orchestrator.store.sql.dialing_stop import read_stop
from orchestrator.store.sql.system_campaigns import ensure_system_campaign
from orchestrator.store.sql.tables import calls, contacts

if TYPE_CHECKING:
    from orchestrator.services import Services

_WAIT_FOR_A_PLACE_S = 2.0
_ASK_EVERY_S = 0.05


class NewCall(BaseModel):
    """A single call."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, validate_by_alias=True, validate_by_name=True)

    to: Number
    from_: Number | None = Field(None, alias="from", description="Left out: ORCHESTRATOR_CALLER_ID.")
    flow: str | None = Field(None, description="Id or name; left out, the call is driven by actions.")
    variables: dict[str, str | int | float | bool] = Field(default_factory=dict)
    external_id: str | None = None
    ignore_hours: bool = Field(default=False, description="Dial outside the calling hours, too.")


def place_call(services: Services, wanted: NewCall, *, contact_id: str) -> Row[Any]:
    """Reserve the call, to be dialed at the next tick, and return it; the same `contact_id` again is the same call.

    Raises InvalidInput for what the flow cannot use and for a flow that gives up too soon, Conflict with the gate's
    reason and time, LimitReached when rate or channels stay full for 2 s.
    """
    flow_id = flow_named(services.sql, wanted.flow).id if wanted.flow else None
    if flow_id:
        check_ring(services.flows.get(flow_id))
    contact = _checked(services, wanted, flow_id=flow_id)
    pause, deadline = threading.Event(), time.monotonic() + _WAIT_FOR_A_PLACE_S
    while True:
        try:
            return _reserve(services, wanted, contact, contact_id=contact_id, flow_id=flow_id)
        except LimitReached:
            if time.monotonic() > deadline:
                raise
        pause.wait(_ASK_EVERY_S)


def _checked(services: Services, wanted: NewCall, *, flow_id: str | None) -> NewContact:
    flow = services.flows.get(flow_id) if flow_id else None
    form = ContactForm(required=flow.required_inputs, optional=flow.optional_inputs) if flow else ContactForm()
    document = {"phone": wanted.to, "external_id": wanted.external_id, "variables": wanted.variables}
    read = read_contact(document, form)
    wrong = [FieldError(_pointer(read), read.code, read.detail)] if isinstance(read, ContactProblem) else []
    shown = _caller_id(services, wanted)
    if isinstance(shown, FieldError):
        wrong.append(shown)
    if wrong or isinstance(read, ContactProblem):
        raise InvalidInput(wrong)
    return read


def _caller_id(services: Services, wanted: NewCall) -> str | FieldError:
    """Return the number that is shown, the request's or the setting's, as E.164, or why there is none."""
    shown = wanted.from_ or services.settings.caller_id
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
    services: Services, wanted: NewCall, contact: NewContact, *, contact_id: str, flow_id: str | None
) -> Row[Any]:
    with services.sql.begin() as tx:
        connection_id = ensure_connection(tx, services.settings)
        home = ensure_system_campaign(tx, connection_id, kind="direct")
        limits = find_connection(tx, connection_id)
    _check_carrier(services, connection_id)
    assert limits is not None
    allowed = {"calls_per_second": limits.calls_per_second, "max_live_calls": limits.max_live_calls}
    account = account_rate_limit(connection_id, **allowed)
    with (
        Reservation(services.redis, Keys(), RateLimits(account, RateLimit(home))) as reservation,
        services.sql.begin() as tx,
    ):
        if not _insert_contact(tx, services, wanted, contact, ids=(contact_id, home, flow_id)):
            return _placed_before(tx, contact_id)
        call_id = _claim(services, tx, contact_id, contact.phone, reservation)
        # nobody has published it: the dispatcher does at its next tick
        tx.execute(update(calls).where(calls.c.id == call_id).values(published_at=None))
        row = find_call(tx, call_id)
    assert row is not None
    return row


def _claim(services: Services, tx: Connection, contact_id: str, to: str, reservation: Reservation) -> str:
    claimer = Claimer(
        sql=services.sql,
        client=services.redis,
        flows=services.flows,
        webhook_url=services.settings.webhook_url,
        caps=services.caps,
    )
    claim = claimer.claim_locked(tx, [contact_id], reservation)
    if claim.call_ids:
        return claim.call_ids[0]
    refusal = claim.refusals.get(contact_id)
    if refusal is None and not is_number_in_use(tx, to):
        raise LimitReached(Reason.NO_CAPACITY.value, "The rate or the channels allowed are used up at the moment.")
    reason = refusal.reason if refusal else Reason.NUMBER_IN_USE
    until = refusal.until if isinstance(refusal, Hold) else None
    stop = read_stop(tx) if reason is Reason.DIALING_STOPPED else None
    raise Conflict(
        reason.value, stop.sentence if stop else reason.sentence, until=format_timestamp(until) if until else None
    )


def _check_carrier(services: Services, connection_id: str) -> None:
    health = read_health(services.redis, Keys(), connection_id)
    if health.closed:
        raise Conflict("dialing_closed", f"Dialing is closed for the moment: {health.reason}.")


def _insert_contact(
    tx: Connection, services: Services, wanted: NewCall, contact: NewContact, *, ids: tuple[str, str, str | None]
) -> bool:
    contact_id, home, flow_id = ids
    zone = zones_for(contact.phone, now=services.clock()).key
    values = {
        "id": contact_id,
        "campaign_id": home,
        "phone": contact.phone,
        "external_id": contact.external_id,
        "variables": contact.variables,
        "zone": zone,
        "flow_id": flow_id,
        "caller_id": _caller_id(services, wanted),
        "ignore_hours": wanted.ignore_hours,
        "is_single": True,
    }
    add_zones(tx, home, [zone])
    row = insert(contacts).values(values).on_conflict_do_nothing(index_elements=["id"]).returning(contacts.c.id)
    return tx.execute(row).first() is not None  # an insert's rowcount is -1: SQLAlchemy does not keep it


def _placed_before(tx: Connection, contact_id: str) -> Row[Any]:
    row = newest_call_of(tx, contact_id)
    assert row is not None, "a contact of a single call is written with its call"
    return row
