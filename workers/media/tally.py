"""What the receivers saw, as counts: nothing that is dropped is dropped unseen."""

from __future__ import annotations

from collections import Counter


class Tally:
    """Running counts by name."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, name: str, more: int = 1) -> None:
        """Count on."""
        self._counts[name] += more

    def __getitem__(self, name: str) -> int:
        """Return one count."""
        return self._counts[name]

    def shape(self) -> dict[str, int]:
        """Return all counts, ready for JSON."""
        return dict(sorted(self._counts.items()))
