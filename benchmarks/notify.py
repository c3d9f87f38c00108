"""How quickly one engine delivers events to an endpoint that accepts each at once, and what an event costs."""

from __future__ import annotations

import sys
import time

from sqlalchemy import text

from benchmarks.cpu import cpu_s
from benchmarks.ground import Ground, carrier_env
from benchmarks.measures import Measure, Target
from benchmarks.sink import Sink, sink
from benchmarks.webhooks import PUBLIC_KEY
from orchestrator.ids import new_id
from orchestrator.local_stack.program import Program
from orchestrator.operations.notify.webhook_signature import new_secret
from orchestrator.settings import child_environment
from orchestrator.store.sql.webhook_endpoints import insert_endpoint
from tests.support.poll import eventually

EVENTS = 20_000
_OF_A_SUBJECT = 3  # as a call has: answered, ended, recorded
_MOST_S = 300.0

_WRITE = text(
    """
    INSERT INTO new_events (type, subject, data)
    SELECT 'call.ended', 'call_' || n / :of_a_subject, jsonb_build_object('call_id', n, 'disposition', 'human')
    FROM generate_series(1, :events) n
    """
)
_UNDELIVERED = text("SELECT count(*) FROM webhook_deliveries WHERE status <> 'delivered'")


def measure_notify(ground: Ground, *, events: int = EVENTS) -> list[Measure]:
    """Write events beforehand, then start an engine that delivers them."""
    with sink() as receiver:
        _write(ground, receiver, events)
        host = receiver.url.split("/")[2]
        env = {**ground.env, **carrier_env("http://127.0.0.1:1/v2", PUBLIC_KEY), "ORCHESTRATOR_TRUSTED_HOSTS": host}
        argv = [sys.executable, "-m", "workers.engine", "--only", "notify"]
        program = Program(name="notify", argv=argv, env=child_environment(env), ready_line="engine runs")
        stores_before = ground.store_cpu_s()
        with ground.running(program) as children:
            engine_before, began = cpu_s(children["notify"].pid), time.monotonic()
            eventually(lambda: receiver.answered >= events, within=_MOST_S, every=0.05)
            took_s = time.monotonic() - began
            eventually(lambda: not _undelivered(ground), within=_MOST_S, every=0.1)
            engine_s = cpu_s(children["notify"].pid) - engine_before
        stores_s = ground.store_cpu_s() - stores_before
    again = receiver.answered - events
    note = f"{events:,} events, {_OF_A_SUBJECT} of a subject, one engine; {again} came twice"
    return [
        Measure("events delivered", events / took_s, "events/s", None, Target("least", 500), note),
        Measure("engine's CPU of a delivery", engine_s / events * 1000, "ms"),
        Measure("stores' CPU of an event and its delivery", stores_s / events * 1000, "ms"),
    ]


def _write(ground: Ground, receiver: Sink, events: int) -> None:
    row = {"id": new_id("whe"), "url": receiver.url, "secret": new_secret(), "events": []}
    with ground.sql.begin() as tx:
        tx.execute(text("TRUNCATE new_events, events, webhook_endpoints, webhook_deliveries"))
        insert_endpoint(tx, row)
        tx.execute(_WRITE, {"events": events, "of_a_subject": _OF_A_SUBJECT})


def _undelivered(ground: Ground) -> int:
    with ground.sql.connect() as tx:
        return int(tx.execute(_UNDELIVERED).scalar_one())
