"""The checks whose answer is permanent: a contact that fails one of them is never dialed."""

from __future__ import annotations

from datetime import datetime

from orchestrator.model.campaign_status import CampaignStatus
from orchestrator.model.contact_status import ContactStatus
from orchestrator.policy.gate.answers import Never
from orchestrator.policy.gate.check import Check
from orchestrator.policy.gate.consents import REVOCATION
from orchestrator.policy.gate.facts import GateFacts
from orchestrator.policy.gate.reassigned import REASSIGNED
from orchestrator.policy.hold_reasons import END_OF_CAMPAIGN, Reason
from orchestrator.policy.phone.number_kind import is_refused


def _contact_closed(facts: GateFacts, now: datetime) -> Never | None:  # noqa: ARG001 the table's shape
    return None if facts.contact_status_ok else Never(Reason.CONTACT_CLOSED, None)


def _campaign_over(facts: GateFacts, now: datetime) -> Never | None:
    has_passed = facts.ends_at is not None and facts.ends_at <= now
    end = END_OF_CAMPAIGN.get(facts.campaign_status or "") or (
        END_OF_CAMPAIGN[CampaignStatus.COMPLETED] if has_passed else None
    )
    return Never(end[1], end[0]) if end else None


def _number_kind(facts: GateFacts, now: datetime) -> Never | None:  # noqa: ARG001
    refused = is_refused(facts.number_kind, facts.allowed_kinds)
    return Never(Reason.NUMBER_KIND, ContactStatus.EXHAUSTED) if refused else None


def _region(facts: GateFacts, now: datetime) -> Never | None:  # noqa: ARG001
    is_foreign = facts.dial_regions and facts.number_regions.isdisjoint(facts.dial_regions)
    return Never(Reason.REGION_NOT_ALLOWED, ContactStatus.EXHAUSTED) if is_foreign else None


def _suppressed(facts: GateFacts, now: datetime) -> Never | None:  # noqa: ARG001
    is_suppressed = facts.suppressed or facts.listed_on is not None
    return Never(Reason.SUPPRESSED, ContactStatus.SUPPRESSED) if is_suppressed else None


def _attempts_spent(facts: GateFacts, now: datetime) -> Never | None:  # noqa: ARG001
    spent = facts.attempts_spent >= facts.max_attempts
    return Never(Reason.ATTEMPTS_SPENT, ContactStatus.EXHAUSTED) if spent else None


def _too_late(facts: GateFacts, now: datetime) -> Never | None:
    late = facts.not_after is not None and facts.not_after <= now
    return Never(Reason.TOO_LATE, ContactStatus.EXPIRED) if late else None


FOR_EVER = (
    Check("contact_open", _contact_closed, lambda facts, _now: {"contact_status": facts.contact_status}),
    Check(
        "campaign_open",
        _campaign_over,
        lambda facts, _now: {"campaign_status": facts.campaign_status, "ends_at": facts.ends_at},
    ),
    Check(
        "number_kind",
        _number_kind,
        lambda facts, _now: {"number_kind": facts.number_kind.value, "allowed": sorted(facts.allowed_kinds)},
    ),
    Check(
        "region",
        _region,
        lambda facts, _now: {"regions": sorted(facts.number_regions), "dial_regions": sorted(facts.dial_regions)},
    ),
    Check("suppression", _suppressed, lambda facts, _now: {"suppressed": facts.suppressed, "list": facts.listed_on}),
    REVOCATION,
    REASSIGNED,
    Check(
        "attempts_left",
        _attempts_spent,
        lambda facts, _now: {"attempts": facts.attempts_spent, "most": facts.max_attempts},
    ),
    Check("not_after", _too_late, lambda facts, _now: {"not_after": facts.not_after}),
)
"""The permanent checks, in the order in which they are asked."""
