"""Who is calling us is not dialed, at the claim and right before the send; a caller is taken in whatever we dial."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import text

from orchestrator.errors import Conflict
from orchestrator.ids import new_id
from orchestrator.operations.dialing.place_call import NewCall, place_call
from orchestrator.operations.recovery.poll_call_status import poll_call_status
from orchestrator.operations.recovery.resolve_unanswered_dials import resolve_unanswered_dials
from orchestrator.policy.caps import DEFAULT_CAPS
from orchestrator.store.sql.dial_checks import _FACTS, _SEND_FACTS
from tests.support.carrier_stub import CarrierStub, accepted_dial
from tests.support.incoming import CALLER, caller_hangs_up, mapped, only_call, tell
from tests.support.stepwise import Process
from tests.support.watched_stores import Fault
from tests.support.world import CONNECTION, World


def calls_us(world: World) -> str:
    """Let the caller call a number of ours, and return the call."""
    if not world.query("SELECT 1 FROM numbers"):
        mapped(world)
    tell(world)
    world.advance()
    return only_call(world)


def contact_who_calls(world: World) -> tuple[str, str]:
    campaign_id = world.campaign()
    return campaign_id, world.contact(campaign_id, phone=CALLER)


def let_holds_end(world: World) -> None:
    world.execute("UPDATE contacts SET due_at = now() - interval '1 s' WHERE status = 'held'")


def standing(contact: Mapping[str, Any]) -> tuple[Any, ...]:
    return contact["status"], contact["reason"], contact["attempts"], contact["unspent_tries"]


def test_who_is_calling_us_is_not_claimed_and_keeps_all_attempts(world: World) -> None:
    campaign_id, contact_id = contact_who_calls(world)
    calls_us(world)

    claimed = world.claim(campaign_id)

    assert claimed == []
    assert standing(world.contact_row(contact_id)) == ("held", "number_in_use", 0, 0)
    assert world.redis.zcard(world.keys.slots(CONNECTION)) == 0


def test_others_are_claimed_beside_who_is_calling_us(world: World) -> None:
    campaign_id, _ = contact_who_calls(world)
    other = world.contact(campaign_id)
    calls_us(world)

    [claimed] = world.claim(campaign_id)

    assert world.contact_of(claimed)["id"] == other


def test_who_has_called_us_is_dialed_like_anybody_once_the_call_is_over(world: World, carrier: CarrierStub) -> None:
    campaign_id, _ = contact_who_calls(world)
    came_in = calls_us(world)
    assert world.claim(campaign_id) == []
    caller_hangs_up(world, came_in)
    let_holds_end(world)

    [call_id] = world.claim(campaign_id)
    world.dialer.dial_call(call_id)

    assert [asked.body["to"] for asked in carrier.dials] == [CALLER]
    assert (world.call_row(call_id)["state"], world.call_row(call_id)["attempt"]) == ("accepted", 1)


def test_a_call_that_comes_in_behind_the_claim_stops_the_send_and_spends_nothing(
    world: World, carrier: CarrierStub
) -> None:
    campaign_id, contact_id = contact_who_calls(world)
    [call_id] = world.claim(campaign_id)
    calls_us(world)

    world.dialer.dial_call(call_id)

    assert carrier.dials == []
    assert (world.call_row(call_id)["state"], world.call_row(call_id)["withdrawn_reason"]) == (
        "withdrawn",
        "number_in_use",
    )
    assert standing(world.contact_row(contact_id)) == ("held", "number_in_use", 0, 0)
    assert world.redis.zcard(world.keys.slots(CONNECTION)) == 0


def test_who_is_being_dialed_is_taken_in_all_the_same(world: World, carrier: CarrierStub) -> None:
    campaign_id, contact_id = contact_who_calls(world)
    [dialed] = world.claim(campaign_id)
    world.dialer.dial_call(dialed)
    world.hear(dialed, "call.initiated")

    came_in = calls_us(world)
    world.hear(dialed, "call.answered")
    world.advance()
    world.work(dialed)
    world.work(came_in)
    world.hang_up(dialed)

    assert {asked.path.rsplit("/", 1)[1] for asked in carrier.actions} == {"speak", "answer"}
    assert (world.call_row(dialed)["state"], world.call_row(dialed)["disposition"]) == ("ended", "answered")
    assert world.call_row(came_in)["state"] == "accepted"
    assert world.contact_row(contact_id)["attempts"] == 1


def test_r2_an_unanswered_dial_is_repeated_only_once_its_callee_no_longer_talks_with_us(
    world: World, carrier: CarrierStub
) -> None:
    campaign_id, _ = contact_who_calls(world)
    carrier.dial = lambda _asked: (0, {})
    [dialed] = world.claim(campaign_id)
    world.dialer.dial_call(dialed)
    carrier.dial = accepted_dial
    world.age_send(dialed, 16)
    came_in = calls_us(world)

    world.dialer.dial_call(resolve_unanswered_dials(world.sql, world.redis, world.keys)[0])
    meanwhile = len(carrier.dials)
    caller_hangs_up(world, came_in)
    world.execute("UPDATE calls SET published_at = published_at - interval '11 seconds'")  # the message was taken
    world.dialer.dial_call(resolve_unanswered_dials(world.sql, world.redis, world.keys)[0])

    assert (meanwhile, len(carrier.dials)) == (1, 2)
    assert (world.call_row(dialed)["state"], world.call_row(dialed)["send_no"]) == ("accepted", 2)


def test_a_single_call_to_who_is_calling_us_is_refused_with_the_reason(world: World) -> None:
    wanted = NewCall.model_validate({"to": CALLER, "from": "+13125550100", "ignore_hours": True, "because": "a test"})
    came_in = calls_us(world)

    with pytest.raises(Conflict) as refused:
        world.run(place_call, wanted, contact_id=new_id("con"))
    caller_hangs_up(world, came_in)
    placed = world.run(place_call, wanted, contact_id=new_id("con"))

    assert refused.value.code == "number_in_use"
    assert placed.state == "reserved"
    assert world.query("SELECT count(*) FROM contacts WHERE status = 'held'") == [(0,)]


def test_who_dies_while_a_call_is_taken_in_leaves_its_caller_undialed(world: World, process: Process) -> None:
    campaign_id, contact_id = contact_who_calls(world)
    process.dies(Fault.DEATH, "valkey create_live", calls_us)

    assert world.claim(campaign_id) == []
    assert world.contact_row(contact_id)["reason"] == "number_in_use"


def test_r20_redis_back_empty_keeps_the_caller_undialed_until_the_carrier_knows_the_call_no_more(
    world: World, carrier: CarrierStub
) -> None:
    campaign_id, _ = contact_who_calls(world)
    came_in = calls_us(world)
    world.redis.flushall()
    world.prepare_again()
    assert world.claim(campaign_id) == []

    world.let_time_of_calls_pass()
    carrier.get = lambda _asked: (404, {"errors": [{"code": "10005", "title": "Resource not found"}]})
    poll_call_status(world.sql, world.redis, world.keys, world.carrier)
    world.advance()
    world.let_timers_fire()
    world.advance()
    world.settle()
    let_holds_end(world)

    assert (world.call_row(came_in)["state"], world.call_row(came_in)["end_assumed"]) == ("ended", True)
    assert len(world.claim(campaign_id)) == 1


@pytest.mark.parametrize(("facts", "params"), [(_FACTS, {"ids": ["con_1"]}), (_SEND_FACTS, {"call_ids": ["call_1"]})])
def test_who_is_calling_us_is_found_by_an_index(world: World, facts: Any, params: dict[str, Any]) -> None:
    with world.sql.begin() as tx:
        tx.execute(text("SET LOCAL enable_seqscan = off"))  # the tables of a test fit into one page

        given = {"at": None, **params, **DEFAULT_CAPS.model_dump()}
        plan = tx.execute(text(f"EXPLAIN {facts.text}"), given).scalars().all()

    assert any("calls_calling_us" in line for line in plan)
