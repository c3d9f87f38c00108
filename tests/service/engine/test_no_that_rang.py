"""A carrier that said no to a dial and called the person all the same: the attempt counts, and nobody else waits."""

from __future__ import annotations

from tests.support.world import World


def refused_call(world: World, campaign_id: str) -> str:
    """Return a call that rings, whose webhook came between the look for one and the withdrawal of its attempt."""
    [call_id] = world.claim(campaign_id, most=1)
    world.dialer.dial_call(call_id)
    world.hear(call_id, "call.initiated")
    world.advance()
    world.set_call(call_id, state="withdrawn", withdrawn_reason="carrier_busy")
    world.execute("UPDATE contacts SET status = 'waiting', current_call_id = NULL, due_at = now()")
    return call_id


def test_who_was_called_though_the_carrier_said_no_stops_no_claim_of_the_campaign(world: World) -> None:
    campaign_id = world.campaign(retry={"max_attempts": 3, "on": {"busy": {"after": "1s"}}})
    contact_id = world.contact(campaign_id)
    call_id = refused_call(world, campaign_id)

    world.hang_up(call_id, cause="user_busy")
    contact = world.contact_row(contact_id)
    world.execute("UPDATE contacts SET due_at = now()")
    others = world.contacts(campaign_id, 2)
    claimed = world.claim(campaign_id)

    assert (world.call_row(call_id)["state"], world.call_row(call_id)["attempt"]) == ("ended", 1)
    assert (contact["status"], contact["attempts"]) == ("waiting", 1)
    assert {world.call_row(each)["contact_id"] for each in claimed} == {contact_id, *others}
    assert {world.call_row(each)["attempt"] for each in claimed} == {1, 2}


def test_who_was_reached_though_the_carrier_said_no_is_not_called_again(world: World) -> None:
    campaign_id = world.campaign(retry={"max_attempts": 1, "on": {}})
    contact_id = world.contact(campaign_id)
    call_id = refused_call(world, campaign_id)

    world.hang_up(call_id, cause="user_busy")

    contact = world.contact_row(contact_id)
    assert (contact["status"], contact["attempts"], contact["last_call_id"]) == ("exhausted", 1, call_id)


def test_an_attempt_that_was_made_since_keeps_its_number_and_its_contact(world: World) -> None:
    campaign_id = world.campaign()
    contact_id = world.contact(campaign_id)
    first = refused_call(world, campaign_id)
    [second] = world.claim(campaign_id)

    world.hang_up(first, cause="user_busy")

    assert {each: world.call_row(each)["attempt"] for each in (first, second)} == {first: 2, second: 1}
    contact = world.contact_row(contact_id)
    assert (contact["status"], contact["current_call_id"], contact["attempts"]) == ("calling", second, 1)
