"""What rides in the round trip of a commit is done when the commit is, though the process hears no answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest
import redis
from redis.connection import Connection, ConnectionPool

from orchestrator.clock import utc_now
from orchestrator.operations.events.process_events import EventProcessor
from orchestrator.store.redis.event_streams import add_webhook
from orchestrator.store.redis.keys import GROUP
from orchestrator.store.redis.live_calls import STALE, commit_call, load_live
from orchestrator.store.redis.rate_limiter import read_health
from orchestrator.store.redis.scripts import run_scripts
from tests.support.flows import GREETING, Line
from tests.support.world import CONNECTION, World


class Dying(Connection):
    """A connection whose process ends before it hears what its scripts answer."""

    runs_scripts = False

    def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        self.runs_scripts = b"EVALSHA" in b"".join(command)
        super().send_packed_command(command, check_health)

    def read_response(self, *args: Any, **kwargs: Any) -> Any:
        answer = super().read_response(*args, **kwargs)
        if self.runs_scripts:
            raise SystemExit
        return answer


@pytest.fixture(autouse=True)
def scripts_are_known(world: World) -> None:
    """Let an engine process an event, so that no script has to be loaded in the midst of what follows."""
    world.hear(world.dialed_call(), "call.initiated")
    world.advance()


def let_engine_die_at_commit(world: World, redis_url: str) -> None:
    client = redis.Redis(connection_pool=ConnectionPool.from_url(redis_url, connection_class=Dying))
    processor = EventProcessor(client=client, flows=world.flows, connection_id=CONNECTION, keys=world.keys)
    entries = world.redis.xreadgroup(GROUP, "dying", {world.keys.events: ">"}, count=100)
    with pytest.raises(SystemExit):
        processor.process_events(entries[0][1])


def hear_without_state(world: World, call_id: str) -> None:
    payload = {"call_control_id": f"v3:{call_id}", "client_state": None, "recording_urls": {"mp3": "http://x/y.mp3"}}
    data = {"event_type": "call.recording.saved", "id": "rec-1", "occurred_at": utc_now().isoformat()}
    add_webhook(world.redis, world.keys, orjson.dumps({"data": {**data, "payload": payload}}))


def test_r11_the_legs_of_a_call_are_known_though_the_engine_died_as_it_bound_them(world: World, redis_url: str) -> None:
    call_id = world.dialed_call()
    let_engine_die_at_commit(world, redis_url)

    hear_without_state(world, call_id)
    world.advance()

    assert (live := world.live(call_id)) is not None
    assert (live.phase, len(live.recordings)) == ("ringing", 1)
    assert world.redis.xlen(world.keys.events) == 0
    assert world.redis.ttl(world.keys.leg(f"v3:{call_id}")) > 0


def test_that_the_carrier_reaches_us_is_noted_though_the_engine_died_with_it(world: World, redis_url: str) -> None:
    call_id = world.dialed_call()
    world.advance()
    world.hear(call_id, "call.answered")
    before = read_health(world.redis, world.keys, CONNECTION).last_webhook_ms

    let_engine_die_at_commit(world, redis_url)

    assert read_health(world.redis, world.keys, CONNECTION).last_webhook_ms > before


def test_r11_a_commit_that_lost_its_race_makes_no_leg_known(world: World) -> None:
    call_id = world.dialed_call()
    loaded = load_live(world.redis, world.keys, call_id)
    assert loaded is not None
    line = Line(GREETING)
    decision = line.hear("call.answered")
    bound = replace(decision, call=loaded.call.model_copy(update={"call_control_id": "v3:double"}))
    another = type(loaded)(loaded.version + 1, loaded.call)

    commit = commit_call(
        world.keys,
        bound,
        stream=world.keys.events,
        loaded=another,
        version=7,
        event_id="event-1",
        entry_id="1-1",
        stamped_ms=1,
        log=b"{}",
    )

    assert run_scripts(world.redis, [commit]) == [STALE]
    assert not world.redis.exists(world.keys.leg("v3:double"))
