"""The moment that the facts of the gate are read for: now, or the `:at` that an explanation asks about.

Every window of the ledger ends at `AT`. The statements that use it take the parameter `at`; None is now.
"""

from __future__ import annotations

AT = "coalesce(CAST(:at AS timestamptz), statement_timestamp())"
IS_ASKED = "CAST(:at AS timestamptz) IS NOT NULL"
"""Whether an explanation asks: what came behind its moment is left out for it alone, however the clock is set."""


def known_by_then(column: str) -> str:
    """Return the SQL that leaves out, for an explanation, what happened behind its moment."""
    return f"(CAST(:at AS timestamptz) IS NULL OR {column} <= CAST(:at AS timestamptz))"
