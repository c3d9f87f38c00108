"""Work that is left lying, each until the alert for it is pending by what `/metrics` says."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import redis

from orchestrator.operations.campaigns.guard_campaigns import CampaignGuard
from orchestrator.policy.own_pace import LATE_AT_MOST
from orchestrator.services import Services
from orchestrator.store.redis.event_streams import ensure_groups
from orchestrator.store.redis.keys import GROUP
from orchestrator.store.sql.engine import open_sql
from tests.support.alert_watch import LATE_S, Watch, dial_some, watch_of
from tests.support.carrier_stub import CarrierStub, refusal
from tests.support.incoming import tell
from tests.support.poll import eventually
from tests.support.raw_server import raw_server, reply
from tests.support.recordings_shelf import Shelf
from tests.support.told import Teller, answers
from tests.support.world import World
from workers.engine.__main__ import dispatch_loops
from workers.loops import run_loop
from workers.tasks.names import CALLS_DIAL, CALLS_PERFORM
from workers.tasks.publish import publish, queued

UNKNOWN_LEG = "v3:of-nobody"


@pytest.fixture
def watch(world: World) -> Watch:
    return watch_of(world.services)


def age(world: World, stream: str) -> None:
    """Let what stands in a stream have come LATE_S ago by the server's clock."""
    entries = world.redis.xrange(stream)
    world.redis.delete(stream)  # a stream takes no entry older than its newest
    ensure_groups(world.redis, world.keys)
    came_ms = (world.redis.time()[0] - LATE_S) * 1000
    for n, (_, fields) in enumerate(entries):
        world.redis.xadd(stream, fields, id=f"{came_ms}-{n + 1}")


class NoPause(threading.Event):
    """A stop on which nobody waits, and which comes when it was looked at so often."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self._left = looks

    def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002 as its base has it
        self._left -= 1
        return self._left < 0


def test_a_loop_that_fails_again_and_again(world: World, watch: Watch, broker: redis.Redis) -> None:
    engine = Services(settings=world.settings)
    engine.__dict__.update(sql=open_sql("postgresql+psycopg://u:p@127.0.0.1:1/x"))
    [dispatch] = dispatch_loops(engine)
    run_loop(dispatch, NoPause(1))
    watch.look()
    watch.forget()

    run_loop(dispatch, NoPause(20))
    watch.look()
    assert watch.pending() == set()
    run_loop(dispatch, NoPause(1))
    watch.look()

    assert watch.pending() == {"LoopFails"}
    engine.close()


def test_calls_that_ended_and_are_not_recorded(world: World, watch: Watch) -> None:
    [call_id] = dial_some(world, 1)
    world.hear(call_id, "call.hangup", hangup_cause="user_busy")
    world.advance()
    world.let_timers_fire()
    world.advance()
    watch.look()
    assert watch.pending() == set()

    age(world, world.keys.ended)
    watch.look()

    assert watch.pending() == {"ResultsLate"}
    world.settle()
    watch.look()
    assert watch.pending() == set()


def test_webhooks_of_unknown_legs_that_wait_for_the_database(world: World, watch: Watch) -> None:
    tell(world, leg=UNKNOWN_LEG)
    age(world, world.keys.events)

    [[_, entries]] = world.redis.xreadgroup(GROUP, "test", {world.keys.events: ">"})
    world.processor.process_events(entries)
    watch.look()

    assert watch.pending() == {"StraysLate"}


def test_webhooks_that_belong_to_no_call(world: World, watch: Watch) -> None:
    for n in range(20):
        tell(world, "call.answered", leg=f"{UNKNOWN_LEG}-{n}")
    world.advance()
    watch.look()
    assert watch.pending() == set()

    tell(world, "call.answered", leg=UNKNOWN_LEG)
    world.advance()
    watch.look()

    assert watch.pending() == {"WebhooksUnmatched"}


def test_dials_that_no_worker_takes(world: World, watch: Watch, broker: redis.Redis) -> None:
    world.contacts(world.campaign(), 200)
    while claimed := world.dispatcher.dispatch_calls():
        publish(CALLS_DIAL, claimed)
        world.in_queue = queued(CALLS_DIAL)
    watch.look()

    assert watch.pending() == {"DialsWait"}


def test_commands_that_no_worker_takes_hold_up_new_calls(world: World, watch: Watch, broker: redis.Redis) -> None:
    def answer(calls: int) -> None:
        for call_id in dial_some(world, calls):
            world.hear(call_id, "call.answered")
        publish(CALLS_PERFORM, world.advance())

    def pending() -> set[str]:
        watch.look()
        return watch.pending()

    answer(1)
    assert pending() == {"CommandsWait"}
    answer(LATE_AT_MOST)

    eventually(lambda: pending() >= {"CommandsWait", "Overloaded"})


def test_events_that_no_endpoint_takes(world: World, watch: Watch) -> None:
    teller = Teller(world.sql)
    with raw_server(answers(410)) as gone:
        teller.endpoint(gone.url)
        teller.tell("call.ended call_1")
        teller.deliverer(gone.url).deliver_events()
    watch.look()

    assert watch.pending() == {"DeliveriesGivenUp"}


def test_a_campaign_whose_numbers_the_carrier_rejects(world: World, carrier: CarrierStub, watch: Watch) -> None:
    carrier.dial = lambda _asked: refusal(422, "10016", title="Phone number must be in +E.164 format")
    dial_some(world, 20)
    world.settle()

    world.run(CampaignGuard).guard_campaigns()
    watch.look()

    assert watch.pending() == {"CampaignGuarded", "DialsFail"}


def test_recordings_that_cannot_be_fetched(world: World, watch: Watch, tmp_path: Path) -> None:
    fetcher = Shelf(world, tmp_path / "recordings").fetcher()
    with raw_server(lambda _server: lambda connection, _: connection.sendall(reply(503, b""))) as server:
        for n, call_id in enumerate(dial_some(world, 21)):
            links = {"mp3": f"{server.url}/{n}.mp3"}
            world.hear(call_id, "call.recording.saved", recording_id=f"r-{n}", format="mp3", recording_urls=links)
        world.advance()
        world.settle()
        while fetcher.fetch_recordings():
            pass
    watch.look()
    watch.forget()
    watch.look()

    assert watch.pending() == {"RecordingsWait"}
