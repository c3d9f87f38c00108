"""What the planner's statistics say of values, for statements whose plan must not depend on its guess."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, text

_SHARES = text(
    """
    SELECT attname, CAST(CAST(most_common_vals AS text) AS text[]) AS values, most_common_freqs AS shares
    FROM pg_stats WHERE schemaname = current_schema() AND tablename = :table AND attname = ANY(:columns)
    """
)


def rarest(tx: Connection, table: str, values: Mapping[str, Any]) -> str | None:
    """Return the column whose value fewest rows of a table have, as far as is known; None for no columns."""
    if len(values) < 2:
        return next(iter(values), None)
    rows = tx.execute(_SHARES, {"table": table, "columns": list(values)})
    shares = {row.attname: dict(zip(row.values or (), row.shares or (), strict=True)) for row in rows}
    return min(values, key=lambda name: shares.get(name, {}).get(str(values[name]), 0.0))
