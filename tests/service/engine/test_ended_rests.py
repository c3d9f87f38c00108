"""A person ends the rest of a caller id: whoever waits for it is dialed, and it is kept who ended it, when and why."""

from __future__ import annotations

from datetime import timedelta

import pytest

from orchestrator.clock import utc_now
from orchestrator.errors import NotFound
from orchestrator.operations.caller_ids.end_rest import end_rest, find_caller_id
from orchestrator.operations.caller_ids.rest_numbers import rest_numbers
from orchestrator.operations.caller_ids.write_pools import change_pool
from orchestrator.policy.caller_id_pool import CallerIdPoolChanges
from tests.support.caller_id_pools import ONE, OTHER, THIRD, history, pool, pooled, rest_number, shown
from tests.support.dial_history import held
from tests.support.lock_points import LockPoint, in_thread, waits_for_a_lock
from tests.support.world import World

HOUR = timedelta(hours=1)


def held_by_a_rest(world: World) -> tuple[str, str, str]:
    """Return a pool, its campaign and a contact that waits: the pool's only number rests."""
    pool_id = pool(world, ONE)
    campaign_id = pooled(world, pool_id)
    contact_id = world.contact(campaign_id)
    rest_number(world, ONE, utc_now() + 5 * HOUR)
    assert world.claim(campaign_id) == []
    assert held(world, contact_id)[:2] == ("held", "caller_id_resting")
    return pool_id, campaign_id, contact_id


def test_whoever_waits_for_a_caller_id_is_dialed_once_its_rest_is_ended(world: World) -> None:
    _, campaign_id, _ = held_by_a_rest(world)

    told = world.run(end_rest, ONE, "the label is off", by="anna")

    assert told.resting_until is None
    assert (told.rest_ended["by"], told.rest_ended["because"]) == ("anna", "the label is off")
    assert shown(world, world.claim(campaign_id)) == [ONE]


def test_a_rest_is_ended_once_and_what_was_said_then_stays(world: World) -> None:
    held_by_a_rest(world)
    first = world.run(end_rest, ONE, "the label is off", by="anna")

    assert world.run(end_rest, ONE, "again", by="ben").rest_ended == first.rest_ended
    with pytest.raises(NotFound):
        world.run(find_caller_id, "+12125550199")


def test_the_calls_that_a_number_rested_for_do_not_put_it_to_rest_again(world: World) -> None:
    pooled(world, pool(world, ONE, OTHER, THIRD))
    for number, answered in ((ONE, 0), (OTHER, 30), (THIRD, 30)):
        history(world, number, 60 - answered, ago=HOUR)
        at = utc_now() - HOUR
        history(world, number, answered, ago=HOUR, answered_at=at, ended_at=at + timedelta(minutes=1))
    assert list(rest_numbers(world.sql)) == [ONE]

    world.run(end_rest, ONE, "the label is off", by="anna")

    assert rest_numbers(world.sql) == {}


def test_the_end_of_a_rest_waits_for_a_claim_that_still_saw_it(world: World) -> None:
    _, campaign_id, contact_id = held_by_a_rest(world)
    world.execute("UPDATE contacts SET status = 'waiting', reason = NULL, due_at = now() WHERE id = :id", id=contact_id)
    claiming = LockPoint(world.sql, before="UPDATE contacts")

    with in_thread(lambda: world.claim(campaign_id)):
        claiming.is_reached()
        with in_thread(lambda: world.run(end_rest, ONE, "the label is off", by="anna")) as ended:
            waits_for_a_lock(world, unless=ended)
            claiming.go_on()

    assert len(world.claim(campaign_id)) == 1


def test_a_change_of_a_pool_waits_for_a_claim_that_still_saw_it_full(world: World) -> None:
    pool_id, campaign_id, contact_id = held_by_a_rest(world)
    world.execute("UPDATE contacts SET status = 'waiting', reason = NULL, due_at = now() WHERE id = :id", id=contact_id)
    claiming = LockPoint(world.sql, before="UPDATE contacts")
    more = CallerIdPoolChanges.model_validate({"numbers": [{"number": ONE}, {"number": OTHER}]})

    with in_thread(lambda: world.claim(campaign_id)):
        claiming.is_reached()
        with in_thread(lambda: world.run(change_pool, pool_id, more)) as changed:
            waits_for_a_lock(world, unless=changed)
            claiming.go_on()

    assert shown(world, world.claim(campaign_id)) == [OTHER]
