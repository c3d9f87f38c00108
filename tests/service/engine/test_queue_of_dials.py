"""The queue of dials is bounded by the attempts that wait to be sent, and a message that was lost is issued again."""

from __future__ import annotations

from orchestrator.operations.campaigns.pause_campaign import pause_campaign
from orchestrator.operations.campaigns.start_campaign import resume_campaign
from orchestrator.operations.recovery.resolve_unanswered_dials import resolve_unanswered_dials
from tests.support.carrier_stub import CarrierStub
from tests.support.poll import eventually
from tests.support.world import World


def let_wait(world: World, seconds: int = 11) -> None:
    world.execute("UPDATE calls SET published_at = published_at - make_interval(secs => :s)", s=seconds)


def test_a_queue_that_nobody_reads_holds_each_attempt_once(world: World) -> None:
    def dispatch() -> int:
        let_wait(world)
        world.in_queue += len(world.dispatcher.dispatch_calls())
        [(reserved,)] = world.query("SELECT count(*) FROM calls WHERE state = 'reserved'")
        return int(reserved)

    world.contacts(world.campaign(), 12)
    eventually(lambda: dispatch() == 12)  # the rate lets them through one after the other

    for _ in range(30):
        dispatch()

    assert world.in_queue == dispatch() == 12


def test_a_message_that_was_lost_with_its_worker_is_issued_again_before_younger_ones(world: World) -> None:
    campaign_id, younger = world.campaign(), list[str]()
    world.contacts(campaign_id, 3)
    [lost] = world.claim(campaign_id, most=1)
    let_wait(world, 5)
    eventually(lambda: younger.extend(world.claim(campaign_id)) or len(younger) == 2)  # the rate spaces them out
    world.in_queue = 2
    let_wait(world)

    assert world.dispatcher.dispatch_calls() == [lost]


def test_what_a_worker_took_and_lost_is_issued_again_in_three_seconds_when_nothing_else_waits(world: World) -> None:
    campaign_id = world.campaign()
    world.contact(campaign_id)
    [lost] = world.claim(campaign_id)
    let_wait(world, 2)
    too_early = world.dispatcher.dispatch_calls()
    let_wait(world, 2)
    world.in_queue = 1  # it may be this one
    not_surely_lost = world.dispatcher.dispatch_calls()
    world.in_queue = 0

    assert (too_early, not_surely_lost, world.dispatcher.dispatch_calls()) == ([], [], [lost])


def test_a_broker_that_came_back_empty_gets_every_attempt_again(world: World) -> None:
    world.contacts(world.campaign(), 5)
    published = world.dispatcher.dispatch_calls()
    let_wait(world)

    assert set(published) <= set(world.dispatcher.dispatch_calls())


def test_what_a_pause_withdrew_and_no_worker_took_still_counts_against_new_claims(world: World) -> None:
    campaign_id = world.campaign()
    world.contacts(campaign_id, 300)
    world.execute("UPDATE connections SET calls_per_second = 1000")  # however quickly the ticks follow each other
    for _ in range(10):
        for _ in range(40):
            world.in_queue += len(world.dispatcher.dispatch_calls())
        world.run(pause_campaign, campaign_id)
        world.run(resume_campaign, campaign_id)
        world.execute("UPDATE campaigns SET heard_webhooks = true")

    assert world.in_queue <= 64


def test_a_repeat_that_nobody_takes_is_published_every_ten_seconds_and_not_every_second(
    world: World, carrier: CarrierStub
) -> None:
    carrier.dial = lambda _asked: (0, {})
    call_id = world.dialed_call()
    world.age_send(call_id, 16)

    published = [resolve_unanswered_dials(world.sql, world.redis, world.keys) for _ in range(5)]
    let_wait(world)

    assert published == [[call_id], [], [], [], []]
    assert resolve_unanswered_dials(world.sql, world.redis, world.keys) == [call_id]
