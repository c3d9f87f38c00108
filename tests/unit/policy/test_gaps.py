"""Of the gaps between dials to a number the longest holds, and an explanation says whose it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from orchestrator.policy.dial_gate import CHECKS, GateFacts, Hold
from orchestrator.policy.hold_reasons import Reason
from tests.support.explained_reasons import FREE, HOUR, NOON

GAP = next(check for check in CHECKS if check.name == "number_gap")
OURS = replace(FREE, last_dial_to_number_at=NOON - HOUR, number_gap=2 * HOUR, last_dial_at=NOON - HOUR)


@pytest.mark.parametrize(
    ("facts", "holds", "until"),
    [
        (OURS, "number_gap", HOUR),
        (replace(OURS, gap_said_by="min_gap"), "min_gap", HOUR),
        (replace(OURS, law_gap=8 * HOUR), "law", 7 * HOUR),
        (replace(OURS, law_gap=HOUR), "number_gap", HOUR),
        (replace(OURS, last_dial_to_number_at=None, law_gap=8 * HOUR), "law", 7 * HOUR),
        (replace(OURS, last_dial_to_number_at=None), None, None),
        (replace(OURS, number_gap=HOUR), None, None),
        (FREE, None, None),
    ],
)
def test_the_gap_that_ends_last_holds_and_is_named(
    facts: GateFacts, holds: str | None, until: timedelta | None
) -> None:
    assert GAP.judge(facts, NOON) == (None if until is None else Hold(Reason.NUMBER_GAP, NOON + until))
    assert GAP.facts(facts, NOON)["holds"] == holds
