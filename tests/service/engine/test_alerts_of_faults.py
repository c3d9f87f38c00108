"""Faults that are provoked, each until the alert for it is pending by what `/metrics` says, and no other is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from orchestrator.clock import rfc3339, utc_now
from orchestrator.local_stack.embedded_servers import RunningServer, start_postgres, start_valkey
from orchestrator.services import Services
from orchestrator.store.redis.event_streams import ensure_groups
from orchestrator.telnyx.client_state import ClientState
from tests.support.alert_watch import LATE_S, Watch, dial_some, watch_of
from tests.support.carrier_stub import CarrierStub, refusal
from tests.support.refused_rows import TOO_LARGE, refuse_rows
from tests.support.unknown_calls import unknown_call
from tests.support.world import CONNECTION, World
from workers.loops import Loop, run_loop

TRIES = 20  # of an entry, before it is buried


@pytest.fixture
def watch(world: World) -> Watch:
    return watch_of(world.services)


def webhook_of_long_ago(world: World, call_id: str, event_type: str) -> None:
    """Put a webhook into the stream of events that came in LATE_S ago by the server's clock."""
    world.redis.delete(world.keys.events)  # a stream takes no entry older than its newest
    ensure_groups(world.redis, world.keys)
    ids = {"call_control_id": f"v3:{call_id}", "call_leg_id": f"leg-{call_id}", "call_session_id": f"ses-{call_id}"}
    data = {
        "record_type": "event",
        "event_type": event_type,
        "id": f"late-{call_id}",
        "occurred_at": rfc3339(utc_now()),
        "payload": {
            **ids,
            "connection_id": CONNECTION,
            "client_state": ClientState(call=call_id, role="A", user=None).encode(),
        },
    }
    came_at = f"{(world.redis.time()[0] - LATE_S) * 1000}-0"
    world.redis.xadd(world.keys.events, {"raw": orjson.dumps({"data": data, "meta": {"attempt": 1}})}, id=came_at)


def test_events_and_commands_that_are_late(world: World, watch: Watch) -> None:
    in_time, late = dial_some(world, 2)
    world.advance()
    world.hear(in_time, "call.answered")
    world.work(in_time)
    watch.look()
    watch.forget()
    assert watch.pending() == set()

    webhook_of_long_ago(world, late, "call.answered")
    watch.look()
    assert watch.pending() == {"EventsLate"}
    world.__dict__.pop("sender")  # another worker, which tells its counts at once
    world.work(late)
    watch.look()

    assert watch.pending() == {"CommandsLate"}


def test_webhooks_that_do_not_come(world: World, watch: Watch) -> None:
    dial_some(world, 6)
    watch.look()

    assert watch.pending() == {"WebhooksSilent"}


def test_a_record_that_is_refused_each_time(world: World, watch: Watch) -> None:
    [call_id] = dial_some(world, 1)
    world.hear(call_id, "call.hangup", hangup_cause="user_busy")
    world.advance()
    world.let_timers_fire()
    world.advance()
    refuse_rows(world, "call_events", f"NEW.call_id = '{call_id}'", sqlstate=TOO_LARGE)

    for _ in range(TRIES):
        world.settle()
        for entry in world.redis.xautoclaim(world.keys.ended, "engine", "another", 0)[1]:
            world.finalizer.finalize_calls([entry])
    watch.look()

    assert watch.pending() == {"DeadLetters"}


def test_a_carrier_that_is_away(world: World, watch: Watch) -> None:
    world.use_carrier("http://127.0.0.1:1/v2")

    dial_some(world, 10)
    watch.look()

    assert watch.pending() == {"DispatchClosed", "DialsFail", "RateLowered"}


def test_a_carrier_that_refuses_the_account(world: World, carrier: CarrierStub, watch: Watch) -> None:
    carrier.dial = lambda _asked: refusal(401, "10009", title="Authentication failed")

    dial_some(world, 3)
    watch.look()

    assert watch.pending() == {"AccountRefused", "DialsFail"}


def test_a_dial_whose_answer_never_came(world: World, carrier: CarrierStub, watch: Watch) -> None:
    unknown_call(world, carrier)
    watch.look()

    assert "CallsUnknown" in watch.pending()


def test_dialing_that_is_stopped(world: World, watch: Watch) -> None:
    world.stop_dialing()
    watch.look()

    assert watch.pending() == {"DialingStopped"}


def test_an_engine_that_has_ended(world: World, watch: Watch) -> None:
    stop, steps = threading.Event(), iter(range(100))

    def turn() -> None:
        if next(steps) % 50 == 49:
            stop.set()

    run_loop(Loop("dispatch", turn, 0.0), stop)
    watch.look()
    watch.forget()
    stop.clear()
    run_loop(Loop("dispatch", turn, 0.0), stop)
    watch.look()
    assert watch.pending() == set()

    watch.forget()
    watch.look()

    assert watch.pending() == {"EngineStopped"}


@pytest.fixture
def own_servers(tmp_path: Path) -> Iterator[tuple[RunningServer, RunningServer]]:
    postgres = start_postgres(tmp_path / "postgres", durable=False)
    valkey = start_valkey(tmp_path / "valkey", maxmemory="64mb")
    yield postgres, valkey
    postgres.stop()
    valkey.stop()


def test_stores_that_are_down(world: World, own_servers: tuple[RunningServer, RunningServer]) -> None:
    postgres, valkey = own_servers
    here = {"database_url": postgres.url, "redis_url": valkey.url}
    services = Services(settings=world.settings.model_copy(update=here))
    watch = Watch(services)
    watch.read()
    assert "StoreAway" not in watch.pending()

    for server, store in ((postgres, "postgresql"), (valkey, "redis")):
        server.stop()
        watch.read()

        assert watch.pending() >= {"StoreAway"}
        assert watch.scrapes[-1]["orchestrator_store_up"][frozenset({("store", store)})] == 0
    services.close()
