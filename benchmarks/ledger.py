"""What the record of one call costs at least: four durable statements on a bare table."""

from __future__ import annotations

import time

import psycopg

from benchmarks.ground import Ground
from benchmarks.measures import Sample, in_turns
from orchestrator.local_stack.interrupts import pause

_CALLS = 300
_PACED_S = 5.0
_TABLE = "CREATE TABLE IF NOT EXISTS bare_calls (id text PRIMARY KEY, state text NOT NULL, request jsonb, result jsonb)"
_STATEMENTS = (
    "INSERT INTO bare_calls (id, state, request) VALUES (%(id)s, 'reserved', %(request)s)",
    "UPDATE bare_calls SET state = 'dialing' WHERE id = %(id)s AND state = 'reserved'",
    "UPDATE bare_calls SET state = 'accepted' WHERE id = %(id)s AND state = 'dialing'",
    "UPDATE bare_calls SET state = 'ended', result = %(result)s WHERE id = %(id)s AND state <> 'ended'",
)
_REQUEST = '{"to": "+13125550142", "from": "+13125550100", "connection_id": "1", "timeout_secs": 25}'


def measure_ledger(ground: Ground, *, rounds: int = 3, pace: float | None = None) -> Sample:
    """Return what the bare record of one call costs, at a pace (calls/s) or flat out."""
    address = ground.postgres.url.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(address, autocommit=True) as tx:
        tx.execute(_TABLE)
        return in_turns({"bare": lambda: _run(tx, pace)}, rounds=rounds)["bare"]


def _run(tx: psycopg.Connection, pace: float | None) -> Sample:
    tx.execute("TRUNCATE bare_calls")
    began, before = time.perf_counter(), time.process_time()
    for number in range(_CALLS if pace is None else int(pace * _PACED_S)):
        if pace:
            pause(max(0.0, began + number / pace - time.perf_counter()))
        row = {"id": f"call_{number:026d}", "request": _REQUEST, "result": _REQUEST}
        for statement in _STATEMENTS:
            used = {name: value for name, value in row.items() if f"({name})" in statement}
            tx.execute(statement, used)
    calls = number + 1
    return Sample(calls / (time.perf_counter() - began), (time.process_time() - before) * 1000 / calls)
