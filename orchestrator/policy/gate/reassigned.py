"""The checks of numbers that have gone to somebody else since their person consented."""

from __future__ import annotations

from datetime import date, datetime

from orchestrator.model.contact_status import ContactStatus
from orchestrator.policy.consents import RequiredConsent
from orchestrator.policy.gate.answers import Hold, Never
from orchestrator.policy.gate.check import Check, Facts, Source
from orchestrator.policy.gate.facts import GateFacts
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.lists.reassigned import is_cleared, is_reassigned

_SAFE_HARBOR = Source("47 CFR 64.1200(m)", date(2026, 11, 28), "secondary")


def _reassigned(facts: GateFacts, now: datetime) -> Never | None:  # noqa: ARG001 the table's shape
    if not is_reassigned(facts.answers, consented_at=_consented_at(facts)):
        return None
    return Never(Reason.NUMBER_REASSIGNED, ContactStatus.SUPPRESSED)


def _uncleared(facts: GateFacts, now: datetime) -> Hold | None:
    lists = facts.must_clear
    if not lists or is_cleared(facts.answers, lists, consented_at=_consented_at(facts), now=now):
        return None
    return Hold(Reason.LIST_STALE, None)


def _consented_at(facts: GateFacts) -> datetime | None:
    """Return when the consent was given that the call rests on; None where none is on record."""
    is_asked = facts.consent_required is not RequiredConsent.NONE
    return facts.required_consent_at if is_asked else facts.consented_at


def _answers(facts: GateFacts, now: datetime) -> Facts:
    return {
        "answers": [
            {
                "list": each.list,
                "result": each.result.value,
                "since": each.since,
                "checked_at": each.checked_at,
                "is_current": each.is_current(now),
            }
            for each in facts.answers
        ],
        "consented_at": _consented_at(facts),
    }


REASSIGNED = Check("reassigned", _reassigned, _answers, lambda _facts: (_SAFE_HARBOR,))
"""Whether an answer says that the number has gone to somebody else."""

CLEARED = Check(
    "still_theirs",
    _uncleared,
    lambda facts, now: {"lists": list(facts.must_clear), **_answers(facts, now)},
    lambda facts: (_SAFE_HARBOR,) if facts.must_clear else (),
)
"""Whether a list says that it has not, where the campaign asks for that."""
