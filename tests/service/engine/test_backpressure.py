"""Live calls come first: nobody new is called while those who listen wait for the next word."""

from __future__ import annotations

import redis

from orchestrator.model.metric import Metric
from orchestrator.operations.campaigns.cancel_campaign import cancel_campaign
from orchestrator.operations.dialing.dispatch_calls import QUEUED_AHEAD
from orchestrator.operations.dialing.find_dial_blockers import find_room_to_dial
from orchestrator.operations.system.collect_metrics import collect_metrics
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.own_pace import LATE_AT_MOST
from orchestrator.store.redis.live_calls import WAKE_AFTER_MS
from orchestrator.store.redis.put_off_calls import put_off
from orchestrator.store.redis.rate_limiter import LATE_MS
from tests.support.carrier_stub import CarrierStub
from tests.support.world import CONNECTION, World


def let_calls_wait(world: World, number: int, *, for_ms: int) -> None:
    """Leave calls with a command that was decided so long ago and has not been sent."""
    now_ms = server_ms(world.redis)
    world.redis.zadd(world.keys.wakes, {f"call_{n}": now_ms - for_ms + WAKE_AFTER_MS for n in range(number)})


def let_events_wait(world: World, number: int, *, for_ms: int) -> None:
    """Leave events that came so long ago and that no engine has acted on."""
    came_ms = server_ms(world.redis) - for_ms
    for n in range(number):
        world.redis.xadd(world.keys.events, {"raw": b"{}"}, id=f"{came_ms}-{n + 1}")


def server_ms(client: redis.Redis) -> int:
    seconds, micros = client.time()
    return int(seconds) * 1000 + int(micros) // 1000


def test_nobody_new_is_called_while_calls_wait_for_their_commands(world: World) -> None:
    world.contacts(world.campaign(), 3)
    let_calls_wait(world, LATE_AT_MOST + 1, for_ms=LATE_MS + 100)

    held = world.dispatcher.dispatch_calls()
    world.redis.delete(world.keys.wakes)
    released = world.dispatcher.dispatch_calls()

    assert held == []
    assert len(released) == 3


def test_nobody_new_is_called_while_events_wait_to_be_acted_on(world: World) -> None:
    world.contacts(world.campaign(), 3)
    let_events_wait(world, LATE_AT_MOST + 1, for_ms=LATE_MS + 100)

    held = world.dispatcher.dispatch_calls()
    world.redis.xtrim(
        world.keys.events, maxlen=LATE_AT_MOST, approximate=False
    )  # what an error keeps there holds nobody up
    released = world.dispatcher.dispatch_calls()

    assert (held, len(released)) == ([], 3)


def test_a_campaign_says_that_it_waits_for_those_on_the_line(world: World) -> None:
    campaign_id = world.campaign()
    let_calls_wait(world, LATE_AT_MOST + 1, for_ms=LATE_MS + 100)

    said = world.run(find_room_to_dial, [campaign_id])[campaign_id].lacks
    late = {r.metric: r.value for r in world.run(collect_metrics)}[Metric.WAITING_TOO_LONG]
    world.redis.delete(world.keys.wakes)
    later = world.run(find_room_to_dial, [campaign_id])[campaign_id].lacks

    assert (said, late, later) == (Reason.CATCHING_UP, LATE_AT_MOST + 1, None)


def test_events_that_have_just_come_hold_nobody_up(world: World) -> None:
    world.contacts(world.campaign(), 3)
    let_events_wait(world, 100, for_ms=-5_000)

    assert len(world.dispatcher.dispatch_calls()) == 3


def test_commands_that_have_just_been_decided_hold_nobody_up(world: World) -> None:
    world.contacts(world.campaign(), 3)
    let_calls_wait(world, 100, for_ms=-5_000)

    assert len(world.dispatcher.dispatch_calls()) == 3


def test_commands_that_are_put_off_hold_nobody_up_before_their_pause_is_over(world: World) -> None:
    world.contacts(world.campaign(), 3)
    for n in range(LATE_AT_MOST + 1):
        world.redis.set(world.keys.lease(f"call_{n}"), "token")
        put_off(world.redis, world.keys, f"call_{n}", token="token", pause_ms=1_800)

    assert len(world.dispatcher.dispatch_calls()) == 3


def test_hangups_of_calls_that_nobody_knows_to_ring_hold_nobody_up(world: World, carrier: CarrierStub) -> None:
    carrier.dial = lambda _asked: (500, {})
    unanswered = world.campaign()
    world.contacts(unanswered, LATE_AT_MOST + 1)
    call_ids = world.claim(unanswered)
    world.dialer.dial_calls(call_ids)
    world.execute("UPDATE calls SET state = 'unknown', unknown_at = now()")
    world.run(cancel_campaign, unanswered, live_calls="hangup")
    for call_id in world.advance():
        world.perform(call_id)
    for call_id in call_ids:  # as if five seconds had passed
        world.redis.zadd(world.keys.wakes, {call_id: server_ms(world.redis)}, xx=True)
    world.execute("UPDATE connections SET calls_per_second = 1000")
    world.redis.delete(world.keys.gcra(CONNECTION), world.keys.health(CONNECTION))
    world.contacts(world.campaign(), 3)

    assert len(world.dispatcher.dispatch_calls()) == 3


def test_behind_a_time_in_which_somebody_waited_fewer_are_dialed_at_once(world: World) -> None:
    campaign_id = world.campaign(pacing={"calls_per_second": 1000, "max_live_calls": 1000})
    world.contacts(campaign_id, 100)
    world.execute("UPDATE connections SET calls_per_second = 1000, max_live_calls = 1000")
    world.execute("UPDATE campaigns SET heard_webhooks = true")
    let_calls_wait(world, LATE_AT_MOST + 1, for_ms=LATE_MS + 100)

    held = world.dispatcher.dispatch_calls()
    world.redis.delete(world.keys.wakes)
    released = world.dispatcher.dispatch_calls()

    assert held == []
    assert 0 < len(released) < QUEUED_AHEAD
