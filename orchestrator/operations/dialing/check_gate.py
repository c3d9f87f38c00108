"""Asks the gate for contacts that a claim has locked, each behind those before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, RowMapping

from orchestrator.policy.caller_id import choose_caller_id
from orchestrator.policy.dial_gate import GateAnswer, Go, may_dial
from orchestrator.store.sql.dial_checks import gate_facts
from orchestrator.store.sql.dial_counts import CallerIdCap, Dials, count_from, lock_caller_ids


def ask_gate(tx: Connection, rows: Mapping[str, RowMapping], contact_ids: Sequence[str]) -> dict[str, GateAnswer]:
    """Return the gate's answer for each of `contact_ids`, in their order.

    Where a cap on caller ids is in force, nobody else reserves a dial from these until the transaction ends.
    """
    dials = _dials_from(tx, [rows[cid] for cid in contact_ids])
    answers: dict[str, GateAnswer] = {}
    for cid in contact_ids:
        row, caller_id = rows[cid], caller_id_of(rows[cid])
        facts = gate_facts(row, contact_status_ok=True, from_caller_id=dials.get(caller_id, Dials()))
        answers[cid] = may_dial(facts, row["db_now"])
        if caller_id in dials and isinstance(answers[cid], Go):
            dials[caller_id] = Dials(dials[caller_id].counted + 1)  # of this claim: it may come to nothing yet
    return answers


def caller_id_of(row: RowMapping) -> str:
    """Return the number that a contact sees."""
    return row["caller_id"] or choose_caller_id(row["caller_ids"], row["contact_id"]) or ""


def _dials_from(tx: Connection, rows: Sequence[RowMapping]) -> dict[str, Dials]:
    caps = [row["caller_id_day_limit"] for row in rows if row["caller_id_day_limit"] is not None]
    if not caps:
        return {}
    caller_ids = sorted({caller_id_of(row) for row in rows})
    lock_caller_ids(tx, caller_ids)
    counted = count_from(tx, [CallerIdCap(caller_id, max(caps)) for caller_id in caller_ids])
    return dict(zip(caller_ids, counted, strict=True))
