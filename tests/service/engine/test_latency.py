"""How fast a campaign's own webhooks are answered is counted for that campaign alone."""

from __future__ import annotations

from orchestrator.operations.campaigns.read_stats import read_stats
from tests.support.world import World

NOTHING = {"p50": None, "p99": None}


def test_a_campaign_is_told_how_fast_its_own_webhooks_were_answered(world: World) -> None:
    idle = world.campaign(status="draft")
    call_id = world.dialed_call()
    busy = world.call_row(call_id)["campaign_id"]

    for event in ("call.initiated", "call.answered", "call.speak.started", "call.speak.ended"):
        world.hear(call_id, event)
        world.work(call_id)

    times = [int(value) for value in world.redis.lrange(world.keys.latency_of(busy), 0, -1)]
    assert len(times) == 2  # the flow's speak, and its hangup
    assert all(0 <= late_ms < 60_000 for late_ms in times)
    assert world.redis.ttl(world.keys.latency_of(busy)) > 6 * 24 * 3_600
    assert world.run(read_stats, busy).event_to_command_ms["p50"] is not None
    assert world.run(read_stats, idle).event_to_command_ms == NOTHING


def test_a_command_that_is_sent_again_is_counted_once(world: World) -> None:
    call_id = world.dialed_call()
    busy = world.call_row(call_id)["campaign_id"]
    world.hear(call_id, "call.initiated")
    world.hear(call_id, "call.answered")

    world.work(call_id)
    world.work(call_id)

    assert world.redis.llen(world.keys.latency_of(busy)) == 1
