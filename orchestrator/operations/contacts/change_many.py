"""Cancels, suppresses, redials, releases or reorders the contacts that a filter selects, a batch at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import ColumnElement, Connection, Engine, Row

from orchestrator.clock import Clock
from orchestrator.model.contact_status import ContactStatus
from orchestrator.operations.contacts.bulk_changes import Stores, Way, count_matching, make_change
from orchestrator.operations.contacts.contact_filter import ContactFilter
from orchestrator.operations.contacts.end_contact import withdraw_claims
from orchestrator.operations.contacts.end_suppressed import end_suppressed
from orchestrator.operations.contacts.hang_up_suppressed import hang_up_at_once
from orchestrator.operations.contacts.redial_contacts import (
    MOST_ATTEMPTS,
    MoreAttempts,
    count_redial,
    redial_campaign,
)
from orchestrator.operations.contacts.suppress_number import API, GLOBAL
from orchestrator.operations.dialing.drain_dials import drain_dials, wait_for_earlier_sends
from orchestrator.operations.dialing.release_attempts import ReleaseReason
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.timestamps import Moment, parse_timestamp
from orchestrator.store.sql import call_filters, many_contacts, restored_contacts
from orchestrator.store.sql.bounded_connection import allow
from orchestrator.store.sql.opt_outs import Asked, phones_still_waiting, write_opt_outs
from orchestrator.store.timeouts import SWEEPING

Action = Literal["cancel", "redial", "suppress", "set_priority", "set_not_before", "release_restored"]
_OF_ACTION: dict[str, frozenset[str]] = {
    "cancel": frozenset(),
    "redial": frozenset({"attempts", "not_before"}),
    "suppress": frozenset({"scope", "reason", "by"}),
    "set_priority": frozenset({"priority"}),
    "set_not_before": frozenset({"not_before"}),
    "release_restored": frozenset(),
}
_NEEDED = {"set_priority": "priority", "set_not_before": "not_before"}
_MAY_BE_NULL = frozenset({"not_before"})
_RELEASE = ReleaseReason(Reason.SUPPRESSED, final=ContactStatus.SUPPRESSED, counts=False)


class ManyContacts(BaseModel):
    """What to do to which contacts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    filter: ContactFilter = ContactFilter()
    all: bool = Field(default=False, description="Every contact: an empty filter is refused without it.")
    action: Action
    attempts: int | None = Field(None, ge=1, le=MOST_ATTEMPTS, strict=True, description="With `redial`; 1 unless said.")
    not_before: Moment | None = Field(None, description="With `set_not_before`, null takes it away; with `redial`.")
    priority: int | None = Field(None, ge=-1000, le=1000, strict=True, description="With `set_priority`.")
    scope: Literal["global", "campaign"] | None = Field(
        None, description="With `suppress`: everywhere (unless said), or the filter's campaign alone."
    )
    reason: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = Field(
        None, description="With `suppress`: in what words."
    )
    by: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = Field(
        None, description="With `suppress`: who asks for it. Left out: the name of the API key or the user."
    )
    dry_run: bool = Field(default=False, description="Count them, and change nothing.")

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        if not self.filter.stored() and not self.all:
            raise PydanticCustomError("filter_required", "an empty filter means every contact: say `all: true`")
        if self.filter.campaign_id is None and (self.action == "redial" or self.scope == "campaign"):
            raise PydanticCustomError("campaign_required", "this is of one campaign: name its filter.campaign_id")
        return self

    @model_validator(mode="after")
    def _says_what_to(self) -> Self:
        given = self.model_fields_set - {"filter", "all", "action", "dry_run"}
        if foreign := sorted(given - _OF_ACTION[self.action]):
            raise PydanticCustomError(
                "not_of_action", "{fields}: not with {action}", {"fields": ", ".join(foreign), "action": self.action}
            )
        needed = _NEEDED.get(self.action)
        given -= {name for name in given - _MAY_BE_NULL if getattr(self, name) is None}
        if needed and needed not in given:
            raise PydanticCustomError("required", "{action} needs {field}", {"action": self.action, "field": needed})
        return self

    def wanted(self) -> dict[str, Any]:
        """Return what becomes of the contacts, as JSON."""
        said = self.model_dump(mode="json", include=set(_OF_ACTION[self.action]))
        if self.action == "suppress":
            scope = self.filter.campaign_id if self.scope == "campaign" else GLOBAL
            return {"scope": scope, "reason": self.reason or "requested", "by": self.by or API}
        return said

    def more_attempts(self) -> MoreAttempts:
        """Return what a redial gives them."""
        return MoreAttempts(self.attempts or 1, self.not_before)


def change_contacts(
    asked: ManyContacts, *, change_id: str, stores: Stores, clock: Clock, call_estimate: Decimal
) -> Row[Any]:
    """Change the contacts and return the change; the same `change_id` again goes on with it.

    Raises Conflict for a redial of a campaign that cannot be called again.
    """
    filters = asked.filter.stored()
    if asked.action == "redial":
        rules: dict[str, Any] = {"clock": clock, "call_estimate": call_estimate}
        of = str(asked.filter.campaign_id)
        return redial_campaign(of, filters, asked.more_attempts(), change_id=change_id, stores=stores, **rules)
    return make_change(change_id, _WAYS[asked.action], filters=filters, wanted=asked.wanted(), stores=stores)


def count_many(asked: ManyContacts, *, sql: Engine, clock: Clock, call_estimate: Decimal) -> tuple[int, int]:
    """Return how many contacts match, and how many of them would be changed."""
    filters = asked.filter.stored()
    if asked.action == "redial":
        rules: dict[str, Any] = {"clock": clock, "call_estimate": call_estimate}
        return count_redial(str(asked.filter.campaign_id), filters, asked.more_attempts(), sql=sql, **rules)
    such = _such(asked.action, asked.wanted())
    return count_matching(filters, sql=sql, count=lambda tx, ids: many_contacts.count_such(tx, ids, such))


def _such(action: str, wanted: Mapping[str, Any]) -> ColumnElement[bool]:
    match action:
        case "set_priority":
            return many_contacts.has_other_priority(wanted["priority"])
        case "set_not_before":
            return many_contacts.has_other_beginning(_moment(wanted))
        case "suppress":
            return many_contacts.is_not_suppressed(wanted["scope"])
        case "release_restored":
            return restored_contacts.is_restored()
        case _:
            return many_contacts.is_open()


def _cancel(tx: Connection, _change: Row[Any], contact_ids: Sequence[str]) -> int:
    return many_contacts.cancel_open(tx, contact_ids)


def _withdraw(stores: Stores, contact_ids: Sequence[str]) -> None:
    withdraw_claims(contact_ids, sql=stores.sql, client=stores.client, keys=stores.keys)


def _wait_for_sends(stores: Stores, contact_ids: Sequence[str]) -> None:
    wait_for_earlier_sends(call_filters.of_contacts(contact_ids), sql=stores.sql)


def _prioritize(tx: Connection, change: Row[Any], contact_ids: Sequence[str]) -> int:
    return many_contacts.set_priority(tx, contact_ids, change.wanted["priority"])


def _postpone(tx: Connection, change: Row[Any], contact_ids: Sequence[str]) -> int:
    return many_contacts.set_not_before(tx, contact_ids, _moment(change.wanted))


def _release(tx: Connection, _change: Row[Any], contact_ids: Sequence[str]) -> int:
    return restored_contacts.release_restored(tx, contact_ids)


def _suppress(tx: Connection, change: Row[Any], contact_ids: Sequence[str]) -> int:
    """Suppress the numbers of contacts; count each whose number was not suppressed before the change came to it."""
    wanted = change.wanted
    were_not = many_contacts.is_not_suppressed(wanted["scope"], before=change.created_at)
    changed = many_contacts.count_such(tx, contact_ids, were_not)
    phones = many_contacts.phones_of(tx, contact_ids)
    write_opt_outs(tx, [Asked(each, wanted["scope"], wanted["reason"], asked_by=wanted["by"]) for each in phones])
    return changed


def _end_waiting(stores: Stores, contact_ids: Sequence[str]) -> None:
    """End all who wait with the numbers of these contacts, in whatever campaign: nobody else would at once."""
    with stores.sql.connect() as tx:
        phones = many_contacts.phones_of(tx, contact_ids)
    end_suppressed(phones, sql=stores.sql)


def _stop_calls(stores: Stores, change: Row[Any]) -> None:
    """Withdraw what is claimed for numbers that are suppressed now, and hang up what rings (R9).

    First whoever still waits is ended: a process that died behind a batch has left them.
    """
    while phones := _waiting_still(stores, change):
        end_suppressed(phones, sql=stores.sql)
    hang_up_at_once(stores.sql, stores.client, stores.keys)
    concerned = call_filters.open_to_suppressed_numbers()
    drain_dials(concerned, _RELEASE, sql=stores.sql, client=stores.client, keys=stores.keys)


def _waiting_still(stores: Stores, change: Row[Any]) -> Sequence[str]:
    with stores.sql.begin() as tx:
        allow(tx, SWEEPING)
        return phones_still_waiting(tx, asked_since=change.created_at)


def _moment(wanted: Mapping[str, Any]) -> datetime | None:
    return parse_timestamp(wanted["not_before"]) if wanted["not_before"] else None


WAYS_OF_MANY: Final = (
    Way("cancel", apply=_cancel, follow=_withdraw),
    Way("suppress", apply=_suppress, follow=_end_waiting, finish=_stop_calls),
    Way("set_priority", apply=_prioritize),
    Way("set_not_before", apply=_postpone, follow=_wait_for_sends),
    Way("release_restored", apply=_release),
)
_WAYS: Final = {way.kind: way for way in WAYS_OF_MANY}
