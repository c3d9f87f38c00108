"""Says where the law asks for a consent that a campaign does not ask for."""

from __future__ import annotations

from typing import NamedTuple

from orchestrator.policy.consents import ConsentRule, RequiredConsent
from orchestrator.policy.law.kinds import Kind
from orchestrator.policy.law.law import Law

_STRICTNESS = (RequiredConsent.NONE, RequiredConsent.EXPRESS, RequiredConsent.WRITTEN)


class ConsentWarning(NamedTuple):
    """Something to look at before the start; `pointer` is the field of the campaign."""

    pointer: str
    code: str
    detail: str


def consent_warnings(rule: ConsentRule, law: Law) -> list[ConsentWarning]:
    """Return a warning for each rule of the law that asks for more consent than the campaign does, the strictest first.

    A consent of a kind that the campaign asks for but for other purposes than its own is not looked into.
    """
    asked = _STRICTNESS.index(rule.require)
    needed = sorted(law.of(Kind.CONSENT), key=lambda each: -_STRICTNESS.index(RequiredConsent(each.row.value.kind)))
    return [
        ConsentWarning(
            "/consent/require",
            "consent_not_asked",
            f"the law of {each.pack} asks for {each.row.value.kind} consent to such calls ({each.row.source}); "
            f"the campaign asks for {'no consent' if rule.require is RequiredConsent.NONE else 'less'}",
        )
        for each in needed
        if _STRICTNESS.index(RequiredConsent(each.row.value.kind)) > asked
    ]
