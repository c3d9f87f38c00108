"""`calls.perform` against a bare Celery task that POSTs: the same commands, worker settings and carrier.

Ours is measured as it works under load, on shift: woken once, it takes the calls from a list.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from benchmarks.cpu import cpu_s
from benchmarks.ground import Ground, carrier_env
from benchmarks.measures import Measure, Sample, Side, Target, in_turns
from benchmarks.sink import Sink, sink
from benchmarks.webhooks import PUBLIC_KEY
from orchestrator.ids import new_id, new_version, stable_uuid
from orchestrator.local_stack import command_lines
from orchestrator.local_stack.interrupts import pause
from orchestrator.local_stack.process import ChildProcess
from orchestrator.local_stack.program import Program
from orchestrator.model.decision import Decision, SendCommand
from orchestrator.model.live_call import LiveCall
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.live_calls import commit_call, create_live, load_live
from orchestrator.store.redis.scripts import run_scripts

_COMMANDS = 1_000
_WARM_UP = 10
_WITHIN_S = 60.0
_PACED_S = 5.0

Publish = Callable[[Sequence[str]], None]


def measure_commands(ground: Ground, *, rounds: int = 5, pace: float | None = None) -> tuple[list[Measure], Sample]:
    """Return the measures, and what the bare task costs, publishing included; with `pace` the latter alone, at it."""
    with sink() as carrier, _workers(ground, carrier, pace) as (ours, bare):
        if pace:
            return [], in_turns({"bare": bare}, rounds=rounds)["bare"]
        medians = in_turns({"ours": ours, "bare": bare}, rounds=rounds)
    task, other = medians["ours"], medians["bare"]
    return [
        Measure("calls.perform", task.per_s, "commands/s", other.per_s, Target("least", 0.8)),
        Measure("calls.perform, CPU", task.cpu_ms, "ms/command", other.cpu_ms),
    ], other


@contextmanager
def _workers(ground: Ground, carrier: Sink, pace: float | None) -> Iterator[tuple[Side, Side]]:
    env = {**ground.env, **carrier_env(carrier.url, PUBLIC_KEY)}
    os.environ.update(env)  # this process publishes as the engine does
    from benchmarks import bare_worker
    from workers.tasks.names import CALLS_PERFORM
    from workers.tasks.publish import publish

    ours, bare = _worker("commands", env), _worker("bare", env, app="benchmarks.bare_worker", queue=bare_worker.QUEUE)
    with ground.running(ours, bare) as children:
        mine, other = children["commands"], children["bare"]

        def publish_bare(ids: Sequence[str]) -> None:
            _publish_bare(bare_worker, ids)

        if pace:
            side = _paced(ground, carrier, other, publish_bare, pace)
            yield side, side
        else:
            yield (
                _side(ground, carrier, mine, lambda ids: _fill(ground, ids), lambda ids: publish(CALLS_PERFORM, ids)),
                _side(ground, carrier, other, lambda _: None, publish_bare),
            )


def _side(ground: Ground, carrier: Sink, worker: ChildProcess, prepare: Publish, publish: Publish) -> Side:
    def run() -> Sample:
        ids = [new_id("call") for _ in range(_WARM_UP + _COMMANDS)]
        ground.redis.delete(Keys().events, Keys().wakes)
        prepare(ids)
        publish(ids[:_WARM_UP])
        _Meter(ground, carrier, worker, 0.0).read(_WARM_UP)
        meter = _Meter(ground, carrier, worker, 0.0)
        before = time.thread_time()
        publish(ids[_WARM_UP:])
        meter.published_s = time.thread_time() - before
        return meter.read(_COMMANDS)

    return run


def _paced(ground: Ground, carrier: Sink, worker: ChildProcess, publish: Publish, pace: float) -> Side:
    def run() -> Sample:
        meter, count = _Meter(ground, carrier, worker, 0.0), int(pace * _PACED_S)
        for number in range(count):
            before = time.thread_time()
            publish([new_id("call")])
            meter.published_s += time.thread_time() - before
            pause(max(0.0, meter.began + (number + 1) / pace - time.perf_counter()))
        return meter.read(count)

    return run


class _Meter:
    """Reads what was spent from its making to the last answer."""

    def __init__(self, ground: Ground, carrier: Sink, worker: ChildProcess, published_s: float) -> None:
        self._ground, self._carrier, self._worker, self.published_s = ground, carrier, worker, published_s
        self._answered, self.began = carrier.answered, time.perf_counter()
        self._before, self._store_before = cpu_s(worker.pid), cpu_s(ground.valkey.pid)

    def read(self, count: int) -> Sample:
        """Wait until so many commands are answered."""
        while (missing := self._answered + count - self._carrier.answered) > 0:
            pause(0.005)
            if time.perf_counter() - self.began > _WITHIN_S:
                raise AssertionError(f"{missing} commands were not sent within {_WITHIN_S:g} s")
        took = time.perf_counter() - self.began
        pause(0.3)  # what follows the last answer belongs to its cost
        spent = cpu_s(self._worker.pid) - self._before + self.published_s
        store = cpu_s(self._ground.valkey.pid) - self._store_before
        return Sample(count / took, spent * 1000 / count, store * 1000 / count)


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
                stream=keys.events,
                loaded=loaded,
                version=new_version(),
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
