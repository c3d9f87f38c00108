"""Reads how many people answered a campaign, and how many of them heard nothing in time or opted out, by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from orchestrator.store.sql.tallies import Tally

_KINDS = ("people", "bridged", "abandoned", "silent", "opted_out")


@dataclass(frozen=True)
class People:
    """The people who answered a campaign's calls and were measured, by UTC day and by what is said of them."""

    tally: Sequence[Tally]

    def counts(self) -> dict[str, int]:
        """Return how many there were, and of how many each thing is true."""
        return {kind: self.count(kind) for kind in _KINDS}

    def count(self, kind: str, *, since: date | None = None) -> int:
        """Return of how many people something is true, since a day if one is given."""
        first = since.isoformat() if since else ""
        return sum(n for (day, what), n in self.tally if what == kind and (day or "") >= first)
