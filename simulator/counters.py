"""Running totals that outlive the calls they count."""

from __future__ import annotations

from collections import Counter


class Counters:
    """Totals by name; a name with a label counts under both."""

    def __init__(self) -> None:
        self._totals: Counter[str] = Counter()
        self._labelled: dict[str, Counter[str]] = {}

    def add(self, name: str, label: str | None = None) -> None:
        """Count one more."""
        if label is None:
            self._totals[name] += 1
        else:
            self._labelled.setdefault(name, Counter())[label] += 1

    def shape(self) -> dict[str, object]:
        """Return all totals, ready for JSON."""
        return {**self._totals, **{name: dict(labels) for name, labels in self._labelled.items()}}
