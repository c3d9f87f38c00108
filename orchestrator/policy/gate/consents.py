"""The checks of what a person has agreed to, and taken back."""

from __future__ import annotations

from datetime import date, datetime

from orchestrator.model.contact_status import ContactStatus
from orchestrator.policy.consents import RequiredConsent, holds
from orchestrator.policy.gate.answers import Hold, Never
from orchestrator.policy.gate.check import Check, Source
from orchestrator.policy.gate.facts import GateFacts
from orchestrator.policy.hold_reasons import Reason

_REVOKED_BY = Source("47 CFR 64.1200(a)(10)", date(2026, 11, 28), "text")


def _revoked(facts: GateFacts, now: datetime) -> Never | None:  # noqa: ARG001 the table's shape
    if facts.revoked_at is None or holds(facts.consented_at, revoked_at=facts.revoked_at):
        return None
    return Never(Reason.CONSENT_REVOKED, ContactStatus.SUPPRESSED)


def _missing(facts: GateFacts, now: datetime) -> Hold | None:  # noqa: ARG001
    if facts.consent_required is RequiredConsent.NONE or holds(facts.required_consent_at, revoked_at=facts.revoked_at):
        return None
    return Hold(Reason.CONSENT_MISSING, None)


REVOCATION = Check(
    "revocation",
    _revoked,
    lambda facts, _now: {"revoked_at": facts.revoked_at, "consented_at": facts.consented_at},
    lambda _facts: (_REVOKED_BY,),
)
"""Whether the person has revoked, and not consented again since."""

CONSENT = Check(
    "consent",
    _missing,
    lambda facts, _now: {"required": facts.consent_required.value, "consented_at": facts.required_consent_at},
)
"""Whether the consent that the campaign asks for is on record."""
