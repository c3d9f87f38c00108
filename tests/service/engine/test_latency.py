"""How fast a campaign's own webhooks are answered is counted for that campaign alone."""

from __future__ import annotations

import orjson
import pytest

from orchestrator.model.hop import Hop
from orchestrator.model.metric import Distribution, Metric
from orchestrator.operations.system.collect_metrics import collect_metrics
from orchestrator.store.redis.hop_counts import read_hops
from tests.support.carrier_stub import CarrierStub, refusal
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
    assert world.stats(busy).event_to_command_ms["p50"] is not None
    assert world.stats(idle).event_to_command_ms == NOTHING


def test_a_command_that_is_sent_again_is_counted_once(world: World) -> None:
    call_id = world.dialed_call()
    busy = world.call_row(call_id)["campaign_id"]
    world.hear(call_id, "call.initiated")
    world.hear(call_id, "call.answered")

    world.work(call_id)
    world.work(call_id)

    assert world.redis.llen(world.keys.latency_of(busy)) == 1


def test_the_way_of_a_command_is_counted_hop_by_hop_and_told_as_a_metric(world: World) -> None:
    call_id = world.dialed_call()
    world.hear(call_id, "call.initiated")
    world.hear(call_id, "call.answered")

    world.work(call_id)

    hops = read_hops(world.redis, world.keys)
    assert {hop: times.count for hop, times in hops.items()} == dict.fromkeys(Hop, 1)
    before_the_post = sum(times.sum_ms for hop, times in hops.items() if hop not in (Hop.WHOLE, Hop.POST_TO_ANSWER))
    assert hops[Hop.WHOLE].sum_ms == pytest.approx(before_the_post, abs=3)  # stamps of Redis are whole milliseconds
    told = [each for each in world.run(collect_metrics) if each.metric is Metric.COMMAND_HOP_S]
    assert {each.labels: each.count for each in told if isinstance(each, Distribution)} == {(hop,): 1 for hop in Hop}


def test_of_a_command_that_is_sent_again_no_hop_is_counted(world: World, carrier: CarrierStub) -> None:
    call_id = world.dialed_call()
    world.hear(call_id, "call.initiated")
    world.hear(call_id, "call.answered")
    world.advance()
    carrier.act = lambda _asked: refusal(503, "10016")
    world.perform(call_id)
    [stamp] = [name for name in world.redis.hkeys(world.keys.call(call_id)) if name.startswith(b"c:")]
    world.redis.hincrby(world.keys.call(call_id), stamp, -2_000)
    carrier.act = lambda _asked: (200, {"data": {"result": "ok"}})

    sent = world.perform(call_id)

    assert sent == 1
    assert read_hops(world.redis, world.keys) == {}


def test_a_command_of_the_version_before_is_sent_and_not_counted(world: World) -> None:
    call_id = world.dialed_call()
    world.hear(call_id, "call.initiated")
    world.hear(call_id, "call.answered")
    world.advance()
    outbox = world.keys.outbox(call_id)
    [line] = [orjson.loads(raw) for raw in world.redis.lrange(outbox, 0, -1)]
    world.redis.lset(outbox, 0, orjson.dumps({k: v for k, v in line.items() if k not in ("read_at", "committed_at")}))

    sent = world.perform(call_id)

    assert sent == 1
    assert read_hops(world.redis, world.keys) == {}
