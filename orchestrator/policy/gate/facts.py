"""What the gate looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from orchestrator.policy.caller_id import PoolInUse
from orchestrator.policy.consents import RequiredConsent
from orchestrator.policy.gate.limits import NO_LIMITS, Limits
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.law.law import Law
from orchestrator.policy.law.law_mode import LawMode
from orchestrator.policy.lifted_holds import Lift
from orchestrator.policy.lists.reassigned import Answer
from orchestrator.policy.lists.registries import Registry
from orchestrator.policy.phone.kinds import NumberKind
from orchestrator.policy.weekly_hours import CallingHours


@dataclass(frozen=True, slots=True, kw_only=True)
class GateFacts:
    """All that the gate looks at, gathered by the store in the transaction that acts on the answer.

    `campaign_status` is None for a single call outside any campaign. `number_in_use` says that the person is calling us
    now; two dials to a number are kept apart by the ledger itself. `last_dial_to_number_at` is the last dial for
    *another* contact: this contact's own attempts are spaced by its retry rules. `gap_said_by` says whether the gap is
    the campaign's number_gap, or a longer min_gap of the caps. `last_dial_at` is the last for any contact, from which
    the `law_gap` counts. `max_attempts` is the rules' `most_attempts`, or what a person has asked for. `listed_on` is a
    list or registry of the campaign that holds the number, `registries` are those that cover it. `law_zone_key` has the
    zones in all of which the hours of the law must be open, "" for those of `zone_key`. `*_frees_at` is when the oldest
    dial counted by that limit leaves its window; None while one that is counted may yet turn out never to have been
    made. A limit or a rest that is None is none. `contact_status`, `lifts`, the holds that a person has lifted, `ours`,
    the limits without those of the law, `own_caps`, what the campaign says of them, and `pool`, its pool of caller ids,
    are for explanations alone. `caller_ids_closed` says why no number of that pool may be dialed from, until
    `caller_ids_open_at`.
    """

    campaign_status: str | None
    calling_hours: CallingHours
    zone_key: str
    law_zone_key: str = ""
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
    law: Law | None = None
    law_mode: LawMode = LawMode.ENFORCE
    suppressed: bool = False
    # The newest revocation that covers the campaign, the newest consent to its purpose that holds, and the newest that
    # is what the campaign asks for.
    revoked_at: datetime | None = None
    consented_at: datetime | None = None
    consent_required: RequiredConsent = RequiredConsent.NONE
    required_consent_at: datetime | None = None
    listed_on: str | None = None
    registries: tuple[Registry, ...] = ()
    allow_list: str | None = None
    is_allowed: bool = True
    answers: tuple[Answer, ...] = ()  # on whether the number went to somebody else
    must_clear: tuple[str, ...] = ()  # the lists of which one must say that it did not; none: nobody asks
    contact_status_ok: bool = True
    contact_status: str | None = None
    number_kind: NumberKind = NumberKind.UNKNOWN
    allowed_kinds: frozenset[NumberKind] = frozenset()
    number_regions: frozenset[str] = frozenset()
    dial_regions: frozenset[str] = frozenset()  # of which the number must be; none: all are dialed
    number_in_use: bool = False
    last_dial_to_number_at: datetime | None = None
    number_gap: timedelta = timedelta(0)
    gap_said_by: str = "number_gap"
    last_dial_at: datetime | None = None
    law_gap: timedelta = timedelta(0)
    number_dials_last_day: int = 0
    number_day_limit: int | None = None
    number_frees_at: datetime | None = None
    number_dials_last_week: int = 0
    number_week_limit: int | None = None
    number_week_frees_at: datetime | None = None
    subject_dials_last_day: int = 0
    subject_day_limit: int | None = None
    subject_frees_at: datetime | None = None
    last_human_at: datetime | None = None
    rest_after_human: timedelta | None = None
    last_abandoned_at: datetime | None = None
    rest_after_abandoned: timedelta | None = None
    lifts: tuple[Lift, ...] = ()
    ours: Limits = NO_LIMITS
    own_caps: Mapping[str, Any] = field(default_factory=dict)
    caller_id_dials_last_day: int = 0
    caller_id_day_limit: int | None = None
    caller_id_frees_at: datetime | None = None
    caller_ids_closed: Reason | None = None
    caller_ids_open_at: datetime | None = None
    pool: PoolInUse | None = None
