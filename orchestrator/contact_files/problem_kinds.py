"""Problems of the rows of a file, grouped by kind and counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

_ROWS_TOLD = 5
_MOST_KINDS = 500
_OTHER = ("invalid", "other", "")


@dataclass
class ProblemKinds:
    """Counts by status, code and field; holds no cell of any row."""

    _kinds: dict[tuple[str, str, str], tuple[int, list[int]]] = field(default_factory=dict)

    def add(self, row: int, *, status: str, code: str, of: str) -> bool:
        """Count a row whose field `of` was refused ("" for the row as a whole); return whether it is a kind's first."""
        key = (status, code, of)
        if key not in self._kinds and len(self._kinds) >= _MOST_KINDS:
            key = _OTHER
        count, rows = self._kinds.get(key, (0, []))
        self._kinds[key] = (count + 1, [*rows, row] if len(rows) < _ROWS_TOLD else rows)
        return count == 0

    def as_json(self) -> list[dict[str, Any]]:
        """Return the kinds, invalid ones before duplicates, the most frequent first; `rows` are the first of each."""
        kinds = [
            {"status": status, "code": code, "field": of or None, "count": count, "rows": rows}
            for (status, code, of), (count, rows) in self._kinds.items()
        ]
        return sorted(kinds, key=lambda kind: (kind["status"] != "invalid", -kind["count"]))
