"""Says where the law asks for a consent that a campaign does not ask for."""

from __future__ import annotations

from orchestrator.policy.consents import ConsentRule, RequiredConsent
from orchestrator.policy.law.kinds import Kind
from orchestrator.policy.law.law import Law
from orchestrator.policy.preflight import Finding

_STRICTNESS = (RequiredConsent.NONE, RequiredConsent.EXPRESS, RequiredConsent.WRITTEN)


def consent_warnings(rule: ConsentRule, law: Law) -> list[Finding]:
    """Return a warning for each rule of the law that asks for more consent than the campaign does, the strictest first.

    A consent of a kind that the campaign asks for but for other purposes than its own is not looked into.
    """
    asked = _STRICTNESS.index(rule.require)
    needed = sorted(law.of(Kind.CONSENT), key=lambda each: -_STRICTNESS.index(RequiredConsent(each.row.value.kind)))
    return [
        Finding(
            "/consent/require",
            "consent_asked_by_law",
            f"the law pack {each.pack} asks for {each.row.value.kind} consent to such calls ({each.row.source}); "
            f"the campaign asks for {'no consent' if rule.require is RequiredConsent.NONE else 'less'}",
        )
        for each in needed
        if _STRICTNESS.index(RequiredConsent(each.row.value.kind)) > asked
    ]
