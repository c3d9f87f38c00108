"""A person who is to be called back waits until then, first in line, whatever the call comes to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from orchestrator.clock import utc_now
from orchestrator.errors import Conflict
from orchestrator.operations.campaigns.complete_campaigns import complete_campaigns
from orchestrator.operations.contacts.call_back import Callback, call_back
from orchestrator.operations.contacts.suppress_number import suppress_number
from tests.support.lock_points import in_thread, waits_for_a_lock
from tests.support.world import World

ONCE = {"max_attempts": 1, "on": {}}
IN_TWO_HOURS = timedelta(hours=2)


def ask(world: World, call_id: str, **wanted: Any) -> Any:
    return world.run(call_back, call_id, Callback.model_validate(wanted or {"after": "2h", "note": "has a meeting"}))


def live_call(world: World, **campaign: Any) -> str:
    call_id = world.dialed_call(retry=ONCE, **campaign)
    world.advance()
    return call_id


def stands(world: World, call_id: str) -> tuple[Any, ...]:
    row = world.contact_of(call_id)
    return row["status"], row["reason"], row["priority"]


def is_about(moment: datetime | None, expected: datetime) -> bool:
    return moment is not None and abs(moment - expected) < timedelta(minutes=1)


def test_r12_asked_in_the_call_it_takes_effect_when_the_call_ends(world: World) -> None:
    call_id = live_call(world)

    ask(world, call_id)
    during = stands(world, call_id)
    world.hang_up(call_id)

    assert during == ("calling", None, 0)
    assert stands(world, call_id) == ("held", "callback", 1001)
    row = world.contact_of(call_id)
    assert is_about(row["due_at"], utc_now() + IN_TWO_HOURS)
    assert (row["attempts"], row["attempts_limit"], row["callback"]["note"]) == (1, 2, "has a meeting")


@pytest.mark.parametrize("is_asked_first", [True, False])
def test_r12_request_and_end_of_the_call_may_come_in_any_order(world: World, *, is_asked_first: bool) -> None:
    call_id = live_call(world)
    world.execute("UPDATE campaigns SET retry = CAST(:r AS jsonb)", r='{"max_attempts": 5, "on": {}}')
    steps = [lambda: ask(world, call_id), lambda: world.hang_up(call_id)]
    first, second = steps if is_asked_first else steps[::-1]

    with world.sql.connect() as holder:
        holder.execute(text("SELECT 1 FROM contacts FOR UPDATE"))
        with in_thread(first) as one:
            waits_for_a_lock(world, unless=one)
            with in_thread(second):
                assert not one.done()
                holder.rollback()

    assert stands(world, call_id) == ("held", "callback", 1001)
    assert is_about(world.contact_of(call_id)["due_at"], utc_now() + IN_TWO_HOURS)


def test_asked_after_the_record_it_takes_effect_at_once(world: World) -> None:
    call_id = live_call(world)
    world.hang_up(call_id)
    assert world.contact_of(call_id)["status"] in ("completed", "exhausted")

    ask(world, call_id)

    assert stands(world, call_id) == ("held", "callback", 1001)
    row = world.contact_of(call_id)
    assert is_about(row["due_at"], utc_now() + IN_TWO_HOURS)
    assert (row["attempts"], row["attempts_limit"]) == (1, 2)


def test_the_call_that_calls_back_ends_it_and_the_priority_is_the_usual_one_again(world: World) -> None:
    call_id = live_call(world)
    world.execute("UPDATE contacts SET priority = 7")
    ask(world, call_id)
    world.hang_up(call_id)
    campaign_id = world.call_row(call_id)["campaign_id"]

    assert world.claim(campaign_id) == []
    world.execute("UPDATE contacts SET due_at = now()")
    [second] = world.claim(campaign_id)
    world.dialer.dial_call(second)
    world.advance()
    world.hang_up(second, cause="user_busy")

    row = world.contact_of(second)
    assert (row["status"], row["attempts"], row["priority"], row["callback"]) == ("exhausted", 2, 7, None)


def test_who_is_called_back_comes_before_every_other(world: World) -> None:
    call_id = live_call(world)
    ask(world, call_id)
    world.hang_up(call_id)
    campaign_id = world.call_row(call_id)["campaign_id"]
    world.contact(campaign_id, priority=1000)
    world.execute("UPDATE contacts SET due_at = now() WHERE reason = 'callback'")

    [first] = world.claim(campaign_id, most=1)

    assert world.call_row(first)["contact_id"] == world.call_row(call_id)["contact_id"]


def test_a_second_request_moves_the_time_in_the_call_and_behind_it(world: World) -> None:
    call_id = live_call(world)
    ask(world, call_id)
    ask(world, call_id, after="3h", note="rather later")
    world.hang_up(call_id)
    assert is_about(world.contact_of(call_id)["due_at"], utc_now() + timedelta(hours=3))

    ask(world, call_id, after="1h")

    row = world.contact_of(call_id)
    assert is_about(row["due_at"], utc_now() + timedelta(hours=1))
    assert (row["callback"]["priority"], row["callback"]["note"], row["attempts_limit"]) == (0, None, 2)


def test_r9_whoever_opts_out_in_the_call_is_not_called_back(world: World) -> None:
    call_id = live_call(world)
    ask(world, call_id)
    world.run(suppress_number, world.contact_of(call_id)["phone"], reason="asked")
    world.hang_up(call_id)

    assert stands(world, call_id)[0] == "suppressed"
    with pytest.raises(Conflict) as refused:
        ask(world, call_id)
    assert refused.value.code == "suppressed"


def test_r12_an_amended_record_takes_no_callback_back(world: World) -> None:
    call_id = live_call(world)
    world.hang_up(call_id)
    ask(world, call_id)

    recorded = world.call_row(call_id)["outcome"]
    world.set_call(call_id, outcome="another")
    world.redis.xadd(world.keys.ended, {"call": call_id})
    world.settle()

    assert world.call_row(call_id)["outcome"] == recorded
    assert stands(world, call_id)[:2] == ("held", "callback")


def test_a_record_that_comes_late_keeps_what_was_promised_meanwhile(world: World) -> None:
    call_id = live_call(world)
    world.execute(
        "UPDATE contacts SET status = 'held', reason = 'record_failed', due_at = NULL,"
        " last_call_id = current_call_id, current_call_id = NULL"
    )
    ask(world, call_id)
    assert stands(world, call_id)[:2] == ("held", "record_failed")

    world.hang_up(call_id)

    assert stands(world, call_id)[:2] == ("held", "callback")


def test_r22_a_completed_campaign_runs_again_for_it(world: World) -> None:
    call_id = live_call(world)
    world.hang_up(call_id)
    campaign_id = world.call_row(call_id)["campaign_id"]
    assert complete_campaigns(world.sql) == [campaign_id]

    ask(world, call_id)

    assert world.campaign_row(campaign_id)["status"] == "running"
    assert complete_campaigns(world.sql) == []


def test_in_a_campaign_that_was_canceled_in_the_call_nobody_is_called_back(world: World) -> None:
    call_id = live_call(world)
    ask(world, call_id)
    world.execute("UPDATE campaigns SET status = 'canceled'")

    world.hang_up(call_id)

    assert stands(world, call_id)[0] == "exhausted"
    assert world.contact_of(call_id)["callback"] is None


def test_a_person_is_promised_nothing_while_the_phone_is_being_dialed(world: World) -> None:
    call_id = world.claimed_call()

    with pytest.raises(Conflict) as refused:
        ask(world, call_id)

    assert refused.value.code == "not_begun"
