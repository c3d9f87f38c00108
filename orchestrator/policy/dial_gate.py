"""The gate: may this contact be dialed at this moment? Asked at the claim and once more right before the send.

The checks are in two tables. Those with a permanent answer come first: a contact that can never be dialed is not
shown as waiting for a pause to end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from orchestrator.model.campaign_status import CampaignStatus
from orchestrator.model.contact_status import ContactStatus
from orchestrator.policy.calling_hours import is_open, is_zone_unknown, next_opening
from orchestrator.policy.hold_reasons import END_OF_CAMPAIGN, Reason
from orchestrator.policy.phone.number_kind import NEVER_DIALED, NumberKind
from orchestrator.policy.weekly_hours import CallingHours

_ASK_AGAIN_IN_USE = timedelta(minutes=1)
_ASK_AGAIN_QUOTA = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateFacts:
    """All that the gate looks at, gathered by the store in the transaction that acts on the answer.

    `campaign_status` is None for a single call outside any campaign. `number_in_use` says that the person is calling us
    now; two dials to a number are kept apart by the ledger itself. `last_dial_to_number_at` is the last dial for
    *another* contact: this contact's own attempts are spaced by its retry rules. `max_attempts` is the rules'
    `most_attempts`. `*_frees_at` is when the oldest dial counted by that limit is a day old; None while one that is
    counted may yet turn out never to have been made.
    """

    campaign_status: str | None
    calling_hours: CallingHours
    zone_key: str
    attempts_spent: int
    max_attempts: int
    dialing_stopped: bool = False
    connection_closed: Reason | None = None
    connection_opens_at: datetime | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None
    ignore_hours: bool = False
    suppressed: bool = False
    contact_status_ok: bool = True
    number_kind: NumberKind = NumberKind.UNKNOWN
    number_in_use: bool = False
    last_dial_to_number_at: datetime | None = None
    number_gap: timedelta = timedelta(0)
    number_dials_last_day: int = 0
    number_day_limit: int | None = None
    number_frees_at: datetime | None = None
    caller_id_dials_last_day: int = 0
    caller_id_day_limit: int | None = None
    caller_id_frees_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Go:
    """Dial now."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Not now. Ask again at `until`; None means that only somebody's action can change the answer."""

    reason: Reason
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Never:
    """Not any more: the contact ends in `status`; None where it has ended already."""

    reason: Reason
    status: ContactStatus | None


GateAnswer = Go | Hold | Never


def may_dial(facts: GateFacts, now: datetime) -> GateAnswer:
    """Return Go, Hold with its reason and time, or Never with the contact's final status.

    A hold never outlasts the contact's not_after or the campaign's ends_at: at that time the answer becomes Never.
    """
    for check in _FOR_EVER:
        if never := check(facts, now):
            return never
    for wait in _FOR_NOW:
        if hold := wait(facts, now):
            return Hold(hold.reason, _earliest(hold.until, facts.not_after, facts.ends_at))
    return Go()


def _earliest(*moments: datetime | None) -> datetime | None:
    return min((moment for moment in moments if moment), default=None)


def _contact_closed(facts: GateFacts, now: datetime) -> Never | None:  # noqa: ARG001 the table's shape
    return None if facts.contact_status_ok else Never(Reason.CONTACT_CLOSED, None)


def _campaign_over(facts: GateFacts, now: datetime) -> Never | None:
    has_passed = facts.ends_at is not None and facts.ends_at <= now
    end = END_OF_CAMPAIGN.get(facts.campaign_status or "") or (
        END_OF_CAMPAIGN[CampaignStatus.COMPLETED] if has_passed else None
    )
    return Never(end[1], end[0]) if end else None


def _number_kind(facts: GateFacts, now: datetime) -> Never | None:  # noqa: ARG001
    is_refused = facts.number_kind in NEVER_DIALED
    return Never(Reason.NUMBER_KIND, ContactStatus.EXHAUSTED) if is_refused else None


def _suppressed(facts: GateFacts, now: datetime) -> Never | None:  # noqa: ARG001
    return Never(Reason.SUPPRESSED, ContactStatus.SUPPRESSED) if facts.suppressed else None


def _attempts_spent(facts: GateFacts, now: datetime) -> Never | None:  # noqa: ARG001
    spent = facts.attempts_spent >= facts.max_attempts
    return Never(Reason.ATTEMPTS_SPENT, ContactStatus.EXHAUSTED) if spent else None


def _too_late(facts: GateFacts, now: datetime) -> Never | None:
    late = facts.not_after is not None and facts.not_after <= now
    return Never(Reason.TOO_LATE, ContactStatus.EXPIRED) if late else None


def _dialing_stopped(facts: GateFacts, now: datetime) -> Hold | None:  # noqa: ARG001
    return Hold(Reason.DIALING_STOPPED, None) if facts.dialing_stopped else None


def _campaign_still(facts: GateFacts, now: datetime) -> Hold | None:
    if facts.starts_at and facts.starts_at > now:
        return Hold(Reason.CAMPAIGN_NOT_STARTED, facts.starts_at)
    if facts.campaign_status in (None, CampaignStatus.RUNNING):
        return None
    return Hold(
        Reason.CAMPAIGN_PAUSED if facts.campaign_status == CampaignStatus.PAUSED else Reason.CAMPAIGN_NOT_STARTED, None
    )


def _connection_closed(facts: GateFacts, now: datetime) -> Hold | None:  # noqa: ARG001
    return Hold(facts.connection_closed, facts.connection_opens_at) if facts.connection_closed else None


def _not_yet(facts: GateFacts, now: datetime) -> Hold | None:
    early = facts.not_before is not None and facts.not_before > now
    return Hold(Reason.NOT_YET, facts.not_before) if early else None


def _closed_hours(facts: GateFacts, now: datetime) -> Hold | None:
    if facts.ignore_hours or is_open(facts.calling_hours, facts.zone_key, now):
        return None
    if is_zone_unknown(facts.calling_hours, facts.zone_key, now):
        return Hold(Reason.ZONE_UNKNOWN, None)
    return Hold(Reason.OUTSIDE_HOURS, next_opening(facts.calling_hours, facts.zone_key, now))


def _number_in_use(facts: GateFacts, now: datetime) -> Hold | None:
    return Hold(Reason.NUMBER_IN_USE, now + _ASK_AGAIN_IN_USE) if facts.number_in_use else None


def _number_gap(facts: GateFacts, now: datetime) -> Hold | None:
    free_at = facts.last_dial_to_number_at and facts.last_dial_to_number_at + facts.number_gap
    return Hold(Reason.NUMBER_GAP, free_at) if free_at and free_at > now else None


def _number_day_limit(facts: GateFacts, now: datetime) -> Hold | None:
    if facts.number_day_limit is None or facts.number_dials_last_day < facts.number_day_limit:
        return None
    return Hold(Reason.NUMBER_DAY_LIMIT, facts.number_frees_at or now + _ASK_AGAIN_IN_USE)


def _caller_id_quota(facts: GateFacts, now: datetime) -> Hold | None:
    if facts.caller_id_day_limit is None or facts.caller_id_dials_last_day < facts.caller_id_day_limit:
        return None
    # Thousands may wait for one caller id, and its next free place takes one: not all are asked again for each.
    free_at = max(facts.caller_id_frees_at or now, now + _ASK_AGAIN_QUOTA)
    return Hold(Reason.CALLER_ID_QUOTA, free_at)


_FOR_EVER: tuple[Callable[[GateFacts, datetime], Never | None], ...] = (
    _contact_closed,
    _campaign_over,
    _number_kind,
    _suppressed,
    _attempts_spent,
    _too_late,
)
_FOR_NOW: tuple[Callable[[GateFacts, datetime], Hold | None], ...] = (
    _dialing_stopped,
    _campaign_still,
    _connection_closed,
    _not_yet,
    _closed_hours,
    _number_in_use,
    _number_gap,
    _number_day_limit,
    _caller_id_quota,
)
