"""The advance loop against the bare Lua apply script: the same entries, in the same batches."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from benchmarks.cpu import cpu_s
from benchmarks.ground import CONNECTION, Ground, carrier_env
from benchmarks.measures import Measure, Sample, Side, Target, in_turns
from benchmarks.webhooks import CALL, PUBLIC_KEY, webhook
from orchestrator.cli.demo import SAMPLE
from orchestrator.flow import load_flow, new_live_call
from orchestrator.garbage import collect_rarely
from orchestrator.ids import new_id, stable_uuid
from orchestrator.local_stack.interrupts import pause
from orchestrator.model.event import COMMAND_ACCEPTED, DIAL_ACCEPTED, Event
from orchestrator.model.live_call import LiveCall
from orchestrator.operations.events.process_events import EventProcessor
from orchestrator.store.redis.event_streams import ensure_groups
from orchestrator.store.redis.keys import GROUP, Keys
from orchestrator.store.redis.live_calls import create_live
from orchestrator.store.sql.flow_cache import FlowCache
from orchestrator.telnyx.commands import COMMANDS
from workers.engine.stream_consumer import Consumer

_CALLS = 400
_BATCH = 200
_PACED_S = 5.0
_LUA = (Path(__file__).parent / "bare_apply.lua").read_text()
_FLOW_ID = "flow_bench"

Fields = dict[bytes, bytes]


def measure_events(ground: Ground, *, rounds: int = 5, pace: float | None = None) -> tuple[list[Measure], Sample]:
    """Return the measures, and what the bare script costs; with `pace` (events/s) the latter alone, at that pace."""
    if pace:
        return [], in_turns({"bare": _bare(ground, pace)}, rounds=rounds)["bare"]
    os.environ.update({**ground.env, **carrier_env("http://127.0.0.1:1/v2", PUBLIC_KEY)})
    collect_rarely()  # as every process of the service does; here it serves the bare script too
    advance, full = _ours(ground, publish=False), _ours(ground, publish=True)
    medians = in_turns({"advance": advance, "bare": _bare(ground, None), "full": full}, rounds=rounds)
    loop, bare, with_wakes = medians["advance"], medians["bare"], medians["full"]
    return [
        Measure("advance loop", loop.per_s, "events/s", bare.per_s, Target("least", 0.6)),
        Measure("advance loop, CPU", loop.cpu_ms, "ms/event", bare.cpu_ms),
        Measure("advance loop with its wake-ups published", with_wakes.per_s, "events/s", bare.per_s),
    ], bare


def _ours(ground: Ground, *, publish: bool) -> Side:
    from workers.tasks.names import CALLS_PERFORM
    from workers.tasks.publish import wake_ups

    wakes = wake_ups(CALLS_PERFORM) if publish else None
    handled: list[int] = []
    keys, flows = Keys(), FlowCache(ground.sql)
    flow = load_flow(SAMPLE.read_text(), "application/yaml")
    flows.get = lambda _flow_id: flow  # type: ignore[assignment]  # the shelf after its first look
    processor = EventProcessor(client=ground.redis, flows=flows, connection_id=CONNECTION, wake_ups=wakes, keys=Keys())

    def handle(entries: Sequence[Any]) -> None:
        handled.append(len(entries))
        processor.process_events(entries)

    def run() -> Sample:
        call_ids = [new_id("call") for _ in range(_CALLS)]
        ground.redis.flushall()
        ensure_groups(ground.redis, keys)
        for call_id in call_ids:
            create_live(ground.redis, keys, _live(flow, call_id))
        count = _fill(ground, keys.events, call_ids)
        consumer = Consumer(ground.redis, keys.events, handle, keys=keys)
        handled.clear()
        sample = _timed(ground, count, lambda: _until(lambda: sum(handled) == count, consumer.consume))
        ended = sum(orjson.loads(ground.redis.hget(keys.call(c), "s") or b"{}")["settled"] for c in call_ids)
        assert ended == _CALLS, f"{ended} of {_CALLS} calls went through their flow"
        return sample

    return run


def _bare(ground: Ground, pace: float | None) -> Side:
    stream, client = "bare:events", ground.redis
    flow = load_flow(SAMPLE.read_text(), "application/yaml")

    def run() -> Sample:
        call_ids = [new_id("call") for _ in range(_CALLS)]
        state = _live(flow, call_ids[0]).model_dump_json().encode()
        client.flushall()
        client.xgroup_create(stream, GROUP, id="0", mkstream=True)
        with client.pipeline(transaction=False) as pipe:
            for call_id in call_ids:
                pipe.hset(f"bare:{call_id}", mapping={"v": 1, "s": state})
            pipe.execute()
        digest = client.script_load(_LUA)
        if pace:
            order = [call_ids[n % _CALLS] for n in range(int(pace * _PACED_S))]
            with _feeding(ground, stream, order, pace):
                return _timed(ground, len(order), lambda: _apply_all(client, stream, digest, order, state))
        count = _fill(ground, stream, call_ids)
        order = [call_ids[n % _CALLS] for n in range(count)]
        return _timed(ground, count, lambda: _apply_all(client, stream, digest, order, state))

    return run


def _apply_all(client: Any, stream: str, digest: str, order: Sequence[str], state: bytes) -> None:
    remaining, command = iter(order), state[:300]
    done = 0
    while done < len(order):
        [(_, entries)] = client.xreadgroup(GROUP, "bare", {stream: ">"}, count=_BATCH, block=2_000)
        done += len(entries)
        calls = [next(remaining) for _ in entries]
        with client.pipeline(transaction=False) as pipe:
            for call_id in calls:
                pipe.hmget(f"bare:{call_id}", ["v", "s"])
            loaded = pipe.execute()
        with client.pipeline(transaction=False) as pipe:
            for (entry_id, _), call_id, (version, _) in zip(entries, calls, loaded, strict=True):
                names = f"bare:{call_id}", f"out:{call_id}", stream
                pipe.evalsha(digest, 3, *names, version, b"e:" + entry_id, state, command, GROUP, entry_id)
            assert set(pipe.execute()) == {1}


@contextmanager
def _feeding(ground: Ground, stream: str, call_ids: Sequence[str], pace: float) -> Iterator[None]:
    """Write one webhook after the other at a pace, in a thread whose time is not counted."""
    entries = [webhook(call_id, number % len(CALL)) for number, call_id in enumerate(call_ids)]

    def feed() -> None:
        began = time.perf_counter()
        for number, raw in enumerate(entries):
            pause(max(0.0, began + number / pace - time.perf_counter()))
            ground.redis.xadd(stream, {"raw": raw})

    thread = threading.Thread(target=feed)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def _timed(ground: Ground, count: int, work: Callable[[], None]) -> Sample:
    began, before, store_before = time.perf_counter(), time.thread_time(), cpu_s(ground.valkey.pid)
    work()
    took, spent = time.perf_counter() - began, time.thread_time() - before
    store = cpu_s(ground.valkey.pid) - store_before
    return Sample(count / took, spent * 1000 / count, store * 1000 / count)


def _until(done: Callable[[], bool], consume: Callable[[], None]) -> None:
    while not done():
        consume()


def _fill(ground: Ground, stream: str, call_ids: Sequence[str]) -> int:
    """Write what happens to these calls, all side by side; return how many entries that makes."""
    stories = [list(_story(call_id)) for call_id in call_ids]
    with ground.redis.pipeline(transaction=False) as pipe:
        for moment in zip(*stories, strict=True):
            for fields in moment:
                pipe.xadd(stream, fields)
        pipe.execute()
    return sum(map(len, stories))


def _story(call_id: str) -> Iterator[Fields]:
    """Tell one call from the dial's answer to the settled end, in the order in which it would happen."""
    answers = {2: (1, 0, "gather_using_speak"), 5: (2, 0, "speak"), 7: (3, 2, "hangup")}
    for number in range(len(CALL)):
        yield {b"raw": webhook(call_id, number)}
        if number == 0:
            yield _own(call_id, f"{DIAL_ACCEPTED}:{call_id}:1", DIAL_ACCEPTED, {})
        if number in answers:
            visit, index, action = answers[number]
            assert action in COMMANDS
            command_id = stable_uuid(call_id, visit, index)
            yield _own(call_id, command_id, COMMAND_ACCEPTED, {"command_id": command_id, "action": action})
    yield {b"timer": f"{call_id}|settle".encode(), b"due": str(int(time.time() * 1000)).encode()}


def _own(call_id: str, ident: str, event_type: str, payload: dict[str, Any]) -> Fields:
    event = Event(id=ident, type=event_type, occurred_at=datetime.now(UTC), call_id=call_id, payload=payload)
    return {b"own": event.model_dump_json().encode()}


def _live(flow: Any, call_id: str) -> LiveCall:
    contact = {"first_name": "Ada", "appointment": "Monday at 9", "external_id": "patient-1", "timezone": None}
    return new_live_call(
        flow,
        call_id=call_id,
        flow_id=_FLOW_ID,
        campaign_id=new_id("cmp"),
        contact_id=new_id("con"),
        to="+13125550142",
        caller_id="+13125550100",
        contact=contact,
        dialed_at=datetime.now(UTC),
    )
