"""Which holds a person may lift, and what an explanation says of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

from orchestrator.policy.dial_gate import CHECKS
from orchestrator.policy.explain import explain
from orchestrator.policy.hold_reasons import HELD_BY_CAPS, Reason
from orchestrator.policy.lifted_holds import LIFTABLE, lifted_by, stored_lifts
from tests.support.explained_reasons import FREE, NOON

STORED = json.dumps(
    [
        {"holds": ["rest_after_human"], "by": "ben", "because": "again", "at": "2027-01-04T16:00:00+00:00"},
        {"holds": ["number_gap", "rest_after_human"], "by": "anna", "because": "once", "at": "2027-01-03T16:00:00Z"},
    ]
)


def test_what_caps_and_rests_hold_for_can_be_lifted_but_not_the_share_of_a_caller_id() -> None:
    assert set(HELD_BY_CAPS) - LIFTABLE == {Reason.CALLER_ID_QUOTA}
    assert {each.name for each in CHECKS} >= LIFTABLE  # an explanation finds them by the names of the checks


def test_lifts_are_read_as_they_are_stored() -> None:
    first, second = stored_lifts(STORED)

    assert (first.by, first.because, first.at) == ("ben", "again", NOON - timedelta(hours=1))
    assert lifted_by((first, second)) == {Reason.NUMBER_GAP, Reason.REST_AFTER_HUMAN}
    assert stored_lifts(None) == () and lifted_by(()) == frozenset()


def test_an_explanation_says_who_lifted_a_hold_last() -> None:
    told = explain(replace(FREE, lifts=stored_lifts(STORED)), NOON)

    said = {each.check: each.facts["lifted_by"] for each in told.checks if "lifted_by" in each.facts}
    assert said == {"rest_after_human": "ben", "number_gap": "anna"}
