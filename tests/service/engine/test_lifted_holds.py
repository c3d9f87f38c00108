"""A person lifts the hold of a cap or a rest: one more call is made, and it is kept who lifted it, when and why."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from orchestrator.clock import utc_now
from orchestrator.errors import Conflict, NotFound
from orchestrator.operations.campaigns.preflight_campaign import preflight_campaign
from orchestrator.operations.contacts.erase_person import erase_contact
from orchestrator.operations.contacts.explain_contact import explain_contact
from orchestrator.operations.contacts.lift_hold import lift_hold
from orchestrator.operations.contacts.suppress_number import suppress_number
from orchestrator.policy.explain import Verdict
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.lifted_holds import NewLift
from tests.support.carrier_stub import CarrierStub
from tests.support.dial_history import DAY, PHONE, held, one_more, recorded
from tests.support.lock_points import LockPoint, in_thread, waits_for_a_lock
from tests.support.world import World

RESTS: dict[str, Any] = {"caps": {"rest_after_human": "7d"}}


def lift(world: World, contact_id: str, *holds: str, because: str = "she asked for it") -> Any:
    wanted = NewLift.model_validate({"holds": holds or ("rest_after_human",), "because": because})
    return world.run(lift_hold, contact_id, wanted, by="anna")


def resting(world: World, **campaign: Any) -> tuple[str, str]:
    """Return a campaign and its contact, held because somebody was talked to two hours ago."""
    recorded(world, hours_ago=2, disposition="human")
    campaign_id, contact_id = one_more(world, **{**RESTS, **campaign})
    assert world.claim(campaign_id) == []
    assert held(world, contact_id)[:2] == ("held", "rest_after_human")
    return campaign_id, contact_id


def over(world: World, call_id: str) -> None:
    """Dial a call, and let it end."""
    world.dialer.dial_call(call_id)
    assert world.call_row(call_id)["state"] == "accepted"
    world.hang_up(call_id)


@pytest.mark.parametrize(
    ("hold", "before", "caps"),
    [
        ("rest_after_human", {"disposition": "human"}, {"rest_after_human": "7d"}),
        ("rest_after_abandoned", {"disposition": "human", "abandoned": True}, {}),
        ("number_day_limit", {}, {"per_number_24h": 1}),
        ("number_week_limit", {}, {"per_number_7d": 1}),
        ("subject_day_limit", {}, {"per_subject_24h": 1}),
        ("number_gap", {}, {"min_gap": "5h"}),
    ],
)
def test_each_hold_of_a_cap_or_a_rest_can_be_lifted_for_one_call(
    world: World, carrier: CarrierStub, hold: str, before: dict[str, Any], caps: dict[str, Any]
) -> None:
    recorded(world, hours_ago=2, **before)
    campaign_id, contact_id = one_more(world, caps=caps)
    assert world.claim(campaign_id) == []
    assert held(world, contact_id)[:2] == ("held", hold)

    lift(world, contact_id, hold)

    [call_id] = world.claim(campaign_id)
    over(world, call_id)
    assert len(carrier.dials) == 1


def test_a_lifted_hold_holds_again_once_its_call_was_made(world: World) -> None:
    campaign_id, contact_id = resting(world, retry={"max_attempts": 3, "on": {"no_answer": {"after": "1m"}}})
    lift(world, contact_id)
    [call_id] = world.claim(campaign_id)
    world.dialer.dial_call(call_id)
    world.hang_up(call_id, cause="timeout")
    world.execute("UPDATE contacts SET due_at = now() WHERE id = :id", id=contact_id)

    assert world.claim(campaign_id) == []
    assert held(world, contact_id)[:2] == ("held", "rest_after_human")


def test_a_call_that_was_withdrawn_has_not_used_a_lift(world: World) -> None:
    campaign_id, contact_id = resting(world)
    lift(world, contact_id)
    [call_id] = world.claim(campaign_id)
    world.execute("UPDATE calls SET state = 'withdrawn' WHERE id = :id", id=call_id)
    world.execute("UPDATE contacts SET status = 'waiting', current_call_id = NULL, due_at = now()")

    assert len(world.claim(campaign_id)) == 1


def test_a_dial_for_somebody_else_uses_a_lift(world: World) -> None:
    campaign_id, contact_id = resting(world)
    lift(world, contact_id)
    world.execute("UPDATE lifted_holds SET lifted_at = now() - interval '1 hour'")
    recorded(world, hours_ago=0.5)

    assert world.claim(campaign_id) == []
    assert held(world, contact_id)[:2] == ("held", "rest_after_human")


def test_a_dial_that_is_reserved_for_somebody_else_uses_a_lift_before_it_is_sent(world: World) -> None:
    campaign_id, contact_id = resting(world)
    lift(world, contact_id)
    other_id = one_more(world)[0]
    assert len(world.claim(other_id)) == 1

    assert world.run(explain_contact, contact_id, at=None).explanation.reason is Reason.REST_AFTER_HUMAN
    assert world.claim(campaign_id) == []


def test_a_lift_is_for_one_contact_and_the_number_it_had(world: World) -> None:
    campaign_id, contact_id = resting(world)
    other_id, other_contact = one_more(world, **RESTS)
    lift(world, contact_id)

    assert world.claim(other_id) == []
    assert held(world, other_contact)[:2] == ("held", "rest_after_human")
    world.execute("UPDATE contacts SET phone = '+13125550143' WHERE id = :id", id=contact_id)
    recorded(world, hours_ago=2, phone="+13125550143", disposition="human")
    assert world.claim(campaign_id) == []


def test_a_lift_that_nobody_used_expires(world: World) -> None:
    campaign_id, contact_id = resting(world)
    lift(world, contact_id)
    world.execute("UPDATE lifted_holds SET expires_at = now()")

    assert world.claim(campaign_id) == []


def test_r1_a_lift_lets_nobody_be_called_whom_something_else_keeps_out(world: World, carrier: CarrierStub) -> None:
    campaign_id, contact_id = resting(world)
    lift(world, contact_id)
    [call_id] = world.claim(campaign_id)
    world.run(suppress_number, PHONE, reason="asked")

    world.dialer.dial_call(call_id)

    assert carrier.dials == []
    assert world.contact_row(contact_id)["status"] == "suppressed"


def test_the_rest_that_a_law_says_is_not_lifted(world: World) -> None:
    law = {"law": {"mode": "enforce", "packs": "auto", "because": None}, "purpose": "debt", "caps": {}}
    recorded(world, hours_ago=2, disposition="human")
    campaign_id, contact_id = one_more(world, **law)
    world.execute("UPDATE contacts SET ignore_hours = true, ignore_hours_because = 'a test at any hour'")
    assert world.claim(campaign_id) == []
    assert held(world, contact_id)[:2] == ("held", "rest_after_human")

    lift(world, contact_id)

    assert world.claim(campaign_id) == []
    assert held(world, contact_id)[:2] == ("held", "rest_after_human")


def test_whoever_lifts_a_hold_when_and_why_is_kept_and_explained(world: World) -> None:
    campaign_id, contact_id = resting(world)

    lifted = lift(world, contact_id)

    assert (lifted.by, lifted.because, lifted.holds) == ("anna", "she asked for it", ["rest_after_human"])
    assert lifted.expires_at - lifted.lifted_at == 7 * DAY
    told = world.run(explain_contact, contact_id, at=None)
    [check] = [each for each in told.explanation.checks if each.check == "rest_after_human"]
    assert told.explanation.verdict is Verdict.GO
    assert "anna has lifted rest_after_human for this one call: she asked for it" in told.sentence
    assert (check.facts["lifted_by"], check.facts["lifted_at"]) == ("anna", lifted.lifted_at)
    before = world.run(explain_contact, contact_id, at=lifted.lifted_at - DAY / 86400).explanation
    assert before.reason is Reason.REST_AFTER_HUMAN
    assert world.run(preflight_campaign, campaign_id, at=utc_now()).dialable_now == 1


def test_a_lift_is_refused_for_somebody_who_is_called_or_has_ended(world: World) -> None:
    campaign_id, contact_id = one_more(world)
    assert len(world.claim(campaign_id)) == 1

    with pytest.raises(Conflict) as told:
        lift(world, contact_id)
    assert told.value.code == "contact_in_call"
    world.execute("UPDATE contacts SET status = 'completed', current_call_id = NULL WHERE id = :id", id=contact_id)
    with pytest.raises(Conflict) as told:
        lift(world, contact_id)
    assert told.value.code == "contact_closed"
    with pytest.raises(NotFound):
        lift(world, "con_01ARZ3NDEKTSV4RRFFQ69G5FAV")
    assert world.query("SELECT 1 FROM lifted_holds") == []


def test_another_hold_goes_on_though_a_lift_is_noted(world: World) -> None:
    campaign_id, contact_id = resting(world)

    lift(world, contact_id, "number_gap")

    assert held(world, contact_id)[:2] == ("held", "rest_after_human")
    assert world.claim(campaign_id) == []


def test_an_erasure_keeps_who_lifted_a_hold_without_the_words(world: World) -> None:
    _, contact_id = resting(world)
    lift(world, contact_id, because="Ada Love asked for it")

    world.run(erase_contact, contact_id)

    assert world.query('SELECT "by", because FROM lifted_holds') == [("anna", "erased")]


def test_a_lift_waits_for_a_claim_that_still_saw_the_hold(world: World) -> None:
    campaign_id, contact_id = resting(world)
    world.execute("UPDATE contacts SET status = 'waiting', reason = NULL, due_at = now() WHERE id = :id", id=contact_id)
    claiming = LockPoint(world.sql, before="UPDATE contacts")

    with in_thread(lambda: world.claim(campaign_id)):
        claiming.is_reached()
        with in_thread(lambda: lift(world, contact_id)) as lifted:
            waits_for_a_lock(world, unless=lifted)
            claiming.go_on()

    assert len(world.claim(campaign_id)) == 1


def test_two_lifts_at_once_let_one_call_be_made(world: World, carrier: CarrierStub) -> None:
    campaign_id, contact_id = resting(world, retry={"max_attempts": 3, "on": {"no_answer": {"after": "1m"}}})
    again = one_more(world, **RESTS)
    assert world.claim(again[0]) == []
    wanted: list[Callable[[], Any]] = [
        lambda: lift(world, contact_id),
        lambda: lift(world, contact_id),
        lambda: lift(world, again[1]),
    ]
    with ThreadPoolExecutor(len(wanted)) as people:
        for done in [people.submit(each) for each in wanted]:
            done.result()
        claimed = [*people.map(world.claim, [campaign_id, again[0]])]

    for call_id in (one for some in claimed for one in some):
        over(world, call_id)
    world.execute("UPDATE contacts SET due_at = now() WHERE status IN ('waiting', 'held')")
    for each in (campaign_id, again[0]):
        for call_id in world.claim(each):
            world.dialer.dial_call(call_id)

    assert len(carrier.dials) == 1
