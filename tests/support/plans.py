"""Reads how PostgreSQL carries out the statements of a block, each explained just before it is really executed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, event

LARGE = frozenset(
    {"contacts", "calls", "call_events", "recordings", "suppressions", "lifted_suppressions", "import_rejects"}
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
def explained(sql: Engine) -> Iterator[list[Plan]]:
    """Collect the plan of every statement that goes through `sql` within the block."""
    plans: list[Plan] = []

    def explain(tx: Connection, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().startswith(_READS_OR_WRITES):
            plans.append(_explain(tx, statement, parameters))

    event.listen(sql, "before_cursor_execute", explain)
    try:
        yield plans
    finally:
        event.remove(sql, "before_cursor_execute", explain)


def _explain(tx: Connection, statement: str, parameters: Any) -> Plan:
    driver: Any = tx.connection.driver_connection
    with driver.cursor() as cursor:
        cursor.execute("SAVEPOINT explained")
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", parameters)
        [explained] = cursor.fetchone()[0]
        cursor.execute("ROLLBACK TO SAVEPOINT explained")
    root = explained["Plan"]
    whole = frozenset(node["Relation Name"] for node in _nodes(root) if node["Node Type"] == "Seq Scan")
    pages = root["Shared Hit Blocks"] + root["Shared Read Blocks"]
    return Plan(statement, whole & LARGE, pages, explained["Execution Time"])


def _nodes(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)
