"""`calls.perform` against a bare Celery task that POSTs: the same commands, worker settings and carrier."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from benchmarks.cpu import cpu_s
from benchmarks.ground import Ground, carrier_env
from benchmarks.measures import Measure, Sample, Side, Target, in_turns
from benchmarks.sink import Sink, sink
from benchmarks.webhooks import PUBLIC_KEY
from orchestrator.ids import new_id, stable_uuid
from orchestrator.model.decision import Decision, SendCommand
from orchestrator.model.live_call import LiveCall
from orchestrator.stack import command_lines
from orchestrator.stack.child import Child
from orchestrator.stack.interrupts import pause
from orchestrator.stack.program import Program
from orchestrator.store.keys import Keys
from orchestrator.store.live import commit_call, create_live, load_live
from orchestrator.store.scripts import run_scripts

_COMMANDS = 1_000
_WITHIN_S = 60.0

Publish = Callable[[Sequence[str]], None]


def measure_commands(ground: Ground, *, rounds: int = 5) -> tuple[list[Measure], Sample]:
    """Return the measures, and what the bare task costs, its publishing included."""
    with sink() as carrier, _workers(ground, carrier) as (ours, bare):
        medians = in_turns({"ours": ours, "bare": bare}, rounds=rounds)
    task, other = medians["ours"], medians["bare"]
    return [
        Measure("calls.perform", task.per_s, "commands/s", other.per_s, Target("least", 0.8)),
        Measure("calls.perform, CPU", task.cpu_ms, "ms/command", other.cpu_ms),
    ], other


@contextmanager
def _workers(ground: Ground, carrier: Sink) -> Iterator[tuple[Side, Side]]:
    env = {**ground.env, **carrier_env(carrier.url, PUBLIC_KEY)}
    os.environ.update(env)  # this process publishes as the engine does
    from benchmarks import bare_worker
    from workers.names import CALLS_PERFORM
    from workers.publish import publish

    ours, bare = _worker("commands", env), _worker("bare", env, app="benchmarks.bare_worker", queue=bare_worker.QUEUE)
    with ground.running(ours, bare) as children:
        yield (
            _side(
                ground,
                carrier,
                children["commands"],
                lambda ids: _fill(ground, ids),
                lambda ids: publish(CALLS_PERFORM, ids),
            ),
            _side(ground, carrier, children["bare"], lambda _: None, lambda ids: _publish_bare(bare_worker, ids)),
        )


def _side(ground: Ground, carrier: Sink, worker: Child, prepare: Publish, publish: Publish) -> Side:
    def run() -> Sample:
        ids = [new_id("call") for _ in range(_COMMANDS)]
        ground.redis.delete(Keys().events, Keys().wakes)
        prepare(ids)
        os.kill(worker.pid, signal.SIGSTOP)
        try:
            before = time.process_time()
            publish(ids)
            published_s = time.process_time() - before
        finally:
            os.kill(worker.pid, signal.SIGCONT)
        return _drain(ground, carrier, worker, published_s)

    return run


def _drain(ground: Ground, carrier: Sink, worker: Child, published_s: float) -> Sample:
    wanted, began = carrier.answered + _COMMANDS, time.perf_counter()
    before, store_before = cpu_s(worker.pid), cpu_s(ground.valkey.pid)
    while carrier.answered < wanted:
        pause(0.005)
        if time.perf_counter() - began > _WITHIN_S:
            raise AssertionError(f"{wanted - carrier.answered} commands were not sent within {_WITHIN_S:g} s")
    took = time.perf_counter() - began
    pause(0.3)  # what follows the last answer belongs to its cost
    spent = cpu_s(worker.pid) - before + published_s
    each = 1000 / _COMMANDS
    return Sample(_COMMANDS / took, spent * each, (cpu_s(ground.valkey.pid) - store_before) * each)


def _fill(ground: Ground, call_ids: Sequence[str]) -> None:
    """Leave every call with one command in its outbox, as the advance loop does."""
    from benchmarks.bare_worker import BODY

    keys, commits = Keys(), []
    body = {name: value for name, value in BODY.items() if name not in ("client_state", "command_id")}
    for call_id in call_ids:
        call = LiveCall(call_id=call_id, call_control_id=f"v3:{call_id}", phase="answered", visit=1)
        create_live(ground.redis, keys, call.model_copy(update={"call_control_id": None}))
        loaded = load_live(ground.redis, keys, call_id)
        assert loaded is not None
        command = SendCommand(command_id=stable_uuid(call_id, 1), action="gather_using_speak", visit=1, body=body)
        decision = Decision(call=call, commands=(command,))
        commits.append(
            commit_call(
                keys,
                decision,
                loaded=loaded,
                event_id="bench",
                entry_id="",
                stamped_ms=int(time.time() * 1000),
                log=b"",
            )
        )
    assert set(run_scripts(ground.redis, commits)) == {1}


def _publish_bare(bare_worker: Any, call_ids: Sequence[str]) -> None:
    with bare_worker.app.producer_or_acquire() as producer, producer.batch(max_size=200):
        for call_id in call_ids:
            bare_worker.app.send_task(bare_worker.TASK, (call_id,), queue=bare_worker.QUEUE, producer=producer)


def _worker(name: str, env: dict[str, str], *, app: str = "workers.celery_app", queue: str = "commands") -> Program:
    argv = command_lines.worker("commands", name=name)
    words = {"workers.celery_app": app, "commands": queue}
    return Program(name=name, argv=tuple(words.get(word, word) for word in argv), env=env, ready_line=" ready.")
