"""Asks the gate for contacts that a claim has locked, each behind those before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, RowMapping

from orchestrator.operations.dialing.pool_choices import PoolRoom, find_pools, open_pools
from orchestrator.policy.caller_id import choose_caller_id
from orchestrator.policy.dial_gate import GateAnswer, Go, may_dial
from orchestrator.store.sql.dial_checks import gate_facts
from orchestrator.store.sql.dial_counts import CallerIdCap, Dials, count_from, lock_caller_ids
from orchestrator.store.sql.flow_cache import FlowCache


@dataclass(frozen=True)
class Asked:
    """The gate's answers, and the number that each contact sees, by contact id."""

    answers: dict[str, GateAnswer] = field(default_factory=dict)
    caller_ids: dict[str, str] = field(default_factory=dict)


def ask_gate(tx: Connection, rows: Mapping[str, RowMapping], contact_ids: Sequence[str], *, flows: FlowCache) -> Asked:
    """Return the gate's answer for each of `contact_ids`, in their order, and their caller ids.

    Where a cap on caller ids is in force, nobody else reserves a dial from these until the transaction ends.
    """
    dials, pools = _room_of(tx, [rows[cid] for cid in contact_ids])
    asked = Asked()
    for cid in contact_ids:
        row = rows[cid]
        pool = pools.get(row["caller_id_pool"] or "")
        caller_id = (pool.choose(row) or "") if pool else caller_id_of(row)
        facts = gate_facts(
            row,
            contact_status_ok=True,
            from_caller_id=dials.get(caller_id, Dials()),
            closed_caller_ids=pool.why_closed if pool else None,
            flow_voice=flows.voice(row["flow_id"]),
        )
        asked.caller_ids[cid] = caller_id
        asked.answers[cid] = may_dial(facts, row["db_now"])
        if isinstance(asked.answers[cid], Go):  # each of this claim may come to nothing yet
            if pool:
                pool.take(caller_id)
            if caller_id in dials:
                dials[caller_id] = Dials(dials[caller_id].counted + 1)
    return asked


def caller_id_of(row: RowMapping) -> str:
    """Return the number that a contact sees whose campaign has no pool."""
    return row["caller_id"] or choose_caller_id(row["caller_ids"], row["contact_id"]) or ""


def _room_of(tx: Connection, rows: Sequence[RowMapping]) -> tuple[dict[str, Dials], dict[str, PoolRoom]]:
    """Return what was dialed from the capped caller ids of contacts, and the pools of their campaigns."""
    pools = find_pools(tx, rows)
    capped = [row for row in rows if row["caller_id_pool"] is None and row["caller_id_day_limit"] is not None]
    caller_ids = sorted({caller_id_of(row) for row in capped})
    if caller_ids or pools:
        lock_caller_ids(tx, {*caller_ids, *(number for pool in pools.values() for number in pool.caller_ids)})
    most = max((row["caller_id_day_limit"] for row in capped), default=0)
    counted = count_from(tx, [CallerIdCap(caller_id, most) for caller_id in caller_ids])
    return dict(zip(caller_ids, counted, strict=True)), open_pools(tx, pools, rows[0]["db_now"]) if pools else {}
