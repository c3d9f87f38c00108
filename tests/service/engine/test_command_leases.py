"""The lease of a command is short, and kept as long as its sender lives."""

from __future__ import annotations

from orchestrator.operations.calls.command_leases import LEASE_MS, CommandLeases
from orchestrator.operations.calls.send_commands import AGAIN_WITHIN_MS, SEND_WITHIN_S
from tests.support.carrier_stub import Answer, Asked, CarrierStub
from tests.support.poll import eventually
from tests.support.world import World

SECONDS_OF_SILENCE = 6  # at most, behind the death of a sender


def waiting_call(world: World) -> str:
    call_id = world.dialed_call()
    world.hear(call_id, "call.answered")
    world.advance()
    return call_id


def now_ms(world: World) -> float:
    seconds, micros = world.redis.time()
    return seconds * 1000 + micros / 1000


def test_r13_the_lease_of_a_sender_that_died_lapses_within_seconds_and_the_sweeper_is_due(
    world: World, carrier: CarrierStub
) -> None:
    found: list[float] = []

    def die(_asked: Asked) -> Answer:
        found.append(world.redis.pttl(world.keys.lease(call_id)))
        found.append(world.redis.zscore(world.keys.wakes, call_id) - now_ms(world))
        return 200, {"data": {"result": "ok"}}

    carrier.act = die
    call_id = waiting_call(world)
    world.perform(call_id)

    assert all(0 < each <= 1_000 * SECONDS_OF_SILENCE for each in found) and len(found) == 2


def test_r13_a_call_whose_sender_died_is_woken_as_its_lease_lapses_whatever_stands_in_the_queue(
    world: World, carrier: CarrierStub
) -> None:
    world.sender._leases = CommandLeases(world.redis, world.keys, renew_every_s=0.05)
    found: list[float | None] = []

    def act(_asked: Asked) -> Answer:
        found.append(world.redis.zscore(world.keys.put_off, call_id))
        world.redis.zadd(world.keys.put_off, {call_id: 7})
        eventually(lambda: world.redis.zscore(world.keys.put_off, call_id) != 7)  # as long as it lives
        found.append(world.redis.zscore(world.keys.put_off, call_id))
        return 200, {"data": {"result": "ok"}}

    carrier.act = act
    call_id = waiting_call(world)
    began_ms = now_ms(world)
    world.perform(call_id)

    assert all(each and LEASE_MS - 1 <= each - began_ms <= now_ms(world) - began_ms + LEASE_MS for each in found)
    assert len(found) == 2 and world.redis.zcard(world.keys.put_off) == 0


def test_r13_a_frozen_sender_thaws_too_late_to_send_under_the_lease_of_another() -> None:
    assert SEND_WITHIN_S * 1000 < LEASE_MS < AGAIN_WITHIN_MS


def test_r13_a_lease_is_renewed_while_its_request_is_under_way(world: World, carrier: CarrierStub) -> None:
    world.sender._leases = CommandLeases(world.redis, world.keys, renew_every_s=0.05)
    second: list[int] = []

    def act(_asked: Asked) -> Answer:
        world.redis.pexpire(world.keys.lease(call_id), 3_000)
        world.redis.zadd(world.keys.wakes, {call_id: 7})
        eventually(lambda: world.redis.pttl(world.keys.lease(call_id)) > 3_000)
        assert world.redis.zscore(world.keys.wakes, call_id) > now_ms(world)
        second.append(world.perform(call_id))  # another sender meanwhile
        return 200, {"data": {"result": "ok"}}

    carrier.act = act
    call_id = waiting_call(world)

    assert world.perform(call_id) == 1
    assert second == [0]


def test_r13_the_lease_of_another_is_not_renewed(world: World) -> None:
    leases = CommandLeases(world.redis, world.keys, renew_every_s=0.02)
    world.redis.set(world.keys.lease("call_1"), "other", px=3_000)
    world.redis.set(world.keys.lease("call_2"), "mine", px=3_000)

    with leases.kept("call_1", "mine"), leases.kept("call_2", "mine"):
        eventually(lambda: world.redis.pttl(world.keys.lease("call_2")) > 3_000)

    assert world.redis.pttl(world.keys.lease("call_1")) <= 3_000


def test_r13_a_sender_that_lost_its_lease_ends_no_other_senders(world: World) -> None:
    leases, lease = CommandLeases(world.redis, world.keys, renew_every_s=0.02), world.keys.lease("call_1")
    first = leases.kept("call_1", "first")
    first.__enter__()  # and loses it, as while Valkey stood still

    with leases.kept("call_1", "second"):
        first.__exit__(None, None, None)
        world.redis.set(lease, "second", px=3_000)

        assert eventually(lambda: world.redis.pttl(lease) > 3_000)


def test_a_lease_that_is_no_longer_kept_is_not_renewed(world: World) -> None:
    leases = CommandLeases(world.redis, world.keys, renew_every_s=0.02)
    with leases.kept("call_1", "mine"):
        pass
    world.redis.set(world.keys.lease("call_1"), "mine", px=3_000)

    eventually(lambda: not leases._is_renewing)

    assert world.redis.pttl(world.keys.lease("call_1")) <= 3_000
