"""Numbers that the gate never dials: by their kind and by their country, each unless it was allowed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from orchestrator.model.contact_status import ContactStatus
from orchestrator.policy.dial_gate import CHECKS, GateFacts, Go, Never, may_dial
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.phone.kinds import NumberKind
from orchestrator.policy.phone.number_kind import MAY_BE_ALLOWED, NEVER_DIALED, is_refused
from orchestrator.policy.weekly_hours import CallingHours

NOON = datetime(2027, 1, 4, 17, tzinfo=UTC)
FREE = GateFacts(
    campaign_status="running",
    calling_hours=CallingHours(),
    zone_key="America/New_York",
    attempts_spent=0,
    max_attempts=3,
)
US, JAMAICA = frozenset({"US"}), frozenset({"JM"})


@pytest.mark.parametrize("kind", sorted(NEVER_DIALED))
def test_a_kind_is_refused_unless_the_campaign_allows_it_and_emergency_always(kind: NumberKind) -> None:
    refused = replace(FREE, number_kind=kind)
    allowed = replace(refused, allowed_kinds=frozenset({kind}))
    other = replace(refused, allowed_kinds=frozenset(NEVER_DIALED) - {kind})
    no = Never(Reason.NUMBER_KIND, ContactStatus.EXHAUSTED)

    assert may_dial(refused, NOON) == no
    assert may_dial(other, NOON) == no
    assert may_dial(allowed, NOON) == (no if kind is NumberKind.EMERGENCY else Go())


def test_all_kinds_but_emergency_may_be_allowed() -> None:
    assert set(NEVER_DIALED) - MAY_BE_ALLOWED == {NumberKind.EMERGENCY}
    assert not any(is_refused(kind) for kind in NumberKind if kind not in NEVER_DIALED)


@pytest.mark.parametrize(
    ("number", "dialed", "goes"),
    [
        (US, US, True),
        (JAMAICA, US, False),
        (JAMAICA, US | JAMAICA, True),
        (US | {"CA"}, frozenset({"CA"}), True),
        (frozenset(), US, False),
        (JAMAICA, frozenset(), True),  # nothing is known of the connection
    ],
)
def test_a_number_is_dialed_if_one_of_its_countries_is(
    number: frozenset[str], dialed: frozenset[str], goes: bool
) -> None:
    verdict = may_dial(replace(FREE, number_regions=number, dial_regions=dialed), NOON)

    assert verdict == (Go() if goes else Never(Reason.REGION_NOT_ALLOWED, ContactStatus.EXHAUSTED))


def test_the_country_is_asked_for_behind_the_kind_and_before_the_suppressions() -> None:
    names = [check.name for check in CHECKS]
    facts = replace(FREE, number_regions=JAMAICA, dial_regions=US, suppressed=True)

    assert names.index("region") == names.index("number_kind") + 1
    assert may_dial(facts, NOON).reason is Reason.REGION_NOT_ALLOWED  # type: ignore[union-attr]  # a refusal
    premium = replace(facts, number_kind=NumberKind.PREMIUM)
    assert may_dial(premium, NOON).reason is Reason.NUMBER_KIND  # type: ignore[union-attr]  # a refusal


def test_the_check_tells_what_it_was_judged_by() -> None:
    check = next(check for check in CHECKS if check.name == "region")

    told = check.facts(replace(FREE, number_regions=JAMAICA, dial_regions=US | {"CA"}), NOON)

    assert told == {"regions": ["JM"], "dial_regions": ["CA", "US"]}
