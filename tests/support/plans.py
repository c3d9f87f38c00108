"""Reads how PostgreSQL carries out the statements of a block, each explained just before it is really executed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg._queries import PostgresQuery
from psycopg.adapt import Transformer
from sqlalchemy import Connection, Engine, event

LARGE = frozenset(
    {"contacts", "calls", "call_events", "recordings", "suppressions", "lifted_suppressions", "import_rejects"}
    | {"list_entries", "list_changes", "events", "webhook_deliveries"}
)
_READS_OR_WRITES = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True)
class Plan:
    """A statement, what was read whole for it, how many pages of 8 KiB it touched and how long it took in ms."""

    statement: str
    read_whole: frozenset[str]
    pages: int
    took_ms: float

    def __str__(self) -> str:
        whole = f", reads {', '.join(sorted(self.read_whole))} whole" if self.read_whole else ""
        return f"{self.pages} pages, {self.took_ms:.1f} ms{whole}: {' '.join(self.statement.split())[:400]}"


@contextmanager
def explained(sql: Engine, *, kept: bool) -> Iterator[list[Plan]]:
    """Collect the plan of every statement that goes through `sql` within the block.

    `kept` is the plan for any values, which a connection of a loop keeps; else it is the one for these values.
    """
    plans: list[Plan] = []
    mode = "force_generic_plan" if kept else "force_custom_plan"

    def explain(tx: Connection, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().startswith(_READS_OR_WRITES):
            plans.append(_explain(tx, statement, parameters, mode=mode))

    event.listen(sql, "before_cursor_execute", explain)
    try:
        yield plans
    finally:
        event.remove(sql, "before_cursor_execute", explain)


def _explain(tx: Connection, statement: str, parameters: Any, *, mode: str) -> Plan:
    driver: Any = tx.connection.driver_connection
    with driver.transaction(force_rollback=True), psycopg.ClientCursor(driver) as cursor:
        for_any = PostgresQuery(Transformer(driver))
        for_any.convert(statement, parameters)
        cursor.execute(f"SET LOCAL plan_cache_mode = {mode}")
        types = f"({', '.join(map(_type_name, for_any.types))})" if for_any.types else ""
        cursor.execute(f"PREPARE explained {types} AS ".encode() + for_any.query)
        values = _in_order(for_any, parameters)
        execution = f"EXECUTE explained ({', '.join(['%s'] * len(values))})" if values else "EXECUTE explained"
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {execution}", values)
        [[[explained]]] = cursor.fetchall()
        cursor.execute("DEALLOCATE explained")
    root = explained["Plan"]
    whole = frozenset(node["Relation Name"] for node in _nodes(root) if node["Node Type"] == "Seq Scan")
    pages = root["Shared Hit Blocks"] + root["Shared Read Blocks"]
    return Plan(statement, whole & LARGE, pages, explained["Execution Time"])


def _type_name(oid: int) -> str:
    known = psycopg.postgres.types.get(oid)
    if known is None:
        return "unknown"
    return f"{known.regtype}[]" if oid == known.array_oid else known.regtype


def _in_order(query: PostgresQuery, parameters: Any) -> list[Any]:
    return [parameters[name] for name in query._order or ()] if isinstance(parameters, Mapping) else list(parameters)


def _nodes(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)
