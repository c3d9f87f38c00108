"""Judges write only on what they judged, and live state goes only when nothing of it is outstanding."""

from __future__ import annotations

import pytest

from orchestrator.model.live_call import LiveCall
from orchestrator.operations.dialing.release_attempts import ReleasedAttempt, free_channels
from orchestrator.operations.events.restore_live_calls import restore_live_calls
from orchestrator.operations.recovery.poll_call_status import poll_call_status
from orchestrator.operations.recovery.reconcile_channels import reconcile_channels
from orchestrator.operations.recovery.reconcile_unknown_calls import ABSENT_AFTER_S, GIVE_UP_AFTER_S
from orchestrator.store.redis.live_calls import KEEP_AFTER_RECORD_S, KEEP_LEG_S, create_live
from orchestrator.telnyx.client_state import ClientState
from tests.support.carrier_stub import Answer, Asked, CarrierStub
from tests.support.unknown_calls import active_legs, match_again, unknown_call
from tests.support.world import CONNECTION, World


def kept_s(world: World, call_id: str) -> list[int]:
    """Return for how long the state, the timeline and the outbox are kept: -1 without end, -2 where there is none."""
    keys = world.keys
    return [int(world.redis.ttl(key)) for key in (keys.call(call_id), keys.log(call_id), keys.outbox(call_id))]


def long_absent_call(world: World, carrier: CarrierStub) -> str:
    """Return an unknown attempt that the next look gives up."""
    carrier.get = lambda _asked: (200, active_legs())
    call_id = unknown_call(world, carrier, age_s=GIVE_UP_AFTER_S + 700)
    world.reconciler.reconcile_unknown_calls(CONNECTION)
    return call_id


def answer(world: World, call_id: str) -> None:
    world.hear(call_id, "call.initiated")
    world.hear(call_id, "call.answered")
    world.advance()


def test_r21_an_attempt_that_is_heard_of_while_the_carrier_is_asked_is_not_given_up(
    world: World, carrier: CarrierStub
) -> None:
    call_id = long_absent_call(world, carrier)

    def get(asked: Asked) -> Answer:
        if "/call_events" in asked.path:
            answer(world, call_id)
        return 200, active_legs()

    carrier.get = get
    match_again(world)

    assert (world.contact_of(call_id)["status"], world.call_row(call_id)["disposition"]) == ("calling", None)
    assert world.redis.llen(world.keys.outbox(call_id)) == 1
    assert kept_s(world, call_id) == [-1, -1, -1]
    match_again(world)
    assert world.call_row(call_id)["state"] == "accepted"


def test_r21_giving_up_writes_over_no_record_that_came_meanwhile(world: World, carrier: CarrierStub) -> None:
    call_id = long_absent_call(world, carrier)

    def get(asked: Asked) -> Answer:
        if "/call_events" in asked.path:
            answer(world, call_id)
            world.hang_up(call_id)
            world.redis.delete(world.keys.call(call_id))
        return 200, active_legs()

    carrier.get = get
    match_again(world)

    row, contact = world.call_row(call_id), world.contact_of(call_id)
    assert (row["state"], row["disposition"], row["absences"]) == ("ended", "answered", 1)
    assert contact["status"] == "completed"


def test_r21_of_two_reconcilers_that_looked_at_once_one_notes_the_absence(world: World, carrier: CarrierStub) -> None:
    carrier.get = lambda _asked: (200, active_legs())
    call_id = unknown_call(world, carrier)

    def get(_asked: Asked) -> Answer:
        carrier.get = lambda _asked: (200, active_legs())
        world.reconciler.reconcile_unknown_calls(CONNECTION)
        return 200, active_legs()

    carrier.get = get
    world.reconciler.reconcile_unknown_calls(CONNECTION)

    assert world.call_row(call_id)["absences"] == 1


def test_an_attempt_that_was_given_up_leaves_no_live_state_without_an_end(world: World, carrier: CarrierStub) -> None:
    call_id = long_absent_call(world, carrier)

    match_again(world)

    assert world.contact_of(call_id)["status"] == "unknown"
    assert 0 < kept_s(world, call_id)[0] <= KEEP_AFTER_RECORD_S


def test_a_call_that_was_given_up_and_is_heard_of_after_all_keeps_its_flow_as_long_as_a_call_may_last(
    world: World, carrier: CarrierStub
) -> None:
    call_id = long_absent_call(world, carrier)
    match_again(world)
    assert world.contact_of(call_id)["status"] == "unknown"

    answer(world, call_id)

    assert all(KEEP_AFTER_RECORD_S < left <= KEEP_LEG_S for left in kept_s(world, call_id))
    world.perform(call_id)
    assert [asked.path.rsplit("/", 1)[1] for asked in carrier.actions] == ["speak"]
    world.hang_up(call_id)
    assert all(left == -2 or 0 < left <= KEEP_AFTER_RECORD_S for left in kept_s(world, call_id))


def test_r21_a_call_that_is_heard_of_while_the_carriers_log_is_read_is_not_assumed_to_be_over(
    world: World, carrier: CarrierStub
) -> None:
    call_id = unknown_call(world, carrier, age_s=ABSENT_AFTER_S + 1)
    metadata = {"client_state": ClientState(call=call_id, role="A", user=None).encode()}

    def get(asked: Asked) -> Answer:
        if "/call_events" not in asked.path:
            return 200, active_legs()
        answer(world, call_id)
        return 200, {"data": [{"name": "call.initiated", "call_leg_id": "leg-9", "metadata": metadata}]}

    carrier.get = get
    world.reconciler.reconcile_unknown_calls(CONNECTION)
    match_again(world)
    world.advance()

    assert (live := world.live(call_id)) is not None and live.phase == "answered"


def test_r21_a_call_whose_leg_only_its_live_state_knows_is_asked_about_and_not_assumed_to_be_over(
    world: World, carrier: CarrierStub
) -> None:
    carrier.get = lambda asked: (200, {"data": {"call_control_id": asked.path.rsplit("/", 1)[1], "is_alive": True}})
    call_id = world.dialed_call()
    answer(world, call_id)
    world.execute("UPDATE calls SET call_control_id = NULL")
    world.let_time_of_calls_pass()

    poll_call_status(world.sql, world.redis, world.keys, world.carrier)
    world.advance()

    assert (live := world.live(call_id)) is not None
    assert (live.phase, live.closing) == ("answered", True)


@pytest.mark.parametrize("who", ["withdrawer", "sweeper"])
def test_live_state_of_a_call_that_was_heard_of_outlives_the_withdrawal_of_its_attempt(world: World, who: str) -> None:
    call_id = world.dialed_call()
    answer(world, call_id)
    row = world.call_row(call_id)
    world.set_call(call_id, state="withdrawn")

    if who == "withdrawer":
        gone = ReleasedAttempt(call_id, row["contact_id"], row["campaign_id"], CONNECTION)
        free_channels(world.redis, world.keys, [gone])
    else:
        old = "call_01J00000000000000000000000"
        for key in (world.keys.call, world.keys.log, world.keys.outbox):
            world.redis.rename(key(call_id), key(old))
        world.redis.zadd(world.keys.slots(CONNECTION), {old: 1})
        reconcile_channels(world.sql, world.redis, world.keys, connection_id=CONNECTION)
        call_id = old

    assert world.redis.llen(world.keys.outbox(call_id)) == 1
    assert all(KEEP_AFTER_RECORD_S < left <= KEEP_LEG_S for left in kept_s(world, call_id))


def test_live_state_of_an_attempt_that_was_never_heard_of_goes_with_its_withdrawal(world: World) -> None:
    call_id = world.dialed_call()
    row = world.call_row(call_id)
    assert kept_s(world, call_id)[0] == -1
    world.redis.delete(world.keys.events)

    free_channels(
        world.redis, world.keys, [ReleasedAttempt(call_id, row["contact_id"], row["campaign_id"], CONNECTION)]
    )

    assert kept_s(world, call_id) == [-2, -2, -2]


def test_a_recorded_call_that_comes_back_from_its_row_has_an_end_from_the_first_moment(world: World) -> None:
    call_id = world.dialed_call()
    world.hang_up(call_id)
    world.redis.delete(world.keys.call(call_id), world.keys.log(call_id), world.keys.outbox(call_id))

    restore_live_calls(world.redis, world.sql, world.keys, [call_id])
    before = kept_s(world, call_id)
    world.hear(call_id, "call.cost", total_cost="0.01")
    world.advance()

    assert 0 < before[0] <= KEEP_AFTER_RECORD_S
    assert all(left == -2 or 0 < left <= KEEP_AFTER_RECORD_S for left in kept_s(world, call_id))


def test_adopting_takes_no_time_from_a_live_call(world: World) -> None:
    call_id = world.dialed_call()
    answer(world, call_id)
    world.set_call(call_id, state="ended")

    restore_live_calls(world.redis, world.sql, world.keys, [call_id])

    assert kept_s(world, call_id) == [-1, -1, -1]


def test_live_state_is_created_with_its_end(world: World) -> None:
    call = LiveCall(call_id="call_1", phase="ended")

    assert create_live(world.redis, world.keys, call, keep_s=60)

    assert 0 < world.redis.ttl(world.keys.call("call_1")) <= 60
