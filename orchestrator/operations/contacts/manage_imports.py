"""Finds imports and what they refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

from orchestrator.errors import NotFound
from orchestrator.store.sql import imports as queries_imports

if TYPE_CHECKING:
    from orchestrator.services import Services

_BATCH = 1_000


def find_import(services: Services, import_id: str) -> Row[Any]:
    """Return an import; raise NotFound for none."""
    with services.sql.connect() as tx:
        row = queries_imports.find_import(tx, import_id)
    if row is None:
        raise NotFound("import", import_id)
    return row


def first_rejects(services: Services, import_id: str, *, limit: int = 100) -> Sequence[Row[Any]]:
    """Return the first rows that an import refused, invalid ones before duplicates."""
    with services.sql.connect() as tx:
        return queries_imports.first_rejects(tx, import_id, limit=limit)


def problem_kinds(services: Services, row: Row[Any]) -> list[dict[str, Any]]:
    """Return what an import refused by kind, with the detail of the first row of each; none of earlier versions'."""
    kinds = row.params.get("problems", [])
    firsts = [kind["rows"][0] for kind in kinds]
    with services.sql.connect() as tx:
        details = queries_imports.reject_details(tx, row.id, firsts)
    return [{**kind, "detail": details.get(kind["rows"][0], "")} for kind in kinds]


def each_reject(services: Services, import_id: str) -> Iterator[Row[Any]]:
    """Yield every refused row that was kept, in the file's order, holding no connection in between."""
    last = 0
    while True:
        with services.sql.connect() as tx:
            rows = queries_imports.rejects_after(tx, import_id, last, limit=_BATCH)
        if not rows:
            return
        yield from rows
        last = rows[-1].row
