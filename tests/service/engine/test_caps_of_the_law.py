"""Caps and rests of the law of the person's place, where a campaign obeys it, beside those that we say ourselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from orchestrator.policy.dial_gate import CHECKS, Hold, judge
from orchestrator.policy.gate.answers import Never
from orchestrator.policy.gate.check import Source
from orchestrator.policy.gate.facts import GateFacts
from orchestrator.store.sql.dial_checks import gate_facts, read_facts
from orchestrator.store.sql.dial_counts import Dials
from tests.support.dial_history import DAY, recorded, sent_at
from tests.support.world import BECAUSE, World

ENFORCED = {"mode": "enforce", "packs": "auto", "because": None}
WARNED = {"mode": "warn", "packs": "auto", "because": BECAUSE}
CHICAGO, MIAMI, PORTLAND, LONDON = "+13125550142", "+13055550142", "+12075550142", "+447400123456"
WEEK = 7 * DAY


@pytest.fixture(autouse=True)
def _says_nothing_itself(world: World) -> None:
    world.set_caps()


def waiting(world: World, phone: str, **campaign: Any) -> str:
    return world.contact(world.campaign(**{"law": ENFORCED, **campaign}), phone=phone)


def facts_of(world: World, contact_id: str) -> tuple[GateFacts, Any]:
    with world.sql.connect() as tx:
        row = read_facts(tx, [contact_id], world.caps)[contact_id]
    return gate_facts(row, contact_status_ok=True, from_caller_id=Dials()), row["db_now"]


def asked(world: World, contact_id: str, name: str) -> Hold | Never | None:
    """Return what one check says: by the clock of a test the law's hours may be closed."""
    [check] = [check for check in CHECKS if check.name == name]
    return judge(check, *facts_of(world, contact_id))


def ended_at(world: World, call_id: str) -> Any:
    return world.call_row(call_id)["ended_at"]


def test_a_debtor_who_was_talked_to_rests_for_seven_days(world: World) -> None:
    talk = recorded(world, hours_ago=72, phone=CHICAGO, disposition="human")

    held = asked(world, waiting(world, CHICAGO, purpose="debt"), "rest_after_human")

    assert held == Hold("rest_after_human", ended_at(world, talk) + WEEK)
    assert asked(world, waiting(world, CHICAGO), "rest_after_human") is None
    assert asked(world, waiting(world, LONDON, purpose="debt"), "rest_after_human") is None


def test_a_debtor_is_dialed_seven_times_in_seven_days(world: World) -> None:
    first, *_ = [recorded(world, hours_ago=hours, phone=CHICAGO) for hours in (150, 130, 110, 90, 70, 50, 30)]

    held = asked(world, waiting(world, CHICAGO, purpose="debt"), "number_week_limit")

    assert held == Hold("number_week_limit", sent_at(world, first) + WEEK)
    assert asked(world, waiting(world, CHICAGO, purpose="sales"), "number_week_limit") is None


def test_in_florida_three_sales_calls_a_day_on_a_subject_over_all_campaigns(world: World) -> None:
    campaigns = [world.campaign(subject="solar") for _ in range(2)]
    first, *_ = [
        recorded(world, hours_ago=hours, phone=MIAMI, campaign_id=campaign_id)
        for hours, campaign_id in ((20, campaigns[0]), (10, campaigns[1]), (5, campaigns[0]))
    ]

    held = asked(world, waiting(world, MIAMI, purpose="sales", subject="solar"), "subject_day_limit")

    assert held == Hold("subject_day_limit", sent_at(world, first) + DAY)
    assert asked(world, waiting(world, MIAMI, purpose="sales", subject="roofs"), "subject_day_limit") is None
    assert asked(world, waiting(world, MIAMI, purpose="survey", subject="solar"), "subject_day_limit") is None


def test_in_britain_a_number_rests_for_72_hours_after_an_abandoned_call(world: World) -> None:
    abandoned = recorded(world, hours_ago=10, phone=LONDON, disposition="human", abandoned=True)

    held = asked(world, waiting(world, LONDON, purpose="sales"), "rest_after_abandoned")

    assert held == Hold("rest_after_abandoned", ended_at(world, abandoned) + timedelta(hours=72))


def test_a_gap_of_the_law_counts_from_the_dials_of_the_contact_itself_too(world: World) -> None:
    contact_id = waiting(world, PORTLAND, purpose="sales", voice="recorded")
    own = recorded(world, hours_ago=1, phone=PORTLAND)
    world.set_call(own, contact_id=contact_id)

    assert asked(world, contact_id, "number_gap") == Hold("number_gap", sent_at(world, own) + timedelta(hours=8))
    assert asked(world, waiting(world, PORTLAND, purpose="sales", voice="agent"), "number_gap") is None


@pytest.mark.parametrize("law", [WARNED, {**WARNED, "mode": "off"}])
def test_a_campaign_that_goes_around_the_law_is_held_by_none_of_its_caps(world: World, law: dict[str, Any]) -> None:
    recorded(world, hours_ago=72, phone=CHICAGO, disposition="human")

    assert asked(world, waiting(world, CHICAGO, purpose="debt", law=law), "rest_after_human") is None


def test_of_ours_and_the_laws_the_stricter_holds(world: World) -> None:
    talk = recorded(world, hours_ago=72, phone=CHICAGO, disposition="human")

    told = [
        asked(world, waiting(world, CHICAGO, purpose="debt", caps={"rest_after_human": rest}), "rest_after_human")
        for rest in ("4d", "9d")
    ]

    assert told == [Hold("rest_after_human", ended_at(world, talk) + rest) for rest in (WEEK, timedelta(days=9))]


def test_an_explanation_says_where_a_rest_of_the_law_is_written(world: World) -> None:
    [check] = [check for check in CHECKS if check.name == "rest_after_human"]

    debt, _ = facts_of(world, waiting(world, CHICAGO, purpose="debt"))
    around, _ = facts_of(world, waiting(world, CHICAGO, purpose="debt", law=WARNED))

    gap = next(check for check in CHECKS if check.name == "number_gap")
    automated, now = facts_of(world, waiting(world, PORTLAND, purpose="sales", voice="tts"))
    assert gap.facts(automated, now)["gap_of_law"] == timedelta(hours=8)
    [source] = check.sources(debt)
    assert isinstance(source, Source) and source.source.startswith("12 CFR 1006.14")
    assert list(check.sources(around)) == [source]
    off, _ = facts_of(world, waiting(world, CHICAGO, purpose="debt", law={**WARNED, "mode": "off"}))
    assert list(check.sources(off)) == []


def test_an_explanation_says_whether_the_campaigns_own_gap_holds_or_a_longer_one_of_the_caps(world: World) -> None:
    kinds = (
        {"number_gap_s": 7200},
        {"number_gap_s": 0, "caps": {"min_gap": "3h"}},
        {"number_gap_s": 7200, "caps": {"min_gap": "1h"}},
    )

    told = [facts_of(world, waiting(world, CHICAGO, **kind))[0].gap_said_by for kind in kinds]

    assert told == ["number_gap", "min_gap", "number_gap"]
